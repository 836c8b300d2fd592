"""The hosted export job: all endpoints become gzip JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench import exports
from bench.hosted_service import SHARDS, Seed
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    def seeded(seed: Seed) -> Mapping[str, Any]:
        seed.endpoints(items)
        return {}

    def check(objects: Iterator[bytes]) -> None:
        lines = sum(content.count(b"\n") for content in objects)
        if lines != items:
            raise AssertionError(f"{lines} endpoints were exported, not {items}")

    # A page of a query is 1 MB: some 2,000 of these endpoints.
    return exports.work(seeded, check, {"dynamodb.Query": SHARDS * max(1, batches(items, SHARDS * 2_000))})


KIND = Kind(
    name="export-endpoints",
    title="endpoints exported (hosted)",
    items=20_000,
    handler=exports.HANDLER,
    prepare=prepare,
)
