"""Journeys and campaigns as PutEvents sees them: whether they begin now, by which events, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.campaigns.offsets import moment_of
from handlers.engagement.event_starts.inbox import JOURNEY
from handlers.engagement.event_starts.kinds import event_start_of, is_event_campaign
from handlers.engagement.identifiers import parse_time
from handlers.engagement.journeys import states
from handlers.engagement.journeys.runs import is_over, milliseconds
from handlers.engagement.store.registry import Campaigns, Journeys
from handlers.shared.tables import Table

WAITING = ("SCHEDULED", "EXECUTING")
"""Statuses of a campaign that events trigger. SCHEDULED is also one whose time has come since the worker looked last."""


class JourneyStart:
    """A journey that events start."""

    takes_others = True
    """Whether the user's other endpoints enter, and who is not in the segment is counted."""

    def __init__(self, journey: Mapping[str, Any]) -> None:
        start = event_start_of(journey) or {}
        self.event_filter: Mapping[str, Any] = start["EventFilter"]
        self.segment: str | None = start.get("SegmentId") or None
        self.version: int | None = None


class CampaignStart:
    """A campaign that events trigger."""

    takes_others = False

    def __init__(self, campaign: Mapping[str, Any]) -> None:
        self.event_filter: Mapping[str, Any] = campaign["Schedule"]["EventFilter"]
        self.segment: str | None = campaign["SegmentId"]
        self.version: int | None = int(campaign["SegmentVersion"])


def start_at(registry: Table, entry: Mapping[str, Any], at: int) -> JourneyStart | CampaignStart | None:
    """What an entry of EventStarts stands for; None: it begins nothing at this moment (epoch milliseconds)."""
    application, identifier = entry["ApplicationId"], entry["Owner"]
    if entry["Kind"] == JOURNEY:
        journey = Journeys(registry, application).get(identifier)
        open_now = (
            journey is not None
            and event_start_of(journey) is not None
            and journey.get("State") == states.ACTIVE
            and at >= milliseconds(journey["_Starts"])
            and not is_over(journey, at)
        )
        return JourneyStart(journey) if journey is not None and open_now else None
    campaign = Campaigns(registry, application).get(identifier)
    if campaign is None or not is_event_campaign(campaign) or campaign.get("IsPaused"):
        return None
    if campaign["State"]["CampaignStatus"] not in WAITING:
        return None
    start, end = window(campaign)
    return CampaignStart(campaign) if start <= at and (end is None or at < end) else None


def window(campaign: Mapping[str, Any]) -> tuple[int, int | None]:
    """From when until when events trigger a campaign, in epoch milliseconds; None: without an end."""
    schedule = campaign["Schedule"]
    zone, end = schedule.get("Timezone"), schedule.get("EndTime")
    immediate = schedule["StartTime"] == "IMMEDIATE"
    start = parse_time(campaign["LastModifiedDate"]) if immediate else moment_of(schedule["StartTime"], zone)
    return _milliseconds(start), _milliseconds(moment_of(end, zone)) if end else None


def _milliseconds(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
