"""The hosted API: UpdateEndpointsBatch requests for endpoints that are new."""

from __future__ import annotations

from bench.endpoint_batches import updates
from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import Seed
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    tables = FakeDynamoDb()
    Seed(tables).application()
    return updates(
        tables,
        items,
        lambda number: {"Attributes": {"FirstName": [f"Name{number}"]}},
        stored=2 * items,
        floor={
            "dynamodb.BatchGetItem": batches(2 * items, 100),
            "dynamodb.TransactWriteItems": batches(2 * items, 100),
        },
    )


KIND = Kind(
    name="endpoint-updates",
    title="endpoints by batch update (hosted)",
    items=10_000,
    handler="handlers.engagement.api.function",
    prepare=prepare,
)
