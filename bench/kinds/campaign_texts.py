"""The hosted campaign: a run sends a text message to every endpoint of the application."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Outbox, Stream
from bench.hosted_service import CLAIMS, ENVIRONMENT, SHARDS, Seed, run_campaign
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    tables, outbox, stream = FakeDynamoDb(), Outbox(), Stream()
    seed = Seed(tables)
    seed.application()
    seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": []})
    seed.endpoints(items)
    seed.campaign(
        {"SMSMessage": {"Body": "Hello {{Attributes.FirstName}}", "MessageType": "TRANSACTIONAL"}},
    )

    def check() -> None:
        if len(outbox.recipients) != items or len(set(outbox.recipients)) != items or stream.records != items:
            raise AssertionError(
                f"{len(outbox.recipients)} texts to {len(set(outbox.recipients))} numbers and {stream.records} events, "
                f"not {items} of each"
            )

    return Work(
        environment=ENVIRONMENT,
        answers={**tables.answers(), **outbox.answers(), **stream.answers()},
        run=run_campaign,
        check=check,
        floor={
            "pinpoint-sms-voice-v2.SendTextMessage": items,  # End User Messaging takes one recipient a call
            "dynamodb.TransactWriteItems": 2 * batches(items, CLAIMS),  # claims before, results after
            "dynamodb.Query": SHARDS,
            "kinesis.PutRecords": batches(items, 500),
        },
    )


KIND = Kind(
    name="campaign-texts",
    title="texts of a campaign (hosted)",
    items=5_000,
    handler="handlers.engagement.campaigns.function",
    prepare=prepare,
)
