"""When journeys and campaigns that events begin do begin, and what they must be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.engagement.errors import BadRequestError
from handlers.engagement.event_starts.inbox import CAMPAIGN, JOURNEY
from handlers.engagement.event_starts.kinds import event_start_of, is_event_campaign
from handlers.engagement.event_starts.matcher import filter_problems
from handlers.engagement.segments.imported import rests_on_import
from handlers.engagement.store.registry import EventStarts

MOST = {JOURNEY: 20, CAMPAIGN: 25}
"""Of an application: each call of PutEvents is matched against all of them (Pinpoint's quotas)."""
NAMES = {JOURNEY: "journeys", CAMPAIGN: "campaigns"}

Segment = Callable[[str], Mapping[str, Any] | None]


def event_start_problems(journey: Mapping[str, Any], segment: Segment) -> list[str]:
    """What is wrong with the start of a journey that events start.

    Args:
        segment: Id -> segment or None.
    """
    path = "StartCondition.EventStartCondition"
    start = event_start_of(journey) or {}
    found: list[str] = []
    if (journey.get("StartCondition") or {}).get("SegmentStartCondition"):
        found.append("StartCondition has SegmentStartCondition and EventStartCondition; allowed is one of them")
    found += filter_problems(start.get("EventFilter") or {}, f"{path}.EventFilter")
    if identifier := start.get("SegmentId"):
        known = segment(identifier)
        if known is None:
            found.append(f"{path}.SegmentId: segment {identifier!r} does not exist")
        elif rests_on_import(known, segment):
            found.append(imported(f"{path}.SegmentId", identifier))
    if journey.get("LocalTime"):
        found.append("LocalTime is true; a journey that events start has one time for all")
    return found


def event_schedule_problems(schedule: Mapping[str, Any], moment_of: Callable[[str], datetime]) -> list[str]:
    """What is wrong with the Schedule of a campaign as to events.

    Args:
        moment_of: An ISO 8601 time of the schedule. Raises ValueError.
    """
    event_filter = schedule.get("EventFilter")
    if not is_event_campaign({"Schedule": schedule}):
        frequency = schedule.get("Frequency", "ONCE")
        return [f"Schedule.EventFilter needs Frequency EVENT; Frequency is {frequency}"] if event_filter else []
    found: list[str] = []
    if event_filter:
        found += filter_problems(event_filter, "Schedule.EventFilter")
    else:
        found.append("Schedule.EventFilter is missing; Frequency EVENT needs it")
    if schedule.get("IsLocalTime"):
        found.append("Schedule.IsLocalTime is true; a campaign that events trigger has one time for all")
    if end := schedule.get("EndTime"):
        try:
            start = schedule.get("StartTime")
            first = datetime.now(UTC)
            if start and start != "IMMEDIATE":
                first = max(first, moment_of(start))
            if moment_of(end) <= first:
                found.append(f"Schedule.EndTime is {end!r}; needed is a time after StartTime, and to come")
        except (ValueError, OverflowError):
            pass  # told by who checks the times of all schedules
    return found


def imported(path: str, identifier: str) -> str:
    """The problem of an imported segment."""
    return (
        f"{path}: segment {identifier!r} is imported, or based on an imported one; what events start takes dynamic ones"
    )


def check_number(starts: EventStarts, application_id: str, kind: str, identifier: str) -> None:
    """Raises BadRequestError where an application has as many journeys or campaigns that events start as it may have."""
    others = [one for one in starts.of_application(application_id, kind) if one["Owner"] != identifier]
    if len(others) >= MOST[kind]:
        raise BadRequestError(
            f"Application {application_id} has {len(others)} {NAMES[kind]} that events start; at most {MOST[kind]} are allowed"
        )
