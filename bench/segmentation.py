"""What the rows of event-based segmentation share: opens of emails, by as many endpoints as a row wants."""

from __future__ import annotations

import json
from collections.abc import Callable

from bench.event_records import email_event, stream_batches
from bench.fakes.services import Project
from bench.hosted_service import APPLICATION
from bench.kind import Work, batches
from bench.row import Context

RECORDS = 1_000
"""Of a batch, as the component's event source mapping asks for them."""
HANDLER = "handlers.event_based_segmentation.function"


def work(items: int, endpoint: Callable[[int], int]) -> Work:
    """`items` opens, number n by `endpoint(n)`, on the hosted platform with the seed's rule for opens."""
    project = Project()
    distinct = [
        len({endpoint(number) for number in range(start, min(items, start + RECORDS))})
        for start in range(0, items, RECORDS)
    ]

    def run() -> None:
        from handlers.event_based_segmentation.function import handler

        for batch in stream_batches(items, RECORDS, lambda number: email_event("open", endpoint(number))):
            handler(batch, Context())

    def check() -> None:
        if project.endpoints != sum(distinct):
            raise AssertionError(f"{project.endpoints} endpoints were updated, not {sum(distinct)}")

    return Work(
        environment={
            "ENGAGEMENT_ENDPOINT_URL": "https://bench.lambda-url.us-east-1.on.aws",
            "APPLICATION_ID": APPLICATION,
            "RULES": json.dumps([{"eventType": "_email.open", "attribute": "opened_email", "values": ["true"]}]),
            "MEMORY_TABLE": "memory",
            "MEMORY_DAYS": "90",
            "ERRORS_BUCKET": "errors",
            "ERRORS_PREFIX": "errors/",
            "LATER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/later",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
        },
        answers=project.answers(),
        run=run,
        check=check,
        floor={"pinpoint.UpdateEndpointsBatch": sum(batches(count, 100) for count in distinct)},
    )
