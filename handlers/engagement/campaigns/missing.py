"""Who was to get a run's message and has no entry in its ledger, because the step of their chunk died for good: counted, never forgotten.

Of those with an entry, the step may have died before it told the stream: they are told here, some of them once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.batch import Sending
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.local_time import WAITS
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.shards import SHARDS
from handlers.shared.attribute_values import Item

PAGE = 500


def count_missing(
    ledger: Ledger,
    reader: SegmentReader,
    sending: Sending,
    segment: tuple[str, int],
    *,
    chunks: int,
    chunk: int,
    cursor: Mapping[str, Any] | None,
    remaining: Callable[[], float],
) -> dict[str, Any] | None:
    """Counts a lost chunk's people into the ledger. Returns the cursor to go on with, or None when it is done.

    Args:
        segment: Id and version.
        chunks: How many chunks the run has.
        remaining: Seconds until this step must have returned.
    """
    shards = list(range(chunk, SHARDS, chunks))
    at, after = (cursor["Shard"], cursor["After"]) if cursor else (0, None)
    missing: Counter[str] = Counter(cursor["Missing"] if cursor else {})
    while at < len(shards):
        page = reader.page(*segment, shards[at], after, PAGE)
        people = sending.consider(page.endpoints, float("-inf"))
        entries = ledger.entries([item.id for item in people])
        missing.update(
            item.treatment_id for item in people if item.status in (CLAIMED, WAITS) and item.id not in entries
        )
        _tell(sending, people, entries)
        after = page.last
        if after is None:
            at += 1
        if remaining() <= 0 and at < len(shards):
            return {"Shard": at, "After": after, "Missing": dict(missing)}
    ledger.note_missing(chunk, missing)
    return None


def _tell(sending: Sending, people: Sequence[Recipient], entries: Mapping[str, Item]) -> None:
    known = [item for item in people if item.id in entries]
    for item in known:
        entry = entries[item.id]
        item.status, item.treatment_id, item.at = entry["status"], entry["treatment"], entry.get("at", 0)
    sending.edit_again(known)
    sending.tell(known)
    sending.events.flush()
