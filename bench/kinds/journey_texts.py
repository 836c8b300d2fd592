"""The journeys' worker: of ten times as many participants some come due within a minute; each gets a text and begins a wait."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Outbox, Stream
from bench.hosted_service import CLAIMS, ENVIRONMENT, SHARDS, Seed
from bench.journeys import PAUSE, seed_journey, seed_participants, seed_template, work
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    tables, outbox, stream = FakeDynamoDb(), Outbox(), Stream()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items)
    text = {"TemplateName": "hello", "NextActivity": "second"}
    seed_journey(
        seed, {"first": {"Wait": {**PAUSE, "NextActivity": "text"}}, "text": {"SMS": text}, "second": {"Wait": PAUSE}}
    )
    seed_template(seed, "hello")
    seed_participants(tables, items, "first")
    done: list[dict[str, int]] = []

    def check() -> None:
        if [one["Steps"] for one in done] != [items] or len(set(outbox.recipients)) != items or stream.records != items:
            raise AssertionError(
                f"{done}, {len(set(outbox.recipients))} texts and {stream.records} events, not {items} of each"
            )

    return Work(
        environment=ENVIRONMENT,
        answers={**tables.answers(), **outbox.answers(), **stream.answers()},
        run=lambda: done.append(work()),
        check=check,
        floor={
            "pinpoint-sms-voice-v2.SendTextMessage": items,  # End User Messaging takes one recipient a call
            "dynamodb.Query": SHARDS,
            "dynamodb.BatchGetItem": batches(items, 100),
            # Claims before, results after. People of one shard who stand together fit one item, and a transaction takes the steps of all shards.
            "dynamodb.TransactWriteItems": 2 * batches(items, CLAIMS) + 1,
            "kinesis.PutRecords": batches(items, 500),
        },
    )


KIND = Kind(
    name="journey-texts",
    title="texts of journeys (hosted)",
    items=10_000,
    handler="handlers.engagement.journeys.function",
    prepare=prepare,
)
