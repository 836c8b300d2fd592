"""JSON documents in the registry table: one attribute `doc`, a revision, and beside them counters that many writers add to and notes,
each of which has its own writers.
"""

import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.errors import BadRequestError, ConflictError
from handlers.shared.attribute_values import Item
from handlers.shared.backoff import backoff
from handlers.shared.compact_json import compact_json
from handlers.shared.tables import Table

Document = dict[str, Any]
COUNTER = "count_"
NOTE = "note_"
PLAIN_BYTES = 60_000  # larger documents are stored compressed
ITEM_BYTES = 390_000  # DynamoDB's item limit is 400 KB, keys and names included
ATTEMPTS = 12
LOOK_AHEAD = 500  # documents that a filtered list reads at a time


class Listing(NamedTuple):
    """One page of a list: `items` are documents, `last` the key to go on after (None: that was all), `keys` the items' own."""

    items: list[Document]
    last: str | None
    keys: Sequence[str] = ()


class Documents:
    """Documents by (pk, sk) in one table."""

    def __init__(self, table: Table) -> None:
        self.table = table

    def get(self, pk: str, sk: str) -> Document | None:
        """The document with its counters and notes joined, or None."""
        item = self.table.get(pk, sk)
        return None if item is None else decode(item)

    def put(self, pk: str, sk: str, document: Mapping[str, Any], *, new: bool = False) -> bool:
        """Writes the document whatever was there (its counters and notes go). With `new`: only if there was none, else False."""
        item = {"pk": pk, "sk": sk, "revision": 1, **encode(document)}
        return self.table.put(item, condition="attribute_not_exists(pk)" if new else None)

    def put_unless_updated(self, pk: str, sk: str, document: Mapping[str, Any]) -> bool:
        """Writes the document where there is none, or one that nobody has updated since it was put; else False."""
        item = {"pk": pk, "sk": sk, "revision": 1, **encode(document)}
        return self.table.put(item, condition="attribute_not_exists(pk) OR revision = :put", values={":put": 1})

    def update(
        self, pk: str, sk: str, change: Callable[[Document], None], known: Mapping[str, Any] | None = None
    ) -> Document | None:
        """Reads, lets `change` alter the document in place, writes; again if another writer came between.

        Returns the document as written (counters and notes joined), or None if there is none. Counters and notes are left as they are:
        `change` sees them but what it sets there is not stored.

        Args:
            known: The document as `put` wrote it. Where nobody has updated it since, it is not read.

        Raises:
            ConflictError: other writers came between 12 times.
        """
        item: Item | None = None if known is None else {"revision": 1, **encode(known)}
        for attempt in range(ATTEMPTS):
            item = item or self.table.get(pk, sk)
            if item is None:
                return None
            document = decode(item)
            change(document)
            beside = _beside(item)
            body = {name: value for name, value in document.items() if name not in beside}
            encoded = encode(body)
            wire = {":seen": item["revision"], ":next": item["revision"] + 1}
            sets = ["revision = :next"]
            removes = [name for name in ("doc", "zdoc") if name not in encoded]
            for name, value in encoded.items():
                sets.append(f"{name} = :{name}")
                wire[f":{name}"] = value
            expression = f"SET {', '.join(sets)} REMOVE {', '.join(removes)}"
            if self.table.update(pk, sk, expression, wire, condition="revision = :seen"):
                return {**body, **beside}
            item = None
            backoff(attempt, first=0.02, longest=1.28)
        raise ConflictError(f"{sk} was changed by others {ATTEMPTS} times in a row: try again")

    def add(self, pk: str, sk: str, counters: Mapping[str, int]) -> None:
        """Adds to numeric members of the document, atomically and without reading it."""
        names = {f"#{at}": COUNTER + name for at, name in enumerate(counters)}
        values = {f":{at}": value for at, value in enumerate(counters.values())}
        pairs = ", ".join(f"#{at} :{at}" for at in range(len(counters)))
        self.table.update(pk, sk, f"ADD {pairs}", values, names=names)

    def note(self, pk: str, sk: str, notes: Mapping[str, str | int]) -> bool:
        """Sets members beside the document, without reading it. False: there is no document.

        A member that is noted so must not be in the document itself, nor be a counter.
        """
        names = {f"#{at}": NOTE + name for at, name in enumerate(notes)}
        values = {f":{at}": value for at, value in enumerate(notes.values())}
        pairs = ", ".join(f"#{at} = :{at}" for at in range(len(notes)))
        return self.table.update(pk, sk, f"SET {pairs}", values, names=names, condition="attribute_exists(pk)")

    def delete(self, pk: str, sk: str) -> None:
        """Deletes the document; nothing happens if there is none."""
        self.table.delete(pk, sk)

    def list(
        self, pk: str, *, after: str | None = None, limit: int = 100, prefix: str = "", newest_first: bool = False
    ) -> Listing:
        """One page of a partition's documents, by sort key. There is a `last` only where something comes after it."""
        # A query that finds as many items as it may ends with a key, whether or not there are more: one more tells.
        page = self.table.page(pk, after=after, limit=limit + 1, prefix=prefix, newest_first=newest_first)
        items, last = page.items, page.last
        if len(items) > limit:
            items = items[:limit]
            last = items[-1]["sk"]
        return Listing([decode(item) for item in items], last, [item["sk"] for item in items])

    def clear(self, pk: str) -> None:
        """Deletes every document of a partition."""
        self.table.batch_write(deletes=[(pk, item["sk"]) for item in self.table.all(pk)])


def chosen(
    list_from: Callable[[str | None, int], Listing],
    keep: Callable[[Document], bool],
    after: str | None,
    limit: int,
    *,
    looks: int | None = None,
) -> Listing:
    """One page of those documents of a list that `keep` keeps: as full as can be, with a `last` only where more follow.

    Args:
        list_from: (after, limit) -> a page of the whole list.
        looks: Having looked at so many, it ends with what it has, and a `last`; None: it looks at all.
    """
    items: list[Document] = []
    keys: list[str] = []
    looked = 0
    while True:
        page = list_from(after, LOOK_AHEAD)
        for key, document in zip(page.keys, page.items, strict=True):
            if keep(document):
                items.append(document)
                keys.append(key)
        if len(items) > limit:
            return Listing(items[:limit], keys[limit - 1], keys[:limit])
        looked += len(page.items)
        after = page.last
        if after is None or (looks is not None and looked >= looks):
            return Listing(items, after, keys)


def encode(document: Mapping[str, Any]) -> Item:
    """The document as item attributes: `doc`, or `zdoc` (zlib) when long.

    Raises:
        BadRequestError: it does not fit into an item even compressed.
    """
    text = compact_json(document)
    raw = text.encode()
    if len(raw) <= PLAIN_BYTES:
        return {"doc": text}
    packed = zlib.compress(raw, 6)
    if len(packed) > ITEM_BYTES:
        raise BadRequestError(
            f"The definition has {len(raw):,} bytes, compressed {len(packed):,}; at most {ITEM_BYTES:,} compressed fit"
        )
    return {"zdoc": packed}


def decode(item: Mapping[str, Any]) -> Document:
    """The document of an item, with its counters and notes."""
    raw = item["doc"] if "doc" in item else zlib.decompress(item["zdoc"]) if "zdoc" in item else "{}"
    document: Document = json.loads(raw)
    return {**document, **_beside(item)}


def _beside(item: Mapping[str, Any]) -> Document:
    """Counters and notes, by the names of the members that they are."""
    return {
        name.removeprefix(prefix): value
        for name, value in item.items()
        for prefix in (COUNTER, NOTE)
        if name.startswith(prefix)
    }
