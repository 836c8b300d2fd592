"""Patterns of Java's SimpleDateFormat, in English: dates as text, and texts as dates.

https://docs.oracle.com/javase/8/docs/api/java/text/SimpleDateFormat.html, with the locale US: weeks begin on Sunday,
and the first one is the one with January 1st.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.time_zones import long_name, offset, short_name, zone

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SIZE = 20
_PART = re.compile(r"'(?P<quoted>(?:[^']|'')*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>[^A-Za-z']+)")


def _number(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda moment, size: f"{value(moment):0{size}d}"


def _year(value: Callable[[datetime], int]) -> Callable[[datetime, int], str]:
    return lambda moment, size: f"{value(moment) % 100:02d}" if size == 2 else f"{value(moment):0{size}d}"


def _month(moment: datetime, size: int) -> str:
    return _named(MONTHS[moment.month - 1], size) if size > 2 else f"{moment.month:0{size}d}"


def _named(name: str, size: int) -> str:
    return name[:3] if size <= 3 else name


def _sunday(day: date) -> date:
    """The Sunday that begins a day's week."""
    return day - timedelta(days=day.isoweekday() % 7)


def _week_year(moment: datetime) -> int:
    saturday = _sunday(moment.date()) + timedelta(days=6)
    return saturday.year


def _week(moment: datetime) -> int:
    first = _sunday(date(_week_year(moment), 1, 1))
    return (moment.date() - first).days // 7 + 1


def _week_of_month(moment: datetime) -> int:
    first = _sunday(moment.date().replace(day=1))
    return (moment.date() - first).days // 7 + 1


def _offset(moment: datetime, size: int) -> str:
    if not moment.utcoffset():
        return "Z"
    return {1: offset(moment)[:3], 2: offset(moment)}.get(size, offset(moment, ":"))


