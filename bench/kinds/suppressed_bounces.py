"""Architecture 1: SES's bounce notifications become entries of the suppression list."""

from __future__ import annotations

from typing import Any

from bench.event_records import address, enveloped, queue_batches
from bench.kind import Kind, Work
from bench.row import Context
from bench.suppression import REFERENCE, work

BATCH = 100


def prepare(items: int) -> Work:
    def run() -> None:
        from handlers.ses_event_processing.function import handler

        for batch in queue_batches(items, BATCH, lambda number: enveloped(_bounce(number))):
            answer = handler(batch, Context())
            if answer["batchItemFailures"]:
                raise AssertionError(f"{len(answer['batchItemFailures'])} notifications failed")

    return work(items, BATCH, {}, {}, run)


def _bounce(number: int) -> dict[str, Any]:
    bounce = {
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": address(number)}],
        "feedbackId": f"feedback-{number}",
    }
    return {"notificationType": "Bounce", "bounce": bounce, "mail": {"messageId": f"message-{number}"}}


KIND = Kind(
    name="suppressed-bounces",
    title="bounces suppressed, from SES",
    items=1_000,
    handler="handlers.ses_event_processing.function",
    prepare=prepare,
    reference=REFERENCE,
)
