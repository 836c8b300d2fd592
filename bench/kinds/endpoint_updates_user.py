"""The hosted API: UpdateEndpointsBatch requests for endpoints that exist, each with its user and the user's attributes as they are.

What an app sends at every start: of the endpoint the dates change, of the user nothing.
"""

from __future__ import annotations

from typing import Any

from bench.endpoint_batches import updates
from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import Seed
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    tables = FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items, users=True)
    return updates(
        tables,
        items,
        _user,
        stored=tables.count("endpoints"),
        floor={
            "dynamodb.BatchGetItem": 2 * batches(items, 100),  # the endpoints, which name their users, and these
            "dynamodb.TransactWriteItems": batches(items, 100),
        },
    )


def _user(number: int) -> dict[str, Any]:
    return {"User": {"UserId": f"user-{number}", "UserAttributes": {"City": [f"City{number % 50}"]}}}


KIND = Kind(
    name="endpoint-updates-user",
    title="endpoints with a user updated again (hosted)",
    items=10_000,
    handler="handlers.engagement.api.function",
    prepare=prepare,
)
