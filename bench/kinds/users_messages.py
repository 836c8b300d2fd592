"""The hosted API: SendUsersMessages, a text to the endpoint of each of 100 users a request."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.services import Outbox
from bench.hosted_service import ENVIRONMENT, Seed, api_call
from bench.kind import Kind, Work, batches
from bench.row import Context

USERS_PER_CALL = 100


def prepare(items: int) -> Work:
    tables, outbox = FakeDynamoDb(), Outbox()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items, users=True)
    message = {"SMSMessage": {"Body": "Hello {{Attributes.FirstName}}!", "MessageType": "TRANSACTIONAL"}}

    def run() -> None:
        from handlers.engagement.api.function import handler

        for first in range(0, items, USERS_PER_CALL):
            users = {f"user-{number}": {} for number in range(first, min(first + USERS_PER_CALL, items))}
            asked = {"MessageConfiguration": message, "Users": users}
            answer = handler(api_call("POST", "/users-messages", asked), Context())
            if answer["statusCode"] != 200:
                raise AssertionError(answer["body"])

    def check() -> None:
        if len(set(outbox.recipients)) != items or len(outbox.recipients) != items:
            raise AssertionError(f"{len(outbox.recipients)} texts, {len(set(outbox.recipients))} numbers, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={**tables.answers(), **outbox.answers()},
        run=run,
        check=check,
        floor={
            "dynamodb.BatchGetItem": 2
            * batches(items, USERS_PER_CALL),  # the users, who name their endpoints, and these
            "pinpoint-sms-voice-v2.SendTextMessage": items,
        },
    )


KIND = Kind(
    name="users-messages",
    title="texts to users (hosted)",
    items=5_000,
    handler="handlers.engagement.api.function",
    prepare=prepare,
)
