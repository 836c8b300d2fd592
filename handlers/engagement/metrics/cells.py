"""Where the counters are: cells of rows, a row for a day and a group."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

Cell = tuple[str, str, str]
"""Partition, row (`{day}#{group}`), name of the counter."""
Cells = Counter[Cell]

KEPT_DAYS = 90
AHEAD_SECONDS = 24 * 3600
"""What says that it was sent later than this from now is not counted: no KPI would reach it, and its row would stay for long."""
ALL = "*"
"""The group for what is counted once over all groups."""


def application_pk(application: str) -> str:
    """The partition of an application's counters."""
    return f"KPI#{application}"


def campaign_pk(application: str, campaign: str) -> str:
    """The partition of a campaign's counters."""
    return f"KPI#{application}#C#{campaign}"


def journey_pk(application: str, journey: str) -> str:
    """The partition of a journey's counters."""
    return f"KPI#{application}#J#{journey}"


def day_of(milliseconds: int) -> str:
    """The UTC day of a time of the epoch: `2030-01-02`."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date().isoformat()


def midnight(day: str) -> int:
    """When a UTC day begins, in milliseconds since 1970."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


def first_day(now: float) -> str:
    """The earliest day that KPIs reach, at a time of the epoch in seconds."""
    return (datetime.fromtimestamp(now, UTC).date() - timedelta(days=KEPT_DAYS)).isoformat()


def last_day(now: float) -> str:
    """The latest day that is counted, at a time of the epoch in seconds."""
    return day_of(int((now + AHEAD_SECONDS) * 1000))


def changed(before: Cells, after: Cells) -> Cells:
    """What has to be added to the counters, to `before`, so that they say `after`."""
    difference = Counter(after)
    difference.subtract(before)
    return Counter({cell: number for cell, number in difference.items() if number})
