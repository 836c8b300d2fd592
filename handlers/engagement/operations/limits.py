"""The limits of campaigns and applications (CampaignLimits)."""

from collections.abc import Collection, Mapping
from typing import Any

from handlers.engagement.errors import BadRequestError

LIMITS = {
    "Daily": (0, 100),
    "Total": (0, 100),
    "MessagesPerSecond": (1, 20_000),
    "MaximumDuration": (60, 10**9),
    "Session": (0, 100),
}
OVER_RUNS = ("Daily", "Total")
"""Limits that count an endpoint's messages over several runs, which the service does not; 0 stands for no limit."""


def limit_problems(limits: Mapping[str, Any], refused: Collection[str] = ()) -> list[str]:
    """What is wrong with limits; `refused` are those that may only be 0."""
    found: list[str] = []
    for name, value in limits.items():
        low, high = LIMITS.get(name, (0, 10**9))
        if name in refused and value:
            found.append(
                f"Limits.{name} {value} is not offered by the hosted engagement service, which does not count messages over runs; allowed is 0"
            )
        elif not low <= value <= high:
            found.append(f"Limits.{name} is {value}; allowed are {low} to {high}")
    return found


def check_application_limits(limits: Mapping[str, Any]) -> None:
    """Raises BadRequestError for the limits that hold for all campaigns of an application."""
    if found := limit_problems(limits, OVER_RUNS):
        raise BadRequestError("; ".join(found))
