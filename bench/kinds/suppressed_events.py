"""Architecture 6: hard bounces in an event object become entries of the suppression list."""

from __future__ import annotations

import json

from bench.event_records import address, email_event, queue_batches
from bench.fakes.s3 import FakeS3
from bench.kind import Kind, Work
from bench.row import Context
from bench.suppression import REFERENCE, work

BUCKET = "stream"
KEY = "events/2030/01/01/00/object"
AT_ONCE = 1_000
"""Recipients that the handler suppresses side by side."""


def prepare(items: int) -> Work:
    lines = (json.dumps(_bounce(number)) + "\n" for number in range(items))
    bucket = FakeS3(BUCKET, {KEY: "".join(lines).encode()})
    created = {"detail": {"bucket": {"name": BUCKET}, "object": {"key": KEY}}}

    def run() -> None:
        from handlers.pinpoint_event_processing.function import handler

        for batch in queue_batches(1, 1, lambda _: json.dumps(created)):
            answer = handler(batch, Context())
            if answer["batchItemFailures"]:
                raise AssertionError("the object failed")

    environment = {"EVENTS_PREFIX": "events/", "ERRORS_PREFIX": "errors/"}
    return work(items, AT_ONCE, environment, bucket.answers(), run)


def _bounce(number: int) -> dict[str, object]:
    bounce = {
        "bounce_type": "Permanent",
        "bounced_recipients": [{"email_address": address(number)}],
        "feedback_id": f"feedback-{number}",
    }
    return email_event("hardbounce", number, bounce=bounce)


KIND = Kind(
    name="suppressed-events",
    title="bounces suppressed, from the event stream",
    items=1_000,
    handler="handlers.pinpoint_event_processing.function",
    prepare=prepare,
    reference=REFERENCE,
)
