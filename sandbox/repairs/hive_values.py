"""Scalars of JSON as Athena's two JSON SerDes read them into Hive's types.

Source: Trino's JsonDeserializer, OpenXJsonDeserializer and HiveFormatUtils (lib/trino-hive-formats).
"""

import json
import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

WHOLE = {"tinyint": 8, "smallint": 16, "int": 32, "integer": 32, "bigint": 64}
_PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_HEXADECIMAL = re.compile(r"0[xX][0-9a-fA-F]+")
_DAY = re.compile(r"([+-]?\d{1,10})-(\d{1,2})-(\d{1,2})")
_LEADING_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_MOMENT = re.compile(
    _DAY.pattern
    + r"(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?|[tT](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)"
)
_ZONED = re.compile(r"(.*[tT].*?)(?:[zZ]|([+-])(\d\d):?(\d\d))")
_YEARS = range(1, 10_000)
"""Those that Python has."""


class BadLineError(ValueError):
    """A line that fails the query."""


class Number(str):
    """A JSON number, as it is written."""

    __slots__ = ()


def refused(kind: str, value: Any) -> BadLineError:
    """What says that a JSON value is none of a Hive type's."""
    return BadLineError(f"HIVE_BAD_DATA: Error Parsing a column in the table: a JSON {_name(value)} is no {kind}")


def _name(value: Any) -> str:
    if isinstance(value, Number):
        return "number"
    return {str: "text", bool: "boolean", dict: "object", list: "array"}[type(value)]


def whole(value: Any, kind: str) -> int:
    """Hive takes the whole part of a number, and no text."""
    if not isinstance(value, Number):
        raise refused(kind, value)
    number = int(Decimal(value))
    if not _fits(number, kind):
        raise BadLineError(f"HIVE_BAD_DATA: Numeric value out of range of {kind}")
    return number


def whole_or_none(value: Any, kind: str) -> int | None:
    """OpenX makes a whole number of a text where it can."""
    text = as_text(value)
    if _HEXADECIMAL.fullmatch(text):
        number = int(text, 16)
    elif _PLAIN_NUMBER.fullmatch(text):
        number = int(Decimal(text))
    else:
        return None
    return number if _fits(number, kind) else None


def _fits(number: int, kind: str) -> bool:
    bound = 2 ** (WHOLE[kind] - 1)
    return -bound <= number < bound


def double_or_none(value: Any) -> float | None:
    """OpenX makes a number of a text where it can."""
    try:
        return float(as_text(value))
    except ValueError:
        return None


def fixed(value: Any, kind: str) -> Decimal | None:
    """A decimal's value, rounded half up; None for what is no number. kind: `decimal(10,2)`. Raises OverflowError."""
    text = as_text(value)
    if not _PLAIN_NUMBER.fullmatch(text):
        return None
    precision, scale = (int(part) for part in (re.findall(r"\d+", kind) or ("10", "0"))[:2])
    number = Decimal(text)
    if number and number.adjusted() >= precision - scale:
        raise OverflowError(f"{text} is too large for {kind}")
    number = number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP) if number else Decimal(0)
    if number.adjusted() >= precision - scale and number:
        raise OverflowError(f"{text} is too large for {kind}")
    return number


def day(text: str) -> str | None:
    """A date as DuckDB reads it, or None. Days and months beyond their end count on: February 30 is March 2."""
    return _day(_DAY.fullmatch(text.strip().partition(" ")[0]))


def leading_day(text: str) -> str | None:
    """The date that a text begins with, as OpenX takes it."""
    return _day(_LEADING_DAY.match(text.strip()))


def _day(match: re.Match[str] | None) -> str | None:
    if match is None:
        return None
    return _counted(match.groups()).date().isoformat() if int(match[1]) in _YEARS else match[0]


def moment(text: str) -> str | None:
    """A timestamp as DuckDB reads it, to the nearest millisecond, or None."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    if int(match[1]) not in _YEARS:
        return text.strip()
    hours, minutes, seconds, fraction = match.groups()[3:7] if match[4] else match.groups()[7:11]
    milliseconds = (int((fraction or "").ljust(9, "0")) + 500_000) // 1_000_000
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0), milliseconds=milliseconds)
    return (_counted(match.groups()[:3]) + span).isoformat(" ", timespec="milliseconds")


def _counted(parts: tuple[str | None, ...]) -> datetime:
    year, month, of_month = (int(part or 0) for part in parts)
    years, months = divmod(month - 1, 12)
    try:
        return datetime(year + years, months + 1, 1) + timedelta(days=of_month - 1)
    except (ValueError, OverflowError) as error:
        raise BadLineError(f"the sandbox reads no time beyond the year 9999: {'-'.join(map(str, parts))}") from error


def as_text(value: Any) -> str:
    """What a text column has of a value: numbers as they are written, objects and arrays as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        members = (f"{json.dumps(key, ensure_ascii=False)}:{_as_json(entry)}" for key, entry in value.items())
        return "{" + ",".join(members) + "}"
    return "[" + ",".join(_as_json(entry) for entry in value) + "]"


def _as_json(value: Any) -> str:
    """A member as JSON again, its numbers as they were written."""
    plain = value is None or (isinstance(value, str) and not isinstance(value, Number))
    return json.dumps(value, ensure_ascii=False) if plain else as_text(value)


def written_anew(number: str) -> Number:
    """A number as OpenX writes it into texts, as Java's BigDecimal does: 1e2 becomes 1E+2, and zero has no sign."""
    value = Decimal(number)
    return Number(value or abs(value))


def in_utc(text: str) -> str:
    """A time with a zone, which OpenX takes after a T, in UTC and without it."""
    found = _ZONED.fullmatch(text.strip())
    if found is None:
        return text
    local, sign, hours, minutes = found.groups()
    at = moment(local)
    if at is None or sign is None:
        return local
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    read = datetime.fromisoformat(at)
    return (read - shift if sign == "+" else read + shift).isoformat(" ", timespec="milliseconds")
