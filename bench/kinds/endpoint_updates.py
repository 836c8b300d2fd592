"""The hosted API: UpdateEndpointsBatch requests of 100 endpoints each, through the function's handler."""

from __future__ import annotations

from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import ENVIRONMENT, Seed, api_call, phone_number
from bench.kind import Kind, Work, batches
from bench.row import Context

BATCH = 100


def prepare(items: int) -> Work:
    tables = FakeDynamoDb()
    Seed(tables).application()
    statuses: list[int] = []

    def run() -> None:
        from handlers.engagement.api.function import handler

        for start in range(0, items, BATCH):
            answer = handler(_request(range(start, min(items, start + BATCH))), Context())
            statuses.append(answer["statusCode"])

    def check() -> None:
        if set(statuses) != {202} or tables.count("endpoints") != 2 * items:
            raise AssertionError(
                f"answers {sorted(set(statuses))}, {tables.count('endpoints')} items for {items} endpoints"
            )

    return Work(
        environment=ENVIRONMENT,
        answers=tables.answers(),
        run=run,
        check=check,
        floor={
            "dynamodb.BatchGetItem": batches(2 * items, 100),
            "dynamodb.TransactWriteItems": batches(2 * items, 100),
        },
    )


def _request(numbers: range) -> dict[str, Any]:
    items = [
        {
            "Id": f"endpoint-{number}",
            "Address": phone_number(number),
            "ChannelType": "SMS",
            "Attributes": {"FirstName": [f"Name{number}"]},
        }
        for number in numbers
    ]
    return api_call("PUT", "/endpoints", {"Item": items})


KIND = Kind(
    name="endpoint-updates",
    title="endpoints by batch update (hosted)",
    items=10_000,
    handler="handlers.engagement.api.function",
    prepare=prepare,
)
