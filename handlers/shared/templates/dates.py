"""The helpers `dateFormat` and `now`, as "Using message template helpers" of Amazon Pinpoint's user guide has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from handlers.shared.templates.date_patterns import formatted, read, reader
from handlers.shared.templates.errors import RenderingError
from handlers.shared.templates.time_zones import zone

STYLES = {"full": "EEEE, MMMM d, yyyy", "long": "MMMM d, yyyy", "medium": "MMM d, yyyy", "short": "M/d/yy"}
TIME_STYLES = {"full": "h:mm:ss a z", "long": "h:mm:ss a z", "medium": "h:mm:ss a", "short": "h:mm a"}


def date_format(arguments: Sequence[Any], options: Mapping[str, Any]) -> str:
    """`dateFormat value [format] [inputFormat=] [outputFormat=] [format=] [tz=] [time=]`.

    value: a text of the pattern inputFormat, else ISO 8601, or milliseconds since 1970. A date without a time stays on
    its day in every zone; a time without a zone is UTC. Nothing prints nothing.
    """
    value = arguments[0]
    value = value[0] if isinstance(value, list) and value else value
    given = options.get("inputFormat")
    if given is not None:
        reader(str(given))
    pattern = options.get("outputFormat") or options.get("format") or (arguments[1] if len(arguments) > 1 else None)
    if value is None or value in ("", []):
        _formatted(datetime(2000, 1, 1, tzinfo=UTC), pattern, options)
        return ""
    if isinstance(value, bool):
        raise RenderingError("dateFormat: needed is a date, not true or false")
    moment = _moment(value, None if given is None else str(given))
    return _formatted(moment, pattern, options)


def now_format(arguments: Sequence[Any], options: Mapping[str, Any]) -> str:
    """`now [format] [format=] [tz=] [time=]`."""
    pattern = options.get("format") or options.get("outputFormat") or (arguments[0] if arguments else None)
    return _formatted(datetime.now(UTC), pattern, options)


def _moment(value: object, pattern: str | None) -> datetime | date:
    if isinstance(value, int | float | Decimal):
        if pattern is None:
            return datetime.fromtimestamp(float(value) / 1000, UTC)
        value = int(value)
    text = str(value).strip()
    try:
        if pattern is not None:
            return read(text, pattern)
        if len(text) <= 10:
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        wanted = "the value is no ISO 8601 date (inputFormat= says what else it is)" if pattern is None else error
        raise RenderingError(f"dateFormat: {wanted}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _formatted(moment: datetime | date, pattern: object, options: Mapping[str, Any]) -> str:
    wanted = options.get("tz")
    wanted = wanted[0] if isinstance(wanted, list) and wanted else wanted
    place: tzinfo = zone(str(wanted)) if wanted else UTC
    if isinstance(moment, datetime):
        try:
            moment = moment.astimezone(place)
        except OverflowError:
            raise RenderingError("dateFormat: the date is out of the years 1 to 9999") from None
    else:
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=place)
    name = str(pattern or "medium")
    result = formatted(moment, STYLES.get(name, name))
    time = options.get("time")
    return f"{result} {formatted(moment, TIME_STYLES.get(str(time), str(time)))}" if time else result
