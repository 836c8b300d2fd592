"""Suppresses the recipients that a batch of SES notifications tells of, all of them side by side."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.ses_event_processing.environment import NotificationEnvironment
from handlers.ses_event_processing.notification import recipients_of
from handlers.shared.letters import Letters
from handlers.suppression.environment import SuppressionEnvironment
from handlers.suppression.recipients import Recipient, UnreadableError
from handlers.suppression.suppressor import Suppressor

_environment = cache(NotificationEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch of notifications -> partial batch response."""
    letters = Letters(event["Records"], _environment().dead_letter_queue_url)
    recipients: list[Recipient] = []
    owners: list[int] = []
    for position, record in enumerate(letters.records):
        try:
            found = recipients_of(record["body"])
        except UnreadableError as error:
            letters.rejected[position] = str(error)
            found = error.recipients
        recipients += found
        owners += [position] * len(found)
    if recipients:
        outcome = _suppressor().suppress(recipients)
        for at, reason in outcome.rejected.items():
            letters.rejected[owners[at]] = reason
        for at, reason in outcome.failed.items():
            letters.failed[owners[at]] = reason
    for position in letters.failed:  # tried again as a whole; what is rejected in it is rejected then
        letters.rejected.pop(position, None)
    return letters.finish()


@cache
def _suppressor() -> Suppressor:
    return Suppressor(SuppressionEnvironment.read())
