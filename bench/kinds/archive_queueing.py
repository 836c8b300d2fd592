"""Architecture 8: sends on the event stream are queued to be archived."""

from __future__ import annotations

from bench.event_records import campaign_send, firehose_batches
from bench.fakes.services import Queue
from bench.kind import Kind, Work, batches
from bench.row import Context


def prepare(items: int) -> Work:
    queue = Queue()
    kept: list[int] = []

    def run() -> None:
        from handlers.message_archiver.transformation import handler

        for batch in firehose_batches(items, campaign_send):
            answer = handler(batch, Context())
            kept.append(sum(record["result"] == "Ok" for record in answer["records"]))

    def check() -> None:
        if sum(kept) != items or queue.messages != items:
            raise AssertionError(f"{sum(kept)} sends were kept and {queue.messages} queued, not {items}")

    return Work(
        environment={
            "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/archive",
            "ARCHIVE_PREFIX": "archive/",
            "ERROR_BUCKET": "archive",
            "ERROR_PREFIX": "errors/",
        },
        answers=queue.answers(),
        run=run,
        check=check,
        floor={"sqs.SendMessageBatch": batches(items, 10)},
    )


KIND = Kind(
    name="archive-queueing",
    title="sends queued for the archive",
    items=10_000,
    handler="handlers.message_archiver.transformation",
    prepare=prepare,
    reference={"calls": 10_000},  # one a call, one call after the other; its time was not measured
)
