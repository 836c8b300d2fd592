"""The hosted service: delivery events of SES become events of the project's stream, and counters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bench.event_records import address, enveloped, queue_batches
from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Stream
from bench.hosted_service import APPLICATION
from bench.kind import Kind, Work, batches
from bench.row import Context

BATCH = 500
MESSAGES = 99
"""Of a transaction: their row of counters is its hundredth item."""
SENT = datetime.now(UTC).isoformat(timespec="milliseconds")
"""What was sent long ago would not be counted."""


def prepare(items: int) -> Work:
    stream = Stream()
    tables = FakeDynamoDb()
    failed: list[int] = []

    def run() -> None:
        from handlers.engagement.translation.function import handler

        for batch in queue_batches(items, BATCH, lambda number: enveloped(_delivery(number))):
            failed.append(len(handler(batch, Context())["batchItemFailures"]))

    def check() -> None:
        if sum(failed) or stream.records != items:
            raise AssertionError(f"{stream.records} events were written and {sum(failed)} failed, of {items}")
        from handlers.engagement.metrics.counting import SHARDS

        if not items < tables.count("sends") <= items + SHARDS:
            raise AssertionError(f"{tables.count('sends')} items hold {items} messages and their counters")

    transactions = sum(batches(min(BATCH, items - start), MESSAGES) for start in range(0, items, BATCH))
    return Work(
        environment={
            "APPLICATION_ID": APPLICATION,
            "ACCOUNT_ID": "123456789012",
            "EVENT_STREAM_NAME": "events",
            "SENDS_TABLE": "sends",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
        },
        answers={**stream.answers(), **tables.answers()},
        run=run,
        check=check,
        floor={
            "kinesis.PutRecords": batches(items, BATCH),
            "dynamodb.BatchGetItem": transactions,
            "dynamodb.TransactWriteItems": transactions,
        },
    )


def _delivery(number: int) -> dict[str, Any]:
    return {
        "eventType": "Delivery",
        "mail": {
            "timestamp": SENT,
            "source": "shop@example.org",
            "messageId": f"message-{number}",
            "destination": [address(number)],
            "headersTruncated": False,
            "headers": [{"name": "Subject", "value": "News"}],
            "commonHeaders": {"from": ["shop@example.org"], "to": [address(number)], "subject": "News"},
            "tags": {"application_id": [APPLICATION], "endpoint_id": [f"endpoint-{number}"]},
        },
        "delivery": {
            "timestamp": SENT,
            "processingTimeMillis": 500,
            "recipients": [address(number)],
            "smtpResponse": "250 ok",
            "reportingMTA": "mta",
        },
    }


KIND = Kind(
    name="translated-events",
    title="delivery events translated (hosted)",
    items=10_000,
    handler="handlers.engagement.translation.function",
    prepare=prepare,
)
