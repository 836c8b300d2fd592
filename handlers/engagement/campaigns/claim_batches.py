"""Claims of a batch of recipients in one item, each with what became of it: a fraction of a write unit for each.

An item is written whole, conditional on the revision that was read. Its key is the id of its first recipient; batches of a shard do not
overlap, so the one that an endpoint is in, if any, is the last that begins at its id or before.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.campaigns.address_claims import address_digest
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.shared.attribute_values import Item
from handlers.shared.claims import UNCLAIMED
from handlers.shared.compact_json import compact_json
from handlers.shared.tables import Table

PREFIX = "B#"
ADDRESS = 22
"""Digits of an address's digest that are kept: 88 bits, to tell whether one endpoint was claimed with one address."""
PAGE = 16
"""Batches that are read at a time: those of a page of a segment."""
AFTER = "\0"
"""Behind an id: what sorts right after it, an id that an endpoint may have."""


class Person(NamedTuple):
    """A recipient of a batch. changed: when it got its status, in epoch milliseconds. address: "" of one that was not claimed."""

    id: str
    treatment: str
    address: str
    status: str
    changed: int


class ClaimBatch(NamedTuple):
    """One item. people: by id in lower case. at: when they were claimed, in epoch milliseconds. expires: when the item goes, in epoch
    seconds. revision: 0 before it is stored."""

    pk: str
    sk: str
    chunk: int
    at: int
    expires: int
    people: Mapping[str, Person]
    revision: int = 0

    @classmethod
    def of(cls, pk: str, recipients: Sequence[Recipient], chunk: int, expires: int) -> ClaimBatch:
        """The batch of recipients of one shard, in the order of their ids."""
        people = {
            one.key: Person(
                one.id,
                one.treatment_id,
                address_digest(one)[:ADDRESS] if one.status == CLAIMED else "",
                one.status,
                one.at,
            )
            for one in recipients
        }
        return cls(pk, PREFIX + min(people), chunk, recipients[0].at, expires, people)

    @classmethod
    def read(cls, item: Item) -> ClaimBatch:
        """The batch that an item holds."""
        document = json.loads(item["doc"])
        people = {
            identifier.lower(): Person(
                identifier, document["treatments"][treatment], address, *document["results"][result]
            )
            for identifier, treatment, address, result in document["people"]
        }
        return cls(item["pk"], item["sk"], item["chunk"], item["at"], item["expires"], people, item["revision"])

    def open(self) -> list[Person]:
        """Those without a result."""
        return [person for person in self.people.values() if person.status == CLAIMED]

    def is_open(self, identifier: str) -> bool:
        """Whether an endpoint is in it without a result."""
        person = self.people.get(identifier.lower())
        return person is not None and person.status == CLAIMED

    def entry(self, identifier: str) -> Item | None:
        """An endpoint's entry, as the ledger has them; None: it is not in it."""
        person = self.people.get(identifier.lower())
        return person and {
            "id": person.id,
            "status": person.status,
            "changed": person.changed,
            "waits": False,
            "treatment": person.treatment,
            "chunk": self.chunk,
            "at": self.at,
            "address": person.address or None,
        }

    def settled(self, results: Mapping[str, str], moment: int) -> ClaimBatch:
        """With results, by endpoint id, of a moment in epoch milliseconds."""
        changed = {
            identifier.lower(): self.people[identifier.lower()]._replace(status=status, changed=moment)
            for identifier, status in results.items()
        }
        return self._replace(people={**self.people, **changed})

    def without(self, ids: Collection[str]) -> ClaimBatch:
        """Without some endpoints."""
        gone = {identifier.lower() for identifier in ids}
        return self._replace(people={key: person for key, person in self.people.items() if key not in gone})

    def item(self) -> Item:
        """What the table holds."""
        treatments = list(dict.fromkeys(person.treatment for person in self.people.values()))
        results = list(dict.fromkeys((person.status, person.changed) for person in self.people.values()))
        people = [
            [
                person.id,
                treatments.index(person.treatment),
                person.address,
                results.index((person.status, person.changed)),
            ]
            for person in self.people.values()
        ]
        document = {"treatments": treatments, "results": results, "people": people}
        return {
            "pk": self.pk,
            "sk": self.sk,
            "chunk": self.chunk,
            "at": self.at,
            "revision": self.revision + 1,
            "doc": compact_json(document),
            "expires": self.expires,
        }

    def stored(self) -> ClaimBatch:
        """As it is once `item` was written."""
        return self._replace(revision=self.revision + 1)

    def put_action(self, table: Table) -> dict[str, Any]:
        """Writes the batch over the revision that it had; part of a transaction."""
        if not self.revision:
            return table.put_action(self.item(), UNCLAIMED)
        return table.put_action(self.item(), "revision = :seen", {":seen": self.revision})

    def replacing(self, former: ClaimBatch, table: Table) -> list[dict[str, Any]]:
        """Writes what is left of a former batch, under a key that is an id of its own; actions of a transaction."""
        seen = {"revision": former.revision}
        # Who erases has no right to put.
        gone = table.delete_action(former.pk, former.sk, "revision = :revision", {":revision": former.revision})
        if not self.people:
            return [gone]
        left = self._replace(sk=PREFIX + min(self.people)).item()
        changes = {name: value for name, value in left.items() if name not in ("pk", "sk")}
        if left["sk"] == former.sk:
            return [table.set_action(former.pk, former.sk, changes, known=seen)]
        return [gone, table.set_action(left["pk"], left["sk"], changes, known={"revision": None})]


class ClaimBatches:
    """The batches of a table's runs. Partitions are those of a run's shards."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, pk: str, identifier: str) -> ClaimBatch | None:
        """The batch that has an endpoint; None: none has."""
        found = self._before(pk, identifier)
        return found if found and identifier.lower() in found.people else None

    def get(self, batch: ClaimBatch) -> ClaimBatch | None:
        """A batch as it is now."""
        item = self._table.get(batch.pk, batch.sk)
        return ClaimBatch.read(item) if item else None

    def between(self, pk: str, first: str, last: str) -> Iterator[ClaimBatch]:
        """The batches that may have endpoints from one id to another, in their order."""
        before = self._before(pk, first)
        if before:
            yield before
        for batch in self.after(pk, before.sk if before else None):
            if batch.sk > PREFIX + last.lower():
                return
            yield batch

    def after(self, pk: str, key: str | None) -> Iterator[ClaimBatch]:
        """The batches after a sort key, in their order; None: all."""
        while True:
            page = self._table.page(pk, prefix=PREFIX, after=key, limit=PAGE)
            for item in page.items:
                yield ClaimBatch.read(item)
            key = page.last
            if key is None:
                return

    def _before(self, pk: str, identifier: str) -> ClaimBatch | None:
        """The last batch that begins at an id or before."""
        after = PREFIX + identifier.lower() + AFTER
        page = self._table.page(pk, prefix=PREFIX, after=after, limit=1, newest_first=True)
        return ClaimBatch.read(page.items[0]) if page.items else None
