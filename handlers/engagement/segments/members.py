"""Members of imported segments: which endpoints a version of a segment lists, spread over shards."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.shared.compact_json import compact_json
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Table

ESTIMATE_LIMIT = 500
DELETED_PER_PAGE = 400  # 16 calls of 25, which overlap


class Member(NamedTuple):
    """One member. `endpoint` is set when the import did not register endpoints: the endpoint as the file had it."""

    key: str
    endpoint: dict[str, Any] | None


class MemberPage(NamedTuple):
    """One page of members; `last` is the key to go on after (None: that was all)."""

    members: list[Member]
    last: str | None


class MemberStore:
    """The members table.

    Args:
        table: `Tables.members`.
    """

    def __init__(self, table: Table) -> None:
        self.table = table

    def put(
        self,
        segment_id: str,
        version: int,
        ids: Iterable[str],
        endpoints: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Adds endpoint ids (any casing, duplicates are one) to a version; `endpoints`: id -> the endpoint it carries."""
        items: dict[str, dict[str, Any]] = {}
        for identifier in ids:
            key = identifier.lower()
            item = {"pk": partition(segment_id, version, shard_of(key)), "sk": key}
            if endpoints is not None and identifier in endpoints:
                item["endpoint"] = compact_json(endpoints[identifier])
            items[key] = item
        self.table.batch_write(puts=items.values())

    def page(self, segment_id: str, version: int, shard: int, after: str | None, limit: int) -> MemberPage:
        """One page of a shard's members."""
        page = self.table.page(partition(segment_id, version, shard), after=after, limit=limit)
        members = [
            Member(item["sk"], json.loads(item["endpoint"]) if "endpoint" in item else None) for item in page.items
        ]
        return MemberPage(members, page.last)

    def page_of_any(self, versions: Sequence[tuple[str, int]], shard: int, after: str | None, limit: int) -> MemberPage:
        """As `page`, of several versions (segment id, version): whoever is in one, once, and never the endpoint as a file had it."""
        pages = overlap(lambda version: self.page(*version, shard, after, limit), versions)
        # Behind the first end of a page that is not the last one, that version may have members which nobody has read.
        end = min((page.last for page in pages if page.last is not None), default=None)
        keys = sorted({member.key for page in pages for member in page.members if end is None or member.key <= end})
        members = [Member(key, None) for key in keys[:limit]]
        return MemberPage(members, end if len(keys) <= limit else members[-1].key)

    def contains(self, segment_id: str, version: int, ids: Collection[str]) -> set[str]:
        """Those of `ids` (as given) that are members."""
        keys = {identifier: identifier.lower() for identifier in ids}
        found = self.table.batch_get(
            ((partition(segment_id, version, shard_of(key)), key) for key in keys.values()), consistent=False
        )
        present = {sk for _, sk in found}
        return {identifier for identifier, key in keys.items() if key in present}

    def carried(self, segment_id: str, version: int, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """The endpoints that members carry, by id as given."""
        keys = {name: (partition(segment_id, version, shard_of(name.lower())), name.lower()) for name in ids}
        found = self.table.batch_get(keys.values())
        return {
            name: json.loads(found[key]["endpoint"]) for name, key in keys.items() if "endpoint" in found.get(key, {})
        }

    def count(self, segment_id: str, version: int) -> int:
        """How many members the version has, exactly (reads all keys)."""
        return sum(overlap(lambda shard: self.table.count(partition(segment_id, version, shard)), range(SHARDS)))

    def delete_page(self, segment_id: str, version: int, shard: int) -> bool:
        """Deletes a page of a shard's members. Returns whether there may be more."""
        pk = partition(segment_id, version, shard)
        page = self.table.page(pk, limit=DELETED_PER_PAGE)
        self.table.batch_write(deletes=[(pk, item["sk"]) for item in page.items])
        return page.last is not None

    def delete(self, segment_id: str, version: int) -> None:
        """Deletes the members of a version."""
        for shard in range(SHARDS):
            while self.delete_page(segment_id, version, shard):
                pass


def partition(segment_id: str, version: int, shard: int) -> str:
    """The partition key of a version's members in a shard."""
    return f"M#{segment_id}#{version}#{shard:02d}"
