"""The limits of campaigns and applications (CampaignLimits)."""

from collections.abc import Mapping
from typing import Any

from handlers.engagement.errors import BadRequestError

LIMITS = {
    "Daily": (0, 100),
    "Total": (0, 100),
    "MessagesPerSecond": (1, 20_000),
    "MaximumDuration": (60, 10**9),
    "Session": (0, 100),
}


def limit_problems(limits: Mapping[str, Any]) -> list[str]:
    """What is wrong with limits."""
    found: list[str] = []
    for name, value in limits.items():
        low, high = LIMITS.get(name, (0, 10**9))
        if not low <= value <= high:
            found.append(f"Limits.{name} is {value}; allowed are {low} to {high}")
    return found


def check_application_limits(limits: Mapping[str, Any]) -> None:
    """Raises BadRequestError for the limits that hold for all campaigns of an application."""
    if found := limit_problems(limits):
        raise BadRequestError("; ".join(found))
