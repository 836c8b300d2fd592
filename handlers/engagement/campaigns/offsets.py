"""Time zones of campaign schedules: UTC, or UTC with an offset, as `UTC+05:30`, `UTC-3` or `utc`."""

import re
from datetime import UTC, datetime, timedelta, timezone

_OFFSET = re.compile(r"UTC(?:([+-])([0-9]{1,2})(?::?([0-5][0-9]))?)?", re.IGNORECASE)


def utc_offset(zone: str) -> timezone | None:
    """The zone that a schedule's Timezone names; None: it names none. Offsets are less than a day."""
    found = _OFFSET.fullmatch(zone)
    if found is None:
        return None
    if not found[1]:
        return UTC
    hours = int(found[2])
    if hours >= 24:
        return None
    offset = timedelta(hours=hours, minutes=int(found[3] or 0))
    return timezone(-offset if found[1] == "-" else offset)


def moment_of(text: str, zone: str | None) -> datetime:
    """A schedule's time, which without an offset is in the schedule's Timezone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo:
        return moment
    return moment.replace(tzinfo=utc_offset(zone or "UTC"))
