"""Partition projection by dates: which partitions Athena sees of a table that has them by the clock alone.

Source: Amazon Athena User Guide, "Supported types for partition projection". Projections of other types are not looked at.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_FORMATS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
_RELATIVE = re.compile(r"NOW\s*(?:([+-])\s*(\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?")
_UNITS = {
    "YEAR": timedelta(days=365),
    "MONTH": timedelta(days=30),
    "WEEK": timedelta(weeks=1),
    "DAY": timedelta(days=1),
    "HOUR": timedelta(hours=1),
    "MINUTE": timedelta(minutes=1),
    "SECOND": timedelta(seconds=1),
}


def includes(table: dict[str, Any], partition: dict[str, str], now: datetime | None = None) -> bool:
    """Whether a table's projection has a partition (key -> value). Raises ValueError for a range that is none."""
    parameters = table.get("Parameters") or {}
    if parameters.get("projection.enabled", "").lower() != "true":
        return True
    moment = (now or datetime.now(UTC)).replace(tzinfo=None)
    return all(_includes(parameters, key, value, moment) for key, value in partition.items())


def check(table: dict[str, Any], now: datetime | None = None) -> None:
    """Raises ValueError where a range of a table's projection ends before it starts: Athena refuses each query on it."""
    includes(table, {key["Name"]: "" for key in table.get("PartitionKeys") or []}, now)


def _includes(parameters: dict[str, str], key: str, value: str, now: datetime) -> bool:
    if parameters.get(f"projection.{key}.type", "").lower() != "date":
        return True
    written = parameters[f"projection.{key}.format"]
    start, end = (_moment(edge, written, now) for edge in parameters[f"projection.{key}.range"].split(","))
    if start > end:
        raise ValueError(
            f"INVALID_TABLE_PROPERTY: projection.{key}.range {parameters[f'projection.{key}.range']} ends before it starts"
        )
    try:
        return start <= datetime.strptime(value, _python(written)) <= end
    except ValueError:
        return False


def _moment(text: str, written: str, now: datetime) -> datetime:
    if match := _RELATIVE.fullmatch(text.strip()):
        sign, count, unit = match.groups()
        shift = _UNITS[unit] * int(count) if unit else timedelta()
        moved = now - shift if sign == "-" else now + shift
        return datetime.strptime(moved.strftime(_python(written)), _python(written))
    return datetime.strptime(text.strip(), _python(written))


def _python(written: str) -> str:
    return re.sub("|".join(_FORMATS), lambda match: _FORMATS[match[0]], written)
