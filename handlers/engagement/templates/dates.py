"""Dates in message templates: patterns of Java's SimpleDateFormat, in English."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from handlers.engagement.identifiers import parse_time
from handlers.engagement.templates.syntax import RenderingError

STYLES = {"full": "EEEE, MMMM d, yyyy", "long": "MMMM d, yyyy", "medium": "MMM d, yyyy", "short": "M/d/yy"}
TIME_STYLES = {"full": "h:mm:ss a z", "long": "h:mm:ss a z", "medium": "h:mm:ss a", "short": "h:mm a"}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
PART = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>[^A-Za-z']+)")

FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "G": lambda moment, size: "AD",
    "y": lambda moment, size: f"{moment.year % 100:02d}" if size == 2 else f"{moment.year:0{size}d}",
    "M": lambda moment, size: _named(MONTHS[moment.month - 1], size) if size > 2 else f"{moment.month:0{size}d}",
    "d": lambda moment, size: f"{moment.day:0{size}d}",
    "D": lambda moment, size: f"{moment.timetuple().tm_yday:0{size}d}",
    "E": lambda moment, size: _named(DAYS[moment.weekday()], max(size, 3)),
    "u": lambda moment, size: f"{moment.isoweekday():0{size}d}",
    "a": lambda moment, size: "AM" if moment.hour < 12 else "PM",
    "H": lambda moment, size: f"{moment.hour:0{size}d}",
    "k": lambda moment, size: f"{moment.hour or 24:0{size}d}",
    "K": lambda moment, size: f"{moment.hour % 12:0{size}d}",
    "h": lambda moment, size: f"{moment.hour % 12 or 12:0{size}d}",
    "m": lambda moment, size: f"{moment.minute:0{size}d}",
    "s": lambda moment, size: f"{moment.second:0{size}d}",
    "S": lambda moment, size: f"{moment.microsecond // 1000:0{size}d}",
    "z": lambda moment, size: moment.tzname() or "UTC",
    "Z": lambda moment, size: moment.strftime("%z"),
    "X": lambda moment, size: _offset(moment, size),  # noqa: PLW0108 - defined below
}


def date_format(arguments: Sequence[Any], options: Mapping[str, Any]) -> str:
    """`dateFormat value [format] [format=] [tz=] [time=]`: value is ISO 8601, or milliseconds since 1970."""
    value = arguments[0]
    value = value[0] if isinstance(value, list) and value else value
    if isinstance(value, int | float):
        moment = datetime.fromtimestamp(value / 1000, UTC)
    else:
        try:
            moment = parse_time(str(value))
        except ValueError as error:
            raise RenderingError(f"dateFormat: the value is no ISO 8601 date: {error}") from error
    return _formatted(moment, arguments[1:], options)


def now_format(arguments: Sequence[Any], options: Mapping[str, Any]) -> str:
    """`now [format] [tz=]`."""
    return _formatted(datetime.now(UTC), arguments, options)


def _formatted(moment: datetime, arguments: Sequence[Any], options: Mapping[str, Any]) -> str:
    pattern = str(options.get("format") or (arguments[0] if arguments else "medium"))
    zone = options.get("tz")
    if zone:
        moment = moment.astimezone(_zone(str(zone)))
    result = _pattern(moment, STYLES.get(pattern, pattern))
    time_style = options.get("time")
    return f"{result} {_pattern(moment, TIME_STYLES.get(str(time_style), str(time_style)))}" if time_style else result


def _zone(name: str) -> tzinfo:
    if name.upper() in ("UTC", "GMT", "Z"):
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - only templates with a time zone pay for it

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RenderingError(f"the time zone {name!r} is not in the tz database") from error


def _pattern(moment: datetime, pattern: str) -> str:
    parts: list[str] = []
    position = 0
    for match in PART.finditer(pattern):
        if match.start() != position:
            break
        position = match.end()
        if match["quoted"] is not None:
            parts.append(match["quoted"].replace("''", "'") or "'")
        elif match["other"] is not None:
            parts.append(match["other"])
        else:
            letters = match["letters"]
            if letters[0] not in FIELDS:
                raise RenderingError(f"the date pattern {pattern!r} has {letters[0]!r}; allowed are {' '.join(FIELDS)}")
            parts.append(FIELDS[letters[0]](moment, min(len(letters), 20)))
    if position != len(pattern):
        raise RenderingError(f"the date pattern {pattern!r} has a quote that is not closed")
    return "".join(parts)


def _named(name: str, size: int) -> str:
    return name[:3] if size == 3 else name


def _offset(moment: datetime, size: int) -> str:
    offset = moment.strftime("%z")
    if offset == "+0000":
        return "Z"
    return {1: offset[:3], 2: offset}.get(size, f"{offset[:3]}:{offset[3:]}")
