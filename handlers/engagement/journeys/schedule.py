"""A journey's Schedule: when entry begins and ends, for everybody at once or, with LocalTime, by each participant's own clock.

Choices where Pinpoint's documents are silent: a time without an offset is in the schedule's Timezone; the wall clock of LocalTime is what
StartTime and EndTime read in it; the segment is read when the first clock of the world reads StartTime, and everybody starts at their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from handlers.engagement.campaigns.offsets import utc_offset
from handlers.engagement.identifiers import parse_time
from handlers.engagement.sending_times.zones import EASTERNMOST, WESTERNMOST, instant

START, END = "StartTime", "EndTime"
METHODS = "TimezoneEstimationMethods"


def scheduled(schedule: Mapping[str, Any], member: str) -> datetime | None:
    """A Schedule's StartTime or EndTime; None: it has none.

    Raises:
        ValueError: it is no ISO 8601 time.
    """
    text = schedule.get(member)
    if not text:
        return None
    moment = parse_time(text)
    if datetime.fromisoformat(text).tzinfo:
        return moment
    return moment.replace(tzinfo=_offset(schedule))


def opens(journey: Mapping[str, Any]) -> datetime | None:
    """From when on somebody may enter: with LocalTime, when the first clock of the world reads StartTime."""
    wall = _wall(journey, START)
    return wall.replace(tzinfo=UTC) - EASTERNMOST if wall else scheduled(_schedule(journey), START)


def closes(journey: Mapping[str, Any]) -> datetime | None:
    """From when on nobody enters: with LocalTime, when the last clock of the world reads EndTime."""
    wall = _wall(journey, END)
    return wall.replace(tzinfo=UTC) - WESTERNMOST if wall else scheduled(_schedule(journey), END)


def local_start(journey: Mapping[str, Any], zones: Sequence[ZoneInfo], later: timedelta) -> datetime | None:
    """When the clocks of all zones have read StartTime and so much more; None: the journey starts for everybody at once."""
    wall = _wall(journey, START)
    return max(instant(wall + later, zone) for zone in zones) if wall else None


def local_end(journey: Mapping[str, Any], zones: Sequence[ZoneInfo]) -> datetime | None:
    """When the clock of the first zone reads EndTime; None: the journey ends for everybody at once."""
    wall = _wall(journey, END)
    return min(instant(wall, zone) for zone in zones) if wall else None


def _wall(journey: Mapping[str, Any], member: str) -> datetime | None:
    """What the clock reads at a time of the schedule; None without LocalTime, or where there is no such time."""
    schedule = _schedule(journey)
    moment = scheduled(schedule, member) if journey.get("LocalTime") else None
    return moment.astimezone(_offset(schedule)).replace(tzinfo=None) if moment else None


def _schedule(journey: Mapping[str, Any]) -> Mapping[str, Any]:
    return journey.get("Schedule") or {}


def _offset(schedule: Mapping[str, Any]) -> Any:
    return utc_offset(schedule.get("Timezone") or "UTC") or UTC
