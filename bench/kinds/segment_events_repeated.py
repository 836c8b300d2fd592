"""Architecture 9: events of endpoints that repeat, ten of each in a batch, set endpoint attributes in fewer calls."""

from __future__ import annotations

from bench.kind import Kind, Work
from bench.segmentation import HANDLER, RECORDS, work

TIMES = 10


def prepare(items: int) -> Work:
    return work(items, lambda number: number // RECORDS * RECORDS + number % (RECORDS // TIMES))


KIND = Kind(
    name="segment-events-repeated",
    title="events of endpoints that repeat",
    items=10_000,
    handler=HANDLER,
    prepare=prepare,
    reference={"calls": 10_000},  # one a call, one call after the other; its time was not measured
)
