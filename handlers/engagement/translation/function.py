"""Translates a batch of SES and End User Messaging events, writes them to the project's stream, and counts them for the KPIs.

What cannot be translated goes to the dead-letter queue with the reason. A batch whose events the stream or the counters do not
take is tried again; events that are written twice carry the same `event_id`, and count once (handlers/engagement/metrics).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.journeys.message_events import note_events, of_journeys
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.translation import email, sms
from handlers.engagement.translation.context import Account, UntranslatableError
from handlers.engagement.translation.environment import TranslationEnvironment
from handlers.shared.claims import ContendedError
from handlers.shared.event_stream import RECORD_BYTES, Event, EventsLostError, EventStream
from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.letters import Letters, unwrapped
from handlers.shared.logging import logger
from handlers.shared.tables import Table

GREETINGS = ("Successfully validated SNS topic for Amazon SES",)
"""What SES publishes, as plain text, to the topic of a new event destination."""

_environment = cache(TranslationEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch of SNS notifications -> partial batch response."""
    environment = _environment()
    account = Account(environment.application_id, environment.account_id)
    letters = Letters(event["Records"], environment.dead_letter_queue_url)
    events: list[Event] = []
    owners: dict[int, None] = {}
    for position, record in enumerate(letters.records):
        try:
            translated = translate(record, account)
            _check_size(translated)
        except UntranslatableError as error:
            letters.rejected[position] = str(error)
            continue
        events += translated
        if translated:
            owners[position] = None
    try:
        if found := of_journeys(events):
            note_events(_sends(), found)
        _writer().put(events)
    except (EventsLostError, ClientError, BotoCoreError) as error:
        letters.failed = dict.fromkeys(owners, f"not written to the stream: {type(error).__name__}")
    else:
        try:
            uncounted = _metrics().count(events)
        except (ContendedError, ClientError, BotoCoreError) as error:
            letters.failed = dict.fromkeys(owners, f"not counted: {type(error).__name__}")
        else:
            if uncounted:
                logger.warning("sent too long ago, or in the future, to be counted", extra={"events": uncounted})
    logger.info("translated", extra={"messages": len(letters.records), "events": len(events)})
    return letters.finish()


def translate(record: Mapping[str, Any], account: Account) -> list[Event]:
    """The stream's events for one queue message. Raises UntranslatableError."""
    try:
        text = unwrapped(record["body"])
        if text.startswith(GREETINGS):
            return []
        document = json_object(text)
    except NotAnObjectError as error:
        raise UntranslatableError(str(error)) from error
    if "inboundMessageId" in document:
        raise UntranslatableError("a text that a number received: its topic is twoWayTopicArn of selfManagedOptOuts")
    kind = document.get("eventType")
    if isinstance(kind, str) and kind.isupper():
        return sms.translate(document, account)
    return email.translate(document, account)


def _check_size(events: list[Event]) -> None:
    for event in events:
        size = len(json.dumps(event, ensure_ascii=False).encode())
        if size > RECORD_BYTES:
            raise UntranslatableError(
                f"the event would have {size:,} bytes; a stream record has {RECORD_BYTES:,} at the most"
            )


@cache
def _sends() -> Table:
    return Table(_environment().sends_table)


@cache
def _metrics() -> Metrics:
    return Metrics(Table(_environment().sends_table))


@cache
def _writer() -> EventStream:
    return EventStream(_environment().event_stream_name)
