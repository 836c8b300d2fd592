"""What a journey must be to be published: every problem in one message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.campaigns.offsets import utc_offset
from handlers.engagement.caps.definitions import journey_cap_problems
from handlers.engagement.errors import BadRequestError
from handlers.engagement.event_starts.kinds import event_start_of
from handlers.engagement.event_starts.rules import event_start_problems
from handlers.engagement.journeys import activities as kinds
from handlers.engagement.journeys.activity_rules import ActivityRules
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.paths import ancestors, cycle
from handlers.engagement.journeys.schedule import closes, opens, scheduled
from handlers.engagement.journeys.time_rules import time_problems
from handlers.engagement.sending_times.zones import EASTERNMOST, WESTERNMOST

ACTIVITIES = 40
LONGEST_RUN = timedelta(days=540)
SHORTEST_REFRESH = timedelta(minutes=1)
REENTRIES = (0, 100)
Segment = Mapping[str, Any]


@dataclass(frozen=True)
class Surroundings:
    """What a definition refers to.

    segment: id -> the segment's latest version, None where there is none.
    template: (name, kind, version or None for the active one) -> the template, None where there is none.
    settings: The application's.
    pushes: Whether the project has a push application.
    now: The moment of publishing.
    """

    segment: Callable[[str], Segment | None]
    template: Callable[[str, str, str | None], Mapping[str, Any] | None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    pushes: bool = False
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def check_publishable(journey: Mapping[str, Any], around: Surroundings) -> None:
    """Raises BadRequestError that names everything that keeps a journey from being published."""
    found = publishing_problems(journey, around)
    if found:
        raise BadRequestError("; ".join(found))


def publishing_problems(journey: Mapping[str, Any], around: Surroundings) -> list[str]:
    """Everything that keeps a journey (WriteJourneyRequest) from being published."""
    found: list[str] = []
    if event_start_of(journey) is not None:
        found += event_start_problems(journey, around.segment)
    else:
        _start_condition(journey.get("StartCondition") or {}, around, found)
    end = _schedule(journey, around, found)
    found += time_problems(journey)
    _refresh(journey, found)
    _limits(journey.get("Limits") or {}, found)
    _activities(journey, around, end, found)
    return found


def _start_condition(condition: Mapping[str, Any], around: Surroundings, found: list[str]) -> None:
    segment = (condition.get("SegmentStartCondition") or {}).get("SegmentId")
    if not segment:
        found.append(
            "StartCondition.SegmentStartCondition.SegmentId is missing; needed is the segment that enters, or EventStartCondition"
        )
    elif around.segment(segment) is None:
        found.append(f"StartCondition.SegmentStartCondition.SegmentId: segment {segment!r} does not exist")


def _schedule(journey: Mapping[str, Any], around: Surroundings, found: list[str]) -> datetime:
    """The journey's end, at which entry closes."""
    schedule = journey.get("Schedule") or {}
    moments: dict[str, datetime] = {}
    if (zone := schedule.get("Timezone")) and utc_offset(zone) is None:
        found.append(f"Schedule.Timezone is {zone!r}; needed is UTC, or UTC with an offset such as UTC+05:30")
    for name, read in (("StartTime", opens), ("EndTime", closes)):
        try:
            scheduled(schedule, name)
            if moment := read(journey):
                moments[name] = moment
        except (ValueError, OverflowError):
            found.append(f"Schedule.{name} is {schedule[name]!r}; needed is an ISO 8601 time")
    start = max(moments.get("StartTime", around.now), around.now)
    end = moments.get("EndTime", start + LONGEST_RUN)
    if end <= start:
        found.append(f"Schedule.EndTime is {schedule['EndTime']}; needed is a time after the journey's start")
    elif end - start > LONGEST_RUN + (EASTERNMOST - WESTERNMOST if journey.get("LocalTime") else timedelta()):
        found.append(f"Schedule.EndTime is {schedule['EndTime']}; a journey runs {LONGEST_RUN.days} days at the most")
    return end


def _refresh(journey: Mapping[str, Any], found: list[str]) -> None:
    text = journey.get("RefreshFrequency")
    if not text:
        return
    try:
        if parse_duration(text) < SHORTEST_REFRESH:
            found.append(f"RefreshFrequency is {text!r}; needed is PT1M or longer")
    except ValueError as error:
        found.append(f"RefreshFrequency is {error}")


def _limits(limits: Mapping[str, Any], found: list[str]) -> None:
    low, high = REENTRIES
    if not low <= (limits.get("EndpointReentryCap") or 0) <= high:
        found.append(f"Limits.EndpointReentryCap is {limits['EndpointReentryCap']}; allowed are {low} to {high}")
    found += journey_cap_problems(limits, "Limits")
    if limits.get("MessagesPerSecond") is not None and limits["MessagesPerSecond"] < 1:
        found.append(f"Limits.MessagesPerSecond is {limits['MessagesPerSecond']}; allowed are whole numbers from 1")
    interval = limits.get("EndpointReentryInterval")
    if interval:
        try:
            parse_duration(interval)
        except ValueError as error:
            found.append(f"Limits.EndpointReentryInterval is {error}")


def _activities(journey: Mapping[str, Any], around: Surroundings, end: datetime, found: list[str]) -> None:
    activities = journey.get("Activities") or {}
    start = journey.get("StartActivity")
    if not activities:
        found.append("Activities is missing; needed is at least one activity")
        return
    if len(activities) > ACTIVITIES:
        found.append(f"Activities has {len(activities)} activities; at most {ACTIVITIES} are allowed")
    if not start:
        found.append("StartActivity is missing; needed is the id of the first activity")
    elif start not in activities:
        found.append(f"StartActivity is {start!r}, which is none of Activities")
    for identifier, activity in activities.items():
        for path, target in kinds.targets(activity):
            if target not in activities:
                found.append(f"Activities.{identifier}.{path} is {target!r}, which is none of Activities")
    around_loop = cycle(activities)
    if around_loop:
        found.append(f"Activities lead in a circle: {' -> '.join(around_loop)}; needed are paths that end")
    before = {} if around_loop else ancestors(activities)
    for identifier, activity in activities.items():
        rules = ActivityRules(
            f"Activities.{identifier}",
            activities,
            before.get(identifier, frozenset()),
            segment=around.segment,
            template=around.template,
            end=end,
            pushes=around.pushes,
        )
        found += rules.problems(activity)
