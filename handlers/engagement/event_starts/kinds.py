"""Which journeys and campaigns events begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVENT = "EVENT"


def event_start_of(journey: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """A journey's EventStartCondition; None: a segment starts it."""
    return (journey.get("StartCondition") or {}).get("EventStartCondition")


def is_event_campaign(campaign: Mapping[str, Any]) -> bool:
    """Whether events trigger a campaign."""
    return (campaign.get("Schedule") or {}).get("Frequency") == EVENT
