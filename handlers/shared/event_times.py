"""The times of an event of the stream, as all its readers read them: milliseconds since 1970 (Pinpoint's `event_timestamp`)."""

from __future__ import annotations

import math

LATEST = 253_402_300_800_000  # the year 10000
SECONDS = range(10**9, 10**10)
"""Ten digits: seconds from 2001 to 2286. As milliseconds they would be in the spring of 1970, before any such event."""


def whole_number(value: object) -> int | None:
    """A whole number, also one that is written as `1893456000123.0` or as a text of digits; None for what is none."""
    if isinstance(value, str) and len(value) <= 20 and value.removeprefix("-").isascii():
        return int(value) if value.removeprefix("-").isdigit() else None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def milliseconds(value: object, name: str) -> int | None:
    """A member's time; None for what is no time from 1970 to 9999.

    Raises ValueError for one that is in seconds; the text names the member, not the value.
    """
    number = whole_number(value)
    if number is None:
        return None
    if number in SECONDS:
        raise ValueError(f"{name} has 10 digits, as seconds have; needed are milliseconds since 1970")
    return number if 0 <= number < LATEST else None
