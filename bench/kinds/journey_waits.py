"""The journeys' worker: of ten times as many participants some come due within a minute; each is done with a wait and begins the next one."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Stream
from bench.hosted_service import ENVIRONMENT, SHARDS, Seed
from bench.journeys import PAUSE, seed_journey, seed_participants, work
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    tables, stream = FakeDynamoDb(), Stream()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items)
    seed_journey(seed, {"first": {"Wait": {**PAUSE, "NextActivity": "second"}}, "second": {"Wait": PAUSE}})
    seed_participants(tables, items, "first")
    done: list[dict[str, int]] = []

    def check() -> None:
        if [one["Steps"] for one in done] != [items]:
            raise AssertionError(f"{done} was done, not {items} steps")

    return Work(
        environment=ENVIRONMENT,
        answers={**tables.answers(), **stream.answers()},
        run=lambda: done.append(work()),
        check=check,
        floor={
            "dynamodb.Query": SHARDS,
            "dynamodb.BatchGetItem": batches(items, 100),  # the endpoints, as they are now
            # People of one shard who stand together fit one item, and a transaction takes the steps of all shards.
            "dynamodb.TransactWriteItems": 1,
        },
    )


KIND = Kind(
    name="journey-waits",
    title="steps of journeys without a message (hosted)",
    items=10_000,
    handler="handlers.engagement.journeys.function",
    prepare=prepare,
)
