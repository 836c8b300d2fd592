"""Sees every event on the stream: a send gets the place of its message in the archive, and is queued to be archived.

Called by Firehose. Sends are delivered as they go to the queue, with `client_context.custom.message_archive_location`;
other events are none of the archive's business and are left out (Firehose's `Dropped`: the event database and other
readers have their own). What cannot be read, or not be queued, is refused and kept in the error place with its reason.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from handlers.message_archiver.environment import TransformationEnvironment
from handlers.message_archiver.location import is_send, with_location
from handlers.message_archiver.sending import BATCH_BYTES, QueueSender
from handlers.shared.clients import aws_client
from handlers.shared.delivery import DROPPED, OK, REFUSED, ErrorPlace, Outcome, RefusedRecordError, judge, respond

_environment = cache(TransformationEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Firehose's batch of records -> what became of each."""
    environment = _environment()
    outcomes = [judge(record, _locate) for record in event["records"]]
    sends = [position for position, outcome in enumerate(outcomes) if outcome.status == OK]
    sender = QueueSender(aws_client("sqs"), environment.queue_url)
    failures = sender.send([outcomes[position].data.decode() for position in sends])
    for at, reason in failures.items():
        outcomes[sends[at]] = Outcome(REFUSED, reason=reason)
    outcomes = [Outcome(OK, outcome.data + b"\n") if outcome.status == OK else outcome for outcome in outcomes]
    return respond(event, outcomes, ErrorPlace(environment.error_bucket, environment.error_prefix))


def _locate(_text: str, event: dict[str, Any]) -> Outcome:
    kind = event.get("event_type")
    if not isinstance(kind, str) or not kind:
        raise RefusedRecordError("event_type must be a text that is not empty")
    if not is_send(event):
        return Outcome(DROPPED)
    # Plain ASCII: a queue refuses characters that XML does not have.
    line = json.dumps(with_location(event, _environment().archive_prefix), separators=(",", ":")).encode()
    if len(line) > BATCH_BYTES:
        raise RefusedRecordError(f"the event has {len(line)} bytes with its location; the queue takes {BATCH_BYTES}")
    return Outcome(OK, line)
