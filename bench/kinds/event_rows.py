"""Architecture 7: events of the stream become rows of the event database."""

from __future__ import annotations

import json

from bench.event_records import email_event, firehose_batches
from bench.kind import Kind, Work
from bench.row import Context
from components.event_database_views.table import EVENT_COLUMNS


def prepare(items: int) -> Work:
    kept: list[int] = []

    def run() -> None:
        from handlers.event_database.transformation import handler

        detail = {"click": {"ip_address": "192.0.2.1", "user_agent": "reader", "link": "https://example.org/"}}
        for batch in firehose_batches(items, lambda number: email_event("click", number, **detail)):
            answer = handler(batch, Context())
            kept.append(sum(record["result"] == "Ok" for record in answer["records"]))

    def check() -> None:
        if sum(kept) != items:
            raise AssertionError(f"{sum(kept)} events became rows, not {items}")

    return Work(
        environment={
            "TABLE_COLUMNS": json.dumps(EVENT_COLUMNS),
            "ERROR_BUCKET": "events",
            "ERROR_PREFIX": "errors/",
            "ARCHIVE_PREFIX": "archive/",
        },
        answers={},
        run=run,
        check=check,
        floor={},
    )


KIND = Kind(
    name="event-rows",
    title="events to rows of the event database",
    items=10_000,
    handler="handlers.event_database.transformation",
    prepare=prepare,
)