FIELDS: dict[str, Callable[[datetime, int], str]] = {
    "G": lambda moment, size: "AD",
    "y": _year(lambda moment: moment.year),
    "Y": _year(_week_year),
    "M": _month,
    "L": _month,
    "w": _number(_week),
    "W": _number(_week_of_month),
    "D": _number(lambda moment: moment.timetuple().tm_yday),
    "d": _number(lambda moment: moment.day),
    "F": _number(lambda moment: (moment.day - 1) // 7 + 1),
    "E": lambda moment, size: _named(DAYS[moment.weekday()], size),
    "u": _number(lambda moment: moment.isoweekday()),
    "a": lambda moment, size: "AM" if moment.hour < 12 else "PM",
    "H": _number(lambda moment: moment.hour),
    "k": _number(lambda moment: moment.hour or 24),
    "K": _number(lambda moment: moment.hour % 12),
    "h": _number(lambda moment: moment.hour % 12 or 12),
    "m": _number(lambda moment: moment.minute),
    "s": _number(lambda moment: moment.second),
    "S": _number(lambda moment: moment.microsecond // 1000),
    "z": lambda moment, size: long_name(moment) if size > 3 else short_name(moment),
    "Z": lambda moment, size: offset(moment),
    "X": _offset,
}
_READ = {
    "y": "year", "M": "month", "L": "month", "d": "day", "D": "yearday", "H": "hour", "k": "hour24", "K": "hour11", "h": "hour12",
    "m": "minute", "s": "second", "S": "millisecond", "a": "half", "E": "", "z": "zone", "Z": "zone", "X": "zone",
}  # fmt: skip
_OFFSET = r"[+-]\d{2}(?::?\d{2})?"
_SHAPES = {
    "a": "AM|PM",
    "Z": f"Z|{_OFFSET}",
    "X": f"Z|{_OFFSET}",
    "z": rf"(?:GMT|UTC)[+-]\d{{1,2}}(?::?\d{{2}})?|[A-Za-z]+(?:/[A-Za-z_]+)*|{_OFFSET}",
}
_TIME = frozenset("HkKhmsSazZX")


@lru_cache(maxsize=256)
def parts(pattern: str) -> tuple[tuple[str, int], ...]:
    """A pattern's parts: (letter, how many) or (text, 0). Raises RenderingError for what is no pattern."""
    found: list[tuple[str, int]] = []
    position = 0
    for match in _PART.finditer(pattern):
        if match.start() != position:
            break
        position = match.end()
        if match["letters"] is None:
            quoted = match["quoted"]
            found.append((match["other"] if quoted is None else quoted.replace("''", "'") or "'", 0))
            continue
        letters = match["letters"]
        if letters[0] not in FIELDS:
            raise RenderingError(
                f"the date pattern {pattern[:60]!r} has {letters[0]!r}; allowed are {' '.join(FIELDS)}, other text in '...'"
            )
        if letters[0] == "X" and len(letters) > 3:
            raise RenderingError(f"the date pattern {pattern[:60]!r} has {letters!r}; allowed are X, XX and XXX")
        found.append((letters[0], min(len(letters), SIZE)))
    if position != len(pattern):
        raise RenderingError(f"the date pattern {pattern[:60]!r} has a quote that is not closed")
    return tuple(found)


def formatted(moment: datetime, pattern: str) -> str:
    """An aware datetime by a pattern. Raises RenderingError for what is no pattern."""
    return "".join(FIELDS[text](moment, size) if size else text for text, size in parts(pattern))


@lru_cache(maxsize=256)
def reader(pattern: str) -> re.Pattern[str]:
    """What texts of a pattern look like. Raises RenderingError for a pattern that cannot be read by."""
    found: list[str] = []
    seen: set[str] = set()
    pieces = parts(pattern)
    for at, (text, size) in enumerate(pieces):
        if not size:
            found.append(re.sub(r"(\\\s)+|\s+", r"\\s+", re.escape(text)) if text.isspace() else re.escape(text))
            continue
        name = _READ.get(text)
        if name is None:
            raise RenderingError(f"a date cannot be read by {text!r} of the pattern {pattern[:60]!r}")
        if name in seen:
            raise RenderingError(f"the pattern {pattern[:60]!r} has the {name} twice")
        seen.add(name)
        followed = at + 1 < len(pieces) and pieces[at + 1][1] > 0
        found.append(_shape(text, size, name, followed=followed))
    if not seen & {"year", "month", "day", "yearday", "hour", "hour24", "hour11", "hour12"}:
        raise RenderingError(f"the pattern {pattern[:60]!r} names no part of a date")
    return re.compile("".join(found), re.IGNORECASE | re.ASCII)


def _shape(letter: str, size: int, name: str, *, followed: bool) -> str:
    if letter == "E":
        return f"(?:{_any_of(DAYS)})"
    if letter in "ML" and size > 2:
        shape = _any_of(MONTHS)
    elif letter in _SHAPES:
        shape = _SHAPES[letter]
    else:
        most = {"year": 4, "yearday": 3, "millisecond": 3}.get(name, 2)
        shape = rf"\d{{{size}}}" if followed else rf"\d{{1,{most}}}"
    return f"(?P<{name}>{shape})"


def _any_of(names: tuple[str, ...]) -> str:
    return "|".join([*names, *(name[:3] for name in names)])


def read(text: str, pattern: str) -> datetime | date:
    """The date that a text says by a pattern: a datetime (aware, UTC where no zone is said), or a date if no time is said.

    Raises:
        RenderingError: the pattern is none.
        ValueError: the text is not of the pattern, or there is no such date.
    """
    match = reader(pattern).match(text.strip())
    if match is None:
        raise ValueError(f"needed is a date of the pattern {pattern!r}")
    said = {name: value for name, value in match.groupdict().items() if value is not None}
    day = _day(said, pattern)
    if not any(size and letter in _TIME for letter, size in parts(pattern)):
        return day
    return datetime(
        day.year, day.month, day.day, _hour(said), int(said.get("minute", 0)), int(said.get("second", 0)),
        int(said.get("millisecond", 0)) * 1000, _zone(said.get("zone")),
    )  # fmt: skip


def _day(said: dict[str, str], pattern: str) -> date:
    year = int(said.get("year", "1970"))
    if len(said.get("year", "1970")) <= 2:
        if "yyy" in pattern:
            raise ValueError(f"the year has two digits; the pattern {pattern!r} asks for four")
        year = _century(year)
    if "yearday" in said:
        return date(year, 1, 1) + timedelta(days=int(said["yearday"]) - 1)
    month = said.get("month", "1")
    number = int(month) if month.isdigit() else [name[:3].lower() for name in MONTHS].index(month[:3].lower()) + 1
    return date(year, number, int(said.get("day", 1)))


def _century(year: int) -> int:
    """Two digits are within 80 years before and 20 years after today, as SimpleDateFormat takes them."""
    latest = datetime.now(UTC).year + 20
    return latest - (latest - year) % 100


def _hour(said: dict[str, str]) -> int:
    if "hour" in said:
        return int(said["hour"])
    if "hour24" in said:
        return int(said["hour24"]) % 24
    hour = int(said.get("hour12", said.get("hour11", 0))) % 12
    return hour + (12 if said.get("half", "").upper() == "PM" else 0)


def _zone(text: str | None) -> tzinfo:
    if text is None or text.upper() == "Z":
        return UTC
    return zone(f"GMT{text}") if text[0] in "+-" else zone(_DAYLIGHT.get(text.upper(), text))


_DAYLIGHT = {"PDT": "PST", "MDT": "America/Denver", "CDT": "CST", "EDT": "America/New_York", "CEST": "CET"}
