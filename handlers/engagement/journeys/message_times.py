"""When a message activity's messages may go out: quiet time, open hours and closed days, where each endpoint is.

Choices where Pinpoint's documents are silent: what is due outside open hours or on a closed day is what is due in quiet time; of several
zones that a number may be in, all must allow; whoever no time is found for within 400 days is dropped, not held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from handlers.engagement.campaigns.audience import CLAIMED
from handlers.engagement.sending_times import estimation
from handlers.engagement.sending_times.windows import Window, closed_days, next_opening, open_hours, quiet_time

QUIET_TIME = "QUIET_TIME"
MISSING_TIMEZONE = "QUIET_TIME_MISSING_TIMEZONE"
WAIT_FINISHED = "QUIET_TIME_WAIT_FINISHED"
WAITING = "WAIT_FOR_QUIET_HOURS"
"""Metric of an activity: how many endpoints are held for now."""


@dataclass(frozen=True)
class Verdict:
    """Whether a message may go out: status CLAIMED, or why it does not. held: until when it waits; None: it does not wait."""

    status: str
    held: datetime | None = None


class MessageTimes:
    """The times of one message activity.

    Args:
        journey: JourneyResponse of a published one.
        kind: The activity's kind, which names its channel among OpenHours and ClosedDays.
    """

    def __init__(self, journey: Mapping[str, Any], kind: str) -> None:
        self._waits = bool(journey.get("WaitForQuietTime"))
        self._methods = journey.get("TimezoneEstimationMethods") or ()
        self._windows = windows_of(journey, kind)
        self._never: set[tuple[ZoneInfo, ...]] = set()  # it takes long to find that there is no time

    def verdict(self, endpoint: Mapping[str, Any], moment: datetime) -> Verdict:
        """Whether a message may go to an endpoint at a moment. Without a known time zone it may, unless zones are to be estimated."""
        if not self._windows:
            return Verdict(CLAIMED)
        zones = estimation.zones(endpoint, self._methods)
        if not zones:
            return Verdict(MISSING_TIMEZONE if self._methods else CLAIMED)
        opens = None if zones in self._never else next_opening(self._windows, zones, moment)
        if opens is None:
            self._never.add(zones)
        if opens == moment:
            return Verdict(CLAIMED)
        return Verdict(QUIET_TIME, opens if self._waits else None)


def windows_of(journey: Mapping[str, Any], kind: str) -> list[Window]:
    """What a journey says of the times of one channel's messages."""
    quiet = journey.get("QuietTime") or {}
    found = [quiet_time(quiet)] if quiet.get("Start") and quiet.get("End") else []
    if journey.get("SendingSchedule"):
        hours = open_hours((journey.get("OpenHours") or {}).get(kind) or {})
        closed = closed_days((journey.get("ClosedDays") or {}).get(kind) or [])
        found += [window for window in (hours, closed) if window]
    return found
