"""The hosted campaign: a run sends an email with a name in it to every endpoint of the application."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import EMAILS_PER_CALL, Mailbox, Stream
from bench.hosted_service import CLAIMS, ENVIRONMENT, SHARDS, Seed, run_campaign
from bench.kind import Kind, Work, batches

MAIL = {
    "Title": "News for {{Attributes.FirstName}}",
    "HtmlBody": "<h1>Hello {{Attributes.FirstName}}</h1><p>Our new collection is here.</p>",
    "Body": "Hello {{Attributes.FirstName}}\n\nOur new collection is here.",
}


def prepare(items: int) -> Work:
    tables, mailbox, stream = FakeDynamoDb(), Mailbox(), Stream()
    seed = Seed(tables)
    seed.application()
    seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": []})
    seed.endpoints(items, "EMAIL")
    seed.campaign({"EmailMessage": MAIL})

    def check() -> None:
        reached = len(set(mailbox.recipients))
        if len(mailbox.recipients) != items or reached != items or stream.records != items:
            raise AssertionError(
                f"{len(mailbox.recipients)} emails to {reached} addresses and {stream.records} events, not {items} of each"
            )

    return Work(
        environment={**ENVIRONMENT, "EMAIL_FROM_ADDRESS": "shop@example.com"},
        answers={**tables.answers(), **mailbox.answers(), **stream.answers()},
        run=run_campaign,
        check=check,
        floor={
            "sesv2.SendBulkEmail": batches(items, EMAILS_PER_CALL),
            "dynamodb.TransactWriteItems": 2 * batches(items, CLAIMS),  # claims before, results after
            "dynamodb.Query": SHARDS,
            "kinesis.PutRecords": batches(items, 500),
        },
    )


KIND = Kind(
    name="campaign-emails",
    title="emails of a campaign (hosted)",
    items=5_000,
    handler="handlers.engagement.campaigns.function",
    prepare=prepare,
)
