"""A segment whose dimensions choose among an import's endpoints, exported by the hosted service. Items are the import's endpoints."""

from __future__ import annotations

from bench import exports
from bench.kind import Kind, Work
from bench.segments_on_imports import work


def prepare(items: int) -> Work:
    return work([range(items)])


KIND = Kind(
    name="segment-on-import",
    title="endpoints of an import chosen among, of 20,000 more (hosted)",
    items=200,
    handler=exports.HANDLER,
    prepare=prepare,
)
