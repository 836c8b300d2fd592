"""Which endpoints owned an address formerly, in the endpoints table: written by the transaction that takes the address from them.

A campaign's run asks for them: an address that changed hands while it goes on gets its message once (handlers/engagement/campaigns/address_owners.py).

| what | pk | sk |
|---|---|---|
| when an address was last left, epoch milliseconds: `last`; `expires` | `L#{app}#{shard}` | `D#{hash of the address}` |
| who left it in an hour: `o{hash of the endpoint}`: `{since when, epoch milliseconds} {endpoint id in lower case}`; `expires` | `L#{app}#{shard}` | `D#{hash of the address}#{hour}` |
| that there is such an item, to find it by the endpoint; `expires` | `L#{app}#{shard}` | `I#{hash of the endpoint}#{hash of the address}#{hour}` |

An hour is the number of hours since 1970, so an item ends growing. No item holds an address.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Key, Table

KEPT_SECONDS = 90 * 24 * 3600
"""As long as a run's ledger is kept: while it may be resumed."""
ACTIONS = 3
"""Actions that a note is of a transaction."""
HOUR = 3600 * 1000
WRITING = 15 * 60 * 1000
"""How long a function may take to write what it stamped, in milliseconds: the last stamp of an address may be older than one before."""
OWNER = "o"


class Former(NamedTuple):
    """id: of an endpoint, in lower case. left: when its address was taken from it, in epoch milliseconds, or up to 15 minutes before."""

    id: str
    left: int


class Owners(NamedTuple):
    """current: the endpoint that owns an address now, in lower case; several where it was one of them in an earlier release's form."""

    current: Sequence[str]
    former: Sequence[Former]


class FormerOwners:
    """The former owners of addresses of one application. Addresses are meant by the names of their owner items (`address_name`)."""

    def __init__(self, table: Table, application_id: str) -> None:
        self._table = table
        self._application_id = application_id

    def left(self, name: str, endpoint: str, moment: int) -> list[dict[str, Any]]:
        """Notes that an endpoint leaves an address; `ACTIONS` actions of a transaction. moment: epoch milliseconds."""
        address, who, hour = _hash(name), _hash(endpoint), moment // HOUR
        expires = {"expires": moment // 1000 + KEPT_SECONDS}
        notes: dict[Key, dict[str, Any]] = {
            self._by_address(address): {"last": moment},
            self._by_address(address, hour): {f"{OWNER}{who}": f"{moment} {endpoint}"},
            self._by_endpoint(who, f"{address}#{hour}"): {},
        }
        return [self._table.set_action(*key, values | expires) for key, values in notes.items()]

    def since(self, names: Collection[str], since: int, now: int) -> dict[str, list[Former]]:
        """Who left addresses since a moment, by the addresses' names. Times are epoch milliseconds."""
        addresses = {name: _hash(name) for name in names}
        last = self._table.batch_get(self._by_address(address) for address in addresses.values())
        hours = range(since // HOUR, (now + WRITING) // HOUR + 1)  # others' clocks may be ahead
        keys = {
            name: [self._by_address(address, hour) for hour in hours]
            for name, address in addresses.items()
            if (note := last.get(self._by_address(address))) and note["last"] >= since - WRITING
        }
        found = self._table.batch_get(key for wanted in keys.values() for key in wanted)
        return {
            name: [one for key in keys.get(name, ()) for one in _former(found.get(key, {})) if one.left >= since]
            for name in names
        }

    def forget(self, ids: Sequence[str]) -> int:
        """Forgets which addresses endpoints left. Returns how many such notes there were."""
        return sum(overlap(self._forget, list(dict.fromkeys(identifier.lower() for identifier in ids))))

    def _forget(self, endpoint: str) -> int:
        who = _hash(endpoint)
        pk, prefix = self._by_endpoint(who, "")
        notes = list(self._table.all(pk, prefix=prefix))
        for note in notes:
            address, _, hour = note["sk"].removeprefix(prefix).partition("#")
            noted = self._by_address(address, int(hour))
            self._table.update(*noted, "REMOVE #o", {}, names={"#o": f"{OWNER}{who}"}, condition="attribute_exists(pk)")
            self._forget_address(address)
            self._table.delete(pk, note["sk"])
        return len(notes)

    def _forget_address(self, address: str) -> None:
        """Deletes what is held of an address that nobody is known to have left."""
        pk, sk = self._by_address(address)
        items = list(self._table.all(pk, prefix=sk))
        if not any(name.startswith(OWNER) for item in items for name in item):
            for item in items:
                unchanged = {":expires": item["expires"]}
                self._table.delete(pk, item["sk"], condition="expires = :expires", values=unchanged)

    def _by_address(self, address: str, hour: int | None = None) -> Key:
        sk = f"D#{address}" if hour is None else f"D#{address}#{hour}"
        return f"L#{self._application_id}#{shard_of(address):02d}", sk

    def _by_endpoint(self, who: str, rest: str) -> Key:
        return f"L#{self._application_id}#{shard_of(who):02d}", f"I#{who}#{rest}"


def _hash(name: str) -> str:
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()


def _former(item: Item) -> Iterator[Former]:
    for name, value in item.items():
        if name.startswith(OWNER):
            left, _, endpoint = value.partition(" ")
            yield Former(endpoint, int(left))
