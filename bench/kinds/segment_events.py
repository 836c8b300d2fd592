"""Architecture 9: events, each of another endpoint, set endpoint attributes."""

from __future__ import annotations

from bench.kind import Kind, Work
from bench.segmentation import HANDLER, work


def prepare(items: int) -> Work:
    return work(items, lambda number: number)


KIND = Kind(
    name="segment-events",
    title="events to endpoint attributes",
    items=10_000,
    handler=HANDLER,
    prepare=prepare,
    reference={"calls": 10_000},  # one a call, one call after the other; its time was not measured
)
