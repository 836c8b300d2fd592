"""Architecture 6: of the event stream, hard bounces and complaints are kept; one event in a hundred is one."""

from __future__ import annotations

from typing import Any

from bench.event_records import address, campaign_send, email_event, firehose_batches
from bench.kind import Kind, Work, batches
from bench.row import Context

EVERY = 100


def prepare(items: int) -> Work:
    kept: list[int] = []

    def run() -> None:
        from handlers.pinpoint_event_processing.transformation import handler

        for batch in firehose_batches(items, _event):
            answer = handler(batch, Context())
            kept.append(sum(record["result"] == "Ok" for record in answer["records"]))

    def check() -> None:
        if sum(kept) != batches(items, EVERY):
            raise AssertionError(f"{sum(kept)} events were kept, not {batches(items, EVERY)}")

    return Work(environment={}, answers={}, run=run, check=check, floor={})


def _event(number: int) -> dict[str, Any]:
    if number % EVERY:
        return campaign_send(number)
    recipients = [{"email_address": address(number)}]
    return email_event("hardbounce", number, bounce={"bounce_type": "Permanent", "bounced_recipients": recipients})


KIND = Kind(
    name="event-filter",
    title="events looked through for bounces",
    items=10_000,
    handler="handlers.pinpoint_event_processing.transformation",
    prepare=prepare,
)
