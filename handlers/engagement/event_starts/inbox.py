"""Events that begin something, from PutEvents to the worker: written in the API's own call, taken by the worker once a minute.

PutEvents that is repeated writes the same events again, with another time. The worker claims each event of an endpoint before it acts on it, so
it acts once; an entry is taken away in one transaction with what it began, or after that is settled. Nothing is read for who has no entry.

Layout of the sends table (owner: `J` or `C`, for a journey's or a campaign's id; shard: that of the endpoint's id):

| what | pk | sk |
|---|---|---|
| an entry: `id`, `token`, `member`, `user` | `{owner}I#{id}#{shard}` | `{arrival in ms}#{identity}` |
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Key, Table

JOURNEY, CAMPAIGN = "J", "C"
TOKEN_BYTES = 8  # behind an endpoint's id, which has 1,000 bytes at the most, it fits into a key of 1,024
KEPT_SECONDS = 7 * 24 * 3600  # of an entry that nobody takes, because what it was for was deleted meanwhile
LATE_MILLISECONDS = 60_000  # longer than a call of the API lasts: after it no entry comes that arrived before


class Arrival(NamedTuple):
    """An event that begins something for an endpoint.

    Args:
        token: Which event it is (`event_token`).
        at: When PutEvents got it, in epoch milliseconds.
        member: Whether the endpoint was in the segment that is asked for, then.
        user: Whether another endpoint of the same user had the event.
    """

    endpoint_id: str
    token: str
    at: int
    member: bool = True
    user: bool = False

    @property
    def identity(self) -> str:
        """What tells this event of this endpoint from all others. An endpoint's id can be as long as a key may be."""
        return hashlib.blake2b(f"{self.endpoint_id.lower()}\0{self.token}".encode(), digest_size=16).hexdigest()

    @property
    def key(self) -> str:
        """Its sort key in the inbox."""
        return f"{self.at:015d}#{self.identity}"


def event_token(endpoint_id: str, event_id: str) -> str:
    """Stands for an event by what PutEvents calls it: the id of its endpoint, and its own among that endpoint's events."""
    return hashlib.blake2b(f"{endpoint_id.lower()}\0{event_id}".encode(), digest_size=TOKEN_BYTES).hexdigest()


class Inbox:
    """The entries for one journey (kind JOURNEY) or campaign (kind CAMPAIGN)."""

    def __init__(self, table: Table, kind: str, identifier: str) -> None:
        self._table = table
        self._prefix = f"{kind}I#{identifier}"

    def put(self, arrivals: Iterable[Arrival]) -> None:
        """Writes entries, 25 a call. Writing one twice changes nothing. Raises what DynamoDB answers."""
        expires = int(time.time()) + KEPT_SECONDS
        distinct = {self._key(arrival): arrival for arrival in arrivals}
        self._table.batch_write(puts=[_item(key, arrival, expires) for key, arrival in distinct.items()])

    def page(self, shard: int, limit: int, after: str | None = None) -> list[Arrival]:
        """The entries of a shard, the earliest first."""
        return [_arrival(item) for item in self._table.page(self._pk(shard), after=after, limit=limit).items]

    def shards(self) -> list[int]:
        """The shards that have entries."""
        found = overlap(lambda shard: self._table.page(self._pk(shard), limit=1).items, range(SHARDS))
        return [shard for shard, items in enumerate(found) if items]

    def taken_action(self, arrival: Arrival) -> dict[str, Any]:
        """Takes an entry away; part of a transaction."""
        return self._table.delete_action(*self._key(arrival), "attribute_exists(pk)")

    def take(self, arrivals: Iterable[Arrival]) -> None:
        """Takes entries away."""
        self._table.batch_write(deletes=[self._key(arrival) for arrival in arrivals])

    def clear(self, shard: int) -> None:
        """Takes all entries of a shard away."""
        pk = self._pk(shard)
        self._table.batch_write(deletes=[(pk, item["sk"]) for item in self._table.all(pk)])

    def _key(self, arrival: Arrival) -> Key:
        return self._pk(shard_of(arrival.endpoint_id)), arrival.key

    def _pk(self, shard: int) -> str:
        return f"{self._prefix}#{shard:02d}"


def _item(key: Key, arrival: Arrival, expires: int) -> Item:
    pk, sk = key
    return {
        "pk": pk,
        "sk": sk,
        "id": arrival.endpoint_id,
        "token": arrival.token,
        "member": arrival.member,
        "user": arrival.user,
        "expires": expires,
    }


def _arrival(item: Mapping[str, Any]) -> Arrival:
    at = int(item["sk"].partition("#")[0])
    return Arrival(item["id"], item["token"], at, member=item["member"], user=item["user"])
