"""Architecture 12: a file of 1 GB goes into the queue of texts, in memory that has no place for it."""

from __future__ import annotations

from bench.drops import BUCKET, ENVIRONMENT, HEADER, KEY
from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.long_file import LongFile
from bench.fakes.services import Queue
from bench.kind import Kind, Work, batches
from bench.row import Context, peak_megabytes

ROW_BYTES = 4096
ORIGINS = [f"1234{n}" for n in range(8)]
MESSAGE = 'He said ""hi"",\n' * 105
BLOCK = 80
MEGABYTES = 256


def _row(number: int) -> bytes:
    values = f'+1206{number:07d},"{MESSAGE}",{"c" * 800},{ORIGINS[number % 8]},PROMOTIONAL,{"1" * 800},'
    return f"{values}{'x' * (ROW_BYTES - len(values) - 2)}\r\n".encode()


def prepare(items: int) -> Work:
    blocks, rest = divmod(items, BLOCK)
    first = b"".join(map(_row, range(rest)))
    file = LongFile(HEADER + first, b"".join(map(_row, range(BLOCK))), blocks)
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
        if (peak := peak_megabytes()) > MEGABYTES:
            raise AssertionError(f"{peak:.0f} MB of memory were needed; {MEGABYTES} MB are allowed")

    return Work(
        environment=ENVIRONMENT,
        answers={**file.answers(), **queue.answers(), **table.answers()},
        run=run,
        check=check,
        floor={"sqs.SendMessageBatch": batches(items, 10), "s3.GetObject": 2},
    )


KIND = Kind(
    name="dropped-gigabyte",
    title="rows of 4 KB of a file of 1 GB queued",
    items=2**30 // ROW_BYTES,
    handler="handlers.sms_s3_drop.function",
    prepare=prepare,
)
