"""Time zones of endpoints (ids of the tz database), and the instants at which clocks there read something."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

EASTERNMOST, WESTERNMOST = timedelta(hours=14), timedelta(hours=-12)
"""The offsets between which all clocks are."""
SECOND = timedelta(seconds=1)


def zone_of(endpoint: Mapping[str, Any]) -> ZoneInfo | None:
    """The zone that an endpoint names (`Demographic.Timezone`); None: it names none, or one that does not exist."""
    name = (endpoint.get("Demographic") or {}).get("Timezone")
    return zone_named(name) if name else None


@lru_cache(maxsize=1024)
def zone_named(name: str) -> ZoneInfo | None:
    """The zone with an id of the tz database, as the database spells it; None: there is none."""
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - only times of day in a zone pay for it

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


@lru_cache(maxsize=8192)
def instant(wall: datetime, zone: tzinfo, *, last: bool = False) -> datetime:
    """When a zone's clock reads a wall time (without zone) or is put forward over it, in UTC.

    Args:
        last: Of two instants at which it reads so, because it is put back, the later one.
    """
    early = _utc(wall.replace(tzinfo=zone, fold=0))
    late = _utc(wall.replace(tzinfo=zone, fold=1))
    if early == late or early.astimezone(zone).replace(tzinfo=None) == wall:
        return late if last else early
    return _leap(late, early, wall, zone)  # the clock never reads so: in a gap, the later fold is the earlier instant


def _leap(before: datetime, after: datetime, wall: datetime, zone: tzinfo) -> datetime:
    """The first instant at which the clock reads later than a wall time that it leaps over."""
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first and the last day that can be written
        return moment.replace(tzinfo=UTC)
