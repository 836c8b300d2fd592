"""Ids, ARNs and times as Pinpoint writes them."""

import os
import time
from datetime import UTC, datetime

from handlers.shared.clients import partition


def new_id() -> str:
    """32 lower-case hex characters that sort by time of creation (12 of milliseconds, 20 random)."""
    return f"{int(time.time() * 1000):012x}{os.urandom(10).hex()}"


def now() -> str:
    """The time now as Pinpoint writes it: `2030-01-02T03:04:05.678Z`."""
    return iso(datetime.now(UTC))


def iso(moment: datetime) -> str:
    """An aware datetime as `2030-01-02T03:04:05.678Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """An ISO 8601 time, or a date alone; without an offset it is UTC.

    Raises:
        ValueError: the text is not ISO 8601, or the time is before year 1 or after year 9999 in UTC.
    """
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        aware.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from error
    return aware


def whole_number(text: str) -> int | None:
    """The number that a text of at most nine ASCII digits writes; None: it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def region() -> str:
    """The Region of this function."""
    return os.environ.get("AWS_REGION") or os.environ["AWS_DEFAULT_REGION"]


def arn(account_id: str, path: str) -> str:
    """`arn:PARTITION:mobiletargeting:REGION:ACCOUNT:PATH`; path like `apps/ID` or `templates/NAME/EMAIL`."""
    return f"arn:{partition(region())}:mobiletargeting:{region()}:{account_id}:{path}"
