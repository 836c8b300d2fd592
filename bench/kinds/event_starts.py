"""The hosted API: PutEvents of events that start a journey, and the worker that lets those who reported them enter."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Stream
from bench.hosted_service import APPLICATION, ENVIRONMENT, SHARDS, Seed
from bench.journeys import JOURNEY, PAUSE, put_events, seed_journey, work
from bench.kind import Kind, Work, batches
from bench.row import Context

BATCH = 100
"""Endpoints of a PutEvents call, at the most."""
FILTER = {"FilterType": "ENDPOINT", "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["bought"]}}}


def prepare(items: int) -> Work:
    tables, stream = FakeDynamoDb(), Stream()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items)
    start = {"EventStartCondition": {"EventFilter": FILTER}}
    seed_journey(seed, {"first": {"Wait": PAUSE}}, State="ACTIVE", StartCondition=start)
    entry = {"ApplicationId": APPLICATION, "Kind": "J", "Owner": JOURNEY, "EventFilter": FILTER}
    seed.document("EVENTSTARTS", f"{APPLICATION}#J#{JOURNEY}", {"Id": f"{APPLICATION}#J#{JOURNEY}", **entry})
    statuses: list[int] = []

    def run() -> None:
        from handlers.engagement.api.function import handler

        for begin in range(0, items, BATCH):
            answer = handler(put_events(range(begin, min(items, begin + BATCH))), Context())
            statuses.append(answer["statusCode"])
        work()

    def check() -> None:
        from handlers.engagement.journeys.participants import Participants
        from handlers.shared.tables import Table

        entered = Participants(Table("sends"), JOURNEY).counts()["", "ENDPOINT_ENTERED"]
        if set(statuses) != {202} or entered != items or stream.records != items:
            raise AssertionError(
                f"answers {sorted(set(statuses))}, {entered} entered and {stream.records} events, not {items}"
            )

    calls = batches(items, BATCH)
    return Work(
        environment=ENVIRONMENT,
        answers={**tables.answers(), **stream.answers()},
        run=run,
        check=check,
        floor={
            "kinesis.PutRecords": calls,
            "dynamodb.Query": calls + SHARDS,  # what events may start, in each call; the worker's inbox
            "dynamodb.BatchGetItem": calls + batches(items, 100),  # the endpoints, in each call and when they enter
            "dynamodb.BatchWriteItem": batches(items, 25),  # the inbox
            "dynamodb.TransactWriteItems": batches(3 * items, 100),  # who enters, by which event; the inbox
        },
    )


KIND = Kind(
    name="event-starts",
    title="events that start a journey, until their people are inside (hosted)",
    items=10_000,
    handler="handlers.engagement.journeys.function",
    prepare=prepare,
)
