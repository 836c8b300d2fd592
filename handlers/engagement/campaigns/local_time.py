"""Campaigns by the recipients' own clocks (`Schedule.IsLocalTime`).

A run begins when the first clock of the world reads its wall time, and considers everybody at once: whose clock does not read so yet waits
on the ledger's list until it does. The wall time is what StartTime reads in the schedule's Timezone.

Choices where Pinpoint's documents are silent: who is two hours late, or within MaximumDuration where that is longer, when the run begins
gets the message at once, others are EXPIRED: a daily run begins when the one before has ended, up to two hours after its time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED
from handlers.engagement.sending_times.zones import EASTERNMOST, WESTERNMOST, instant, zone_of

FREQUENCIES = ("ONCE", "DAILY", "WEEKLY", "MONTHLY")
"""Those that may go by local time: a run takes a day."""
WAITS = "WAITING_FOR_LOCAL_TIME"
MISSING_TIMEZONE = "ENDPOINT_MISSING_TIMEZONE"
EXPIRED = "EXPIRED"
LATE = timedelta(hours=2)
LONGEST_RUN = EASTERNMOST - WESTERNMOST + LATE
"""Between the first clock's time and when a run ends at the latest."""


def first_clock(wall: datetime) -> datetime:
    """When the first clock of the world reads a wall time."""
    return wall.replace(tzinfo=UTC) - EASTERNMOST


def wall_time(first: datetime) -> datetime:
    """What the first clock of the world reads at a moment."""
    return (first.astimezone(UTC) + EASTERNMOST).replace(tzinfo=None)


class LocalTime:
    """The wall time of one run.

    Args:
        scheduled: When the run was due: as the first clock of the world read the wall time.
        began: When it began.
        seconds: The campaign's MaximumDuration.
    """

    def __init__(self, scheduled: datetime, began: datetime, seconds: int | None) -> None:
        self._wall = wall_time(scheduled)
        self._oldest = began - max(LATE, timedelta(seconds=seconds or 0))
        self._expires = began + timedelta(seconds=seconds) if seconds else None
        self.ends = max(first_clock(self._wall) + LONGEST_RUN, began + LATE)
        self.parts: set[int] = set()  # instants at which somebody considered is due, in epoch milliseconds

    def verdict(self, endpoint: Mapping[str, Any], moment: datetime) -> tuple[str, int]:
        """(status, due) of an endpoint: CLAIMED, or WAITS and until when in epoch milliseconds, or why it gets no message."""
        zone = zone_of(endpoint)
        if zone is None:
            return MISSING_TIMEZONE, 0
        at = instant(self._wall, zone)
        if at < self._oldest or (self._expires and at > self._expires):
            return EXPIRED, 0
        due = int(at.timestamp() * 1000)
        self.parts.add(due)
        return (WAITS, due) if at > moment else (CLAIMED, 0)
