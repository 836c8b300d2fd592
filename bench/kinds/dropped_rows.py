"""Architecture 12: the rows of a dropped file go into the queue of texts."""

from __future__ import annotations

from bench.drops import BUCKET, ENVIRONMENT, HEADER, KEY, rows
from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.long_file import LongFile
from bench.fakes.services import Queue
from bench.kind import Kind, Work, batches
from bench.row import Context

BLOCK = 100
PADDING = 0


def prepare(items: int, padding: int = PADDING) -> Work:
    blocks, rest = divmod(items, BLOCK)
    file = LongFile(HEADER + rows(rest, padding), rows(BLOCK, padding), blocks)
    queue, table = Queue(), FakeDynamoDb()

    def run() -> None:
        from handlers.sms_s3_drop import course
        from handlers.sms_s3_drop.function import handler

        # Nothing is sent here, so that nothing would ever make room in the queue.
        course.ROWS_AHEAD = items + 1
        outcome = handler({"operation": "start", "Input": {"S3URL": f"s3://{BUCKET}/{KEY}"}}, Context())
        while queue.messages < items:
            outcome = handler({"operation": "poll", "Run": outcome}, Context())

    def check() -> None:
        if queue.messages != items:
            raise AssertionError(f"{queue.messages} texts were queued, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={**file.answers(), **queue.answers(), **table.answers()},
        run=run,
        check=check,
        floor={
            "sqs.SendMessageBatch": batches(items, 10),
            "s3.GetObject": 2,
        },  # once to know the content, once to read it
    )


KIND = Kind(
    name="dropped-rows",
    title="rows of a dropped file queued",
    items=100_000,
    handler="handlers.sms_s3_drop.function",
    prepare=prepare,
    reference={"calls": 100_000},  # one call a row, and the file held in memory
)
