"""Works off event objects: each line of newline-delimited JSON is done, or set aside in the error object.

An object whose recipients could not all be suppressed (throttling, an outage) is tried again as a whole, which changes
nothing for those who are suppressed already, and is dead-lettered after the queue's last attempt.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.pinpoint_event_processing.environment import EventObjectEnvironment
from handlers.pinpoint_event_processing.error_lines import ErrorLines
from handlers.pinpoint_event_processing.event import recipients_of
from handlers.pinpoint_event_processing.lines import Line, lines
from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.letters import Letters
from handlers.shared.logging import logger
from handlers.suppression.environment import SuppressionEnvironment
from handlers.suppression.recipients import Recipient, UnreadableError
from handlers.suppression.suppressor import Suppressor

AT_ONCE = 1000
"""Recipients that are suppressed side by side; their lines are in memory meanwhile."""
AT_ONCE_BYTES = 16 * 1024 * 1024
_CHUNK = 256 * 1024
_GONE = frozenset({"NoSuchKey", "404"})

_environment = cache(EventObjectEnvironment.read)


class IncompleteError(Exception):
    """Some recipients of an object could not be suppressed now."""


class _Pending:
    """Lines whose recipients are yet to be suppressed."""

    def __init__(self) -> None:
        self.recipients: list[Recipient] = []
        self.lines: list[Line] = []
        self.size = 0

    def add(self, line: Line, recipients: list[Recipient]) -> None:
        self.recipients += recipients
        self.lines += [line] * len(recipients)
        self.size += len(line.data)

    @property
    def full(self) -> bool:
        return len(self.recipients) >= AT_ONCE or self.size >= AT_ONCE_BYTES


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch of S3 events (EventBridge's `Object Created`) -> partial batch response."""
    letters = Letters(event["Records"], _environment().dead_letter_queue_url)
    for position, record in enumerate(letters.records):
        try:
            bucket, key = _created_object(record["body"])
            _work_off(bucket, key)
        except UnreadableError as error:
            letters.rejected[position] = str(error)
        except (IncompleteError, BotoCoreError) as error:
            letters.failed[position] = str(error)
        except ClientError as error:
            if code_of(error) in _GONE:
                letters.rejected[position] = "the object is gone"
            else:
                letters.failed[position] = f"{error.operation_name}: {code_of(error)}"
    return letters.finish()


def error_key(key: str, events_prefix: str, errors_prefix: str) -> str:
    """The key of an event object's error object: the same path below the other prefix."""
    return f"{errors_prefix}{key.removeprefix(events_prefix)}.ndjson"


def _work_off(bucket: str, key: str) -> None:
    environment = _environment()
    body = aws_client("s3").get_object(Bucket=bucket, Key=key)["Body"]
    seen = failed = 0
    pending = _Pending()
    with ErrorLines(bucket, key, error_key(key, environment.events_prefix, environment.errors_prefix)) as errors:
        for line in lines(body.iter_chunks(_CHUNK)):
            seen += 1
            try:
                pending.add(line, _recipients_of(line))
            except UnreadableError as error:
                errors.add(line, str(error))
                pending.add(line, error.recipients)
            if pending.full:
                failed += _suppress(pending, errors)
                pending = _Pending()
        failed += _suppress(pending, errors)
        errors.write()
    logger.info("object", extra={"key": key, "lines": seen, "errors": errors.count, "failed": failed})
    if failed:
        raise IncompleteError(f"{failed} recipients could not be suppressed now")


def _recipients_of(line: Line) -> list[Recipient]:
    if not line.whole:
        raise UnreadableError(f"longer than {len(line.data):,} bytes; only the first part is kept here")
    return recipients_of(line.data)


def _suppress(pending: _Pending, errors: ErrorLines) -> int:
    """Suppresses and sets aside what is rejected. Returns how many recipients may succeed later."""
    if not pending.recipients:
        return 0
    outcome = _suppressor().suppress(pending.recipients)
    reasons = {pending.lines[at].number: reason for at, reason in outcome.rejected.items()}
    numbers = {line.number: line for line in pending.lines}
    for number, reason in sorted(reasons.items()):
        errors.add(numbers[number], reason)
    return len(outcome.failed)


def _created_object(body: str) -> tuple[str, str]:
    """Bucket and key of EventBridge's `Object Created`, where keys are plain text. Raises UnreadableError."""
    try:
        detail = json.loads(body)["detail"]
        bucket, key = detail["bucket"]["name"], detail["object"]["key"]
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableError(
            f"not an S3 event with detail.bucket.name and detail.object.key: {type(error).__name__}"
        ) from error
    if not (isinstance(bucket, str) and bucket and isinstance(key, str) and key):
        raise UnreadableError("detail.bucket.name and detail.object.key must be texts that are not empty")
    return bucket, key


@cache
def _suppressor() -> Suppressor:
    return Suppressor(SuppressionEnvironment.read())
