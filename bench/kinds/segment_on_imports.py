"""A segment whose dimensions choose among whoever is in any of two imports, which share every second endpoint. Items are those endpoints."""

from __future__ import annotations

from bench import exports
from bench.kind import Kind, Work
from bench.segments_on_imports import work


def prepare(items: int) -> Work:
    return work([range(items), range(0, items, 2)])


KIND = Kind(
    name="segment-on-imports",
    title="endpoints of any of two imports chosen among, of 20,000 more (hosted)",
    items=200,
    handler=exports.HANDLER,
    prepare=prepare,
)
