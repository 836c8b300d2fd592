"""The hosted API: UpdateEndpointsBatch requests for endpoints that exist, each with its user and the user's attributes as they are.

What an app sends at every start: of the endpoint the dates change, of the user nothing.
"""

from __future__ import annotations

from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import ENVIRONMENT, Seed, api_call, phone_number
from bench.kind import Kind, Work, batches
from bench.row import Context

BATCH = 100


def prepare(items: int) -> Work:
    tables = FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items, users=True)
    stored = tables.count("endpoints")
    statuses: list[int] = []

    def run() -> None:
        from handlers.engagement.api.function import handler

        for start in range(0, items, BATCH):
            answer = handler(_request(range(start, min(items, start + BATCH))), Context())
            statuses.append(answer["statusCode"])

    def check() -> None:
        if set(statuses) != {202} or tables.count("endpoints") != stored:
            raise AssertionError(f"answers {sorted(set(statuses))}, {tables.count('endpoints')} items, not {stored}")

    return Work(
        environment=ENVIRONMENT,
        answers=tables.answers(),
        run=run,
        check=check,
        floor={
            "dynamodb.BatchGetItem": 2 * batches(items, 100),  # the endpoints, which name their users, and these
            "dynamodb.TransactWriteItems": batches(items, 100),
        },
    )


def _request(numbers: range) -> dict[str, Any]:
    items = [
        {
            "Id": f"endpoint-{number}",
            "Address": phone_number(number),
            "ChannelType": "SMS",
            "User": {"UserId": f"user-{number}", "UserAttributes": {"City": [f"City{number % 50}"]}},
        }
        for number in numbers
    ]
    return api_call("PUT", "/endpoints", {"Item": items})


KIND = Kind(
    name="endpoint-updates-user",
    title="endpoints with a user updated again (hosted)",
    items=10_000,
    handler="handlers.engagement.api.function",
    prepare=prepare,
)
