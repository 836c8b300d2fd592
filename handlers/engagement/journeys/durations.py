"""ISO 8601 durations of journeys (`P3D`, `PT1H30M`, `P2W`)."""

import re
from datetime import timedelta

DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,6})D)?(?:T(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,8})S)?)?"
)


def parse_duration(text: str) -> timedelta:
    """A duration of weeks, days, hours, minutes and seconds. Years and months have no length of their own.

    Raises:
        ValueError: the text is none, or names no part.
    """
    found = DURATION.fullmatch(text) if text.isascii() else None
    parts = {name: int(value) for name, value in found.groupdict().items() if value} if found else {}
    if not parts or text.endswith("T"):
        raise ValueError(f"{text!r} is no ISO 8601 duration of weeks, days, hours, minutes and seconds, such as P3D")
    return timedelta(**parts)
