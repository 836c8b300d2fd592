"""Times of day and local date-times as definitions write them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_CLOCK = re.compile(r"T?(?P<hours>[01]\d|2[0-4]):(?P<minutes>[0-5]\d)(?::(?P<seconds>[0-5]\d)(?:\.0+)?)?", re.ASCII)
DAY = timedelta(days=1)


def time_of_day(text: str) -> timedelta:
    """`08:00`, `08:00:00`, `T08:00` as time since midnight; `24:00` is a day's end.

    Raises:
        ValueError: the text is no time of a day.
    """
    found = _CLOCK.fullmatch(text)
    parts = {name: int(value or 0) for name, value in found.groupdict().items()} if found else {}
    length = timedelta(**parts)
    if not parts or length > DAY:
        raise ValueError(f"{text!r} is no time of a day such as 08:00")
    return length


def date_time(text: str) -> datetime:
    """`2026-12-24T00:00`, a date alone (its midnight), or a time with an offset; without one it is naive: on a local clock.

    Raises:
        ValueError: the text is not ISO 8601.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo:
        moment.timestamp()
    return moment
