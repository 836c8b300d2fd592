"""Addresses that are opted out themselves, in the endpoints table beside their owners: item `A`, attribute `opted_out`.

Its value is the time since when, and behind a space who asked for it, where that is known. A writer of the item compares the value as
a whole, so the two never part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import now
from handlers.engagement.store.shards import SHARDS
from handlers.engagement.store.working_set import address_name, item_key
from handlers.shared.attribute_values import Item
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Table

PAGE = 1000


class OptedOut(NamedTuple):
    """since: ISO 8601. by: who asked; "" where nobody said. address: in its normal form; a very long one as its hash."""

    channel_type: str
    address: str
    since: str
    by: str

    def public(self) -> dict[str, str]:
        """As the API shows it."""
        who = {"By": self.by} if self.by else {}
        return {"ChannelType": self.channel_type, "Address": self.address, "Since": self.since, **who}


class AddressOptOuts:
    """The opted-out addresses of one application."""

    def __init__(self, table: Table, application_id: str) -> None:
        self.table = table
        self.application_id = application_id

    def remember(self, channel_type: str, addresses: Mapping[str, bool], by: str) -> list[str]:
        """Notes addresses as out (True) or in (False); one that is out keeps its time. Returns the keys of their owners."""
        keys = {
            address: item_key(self.application_id, "A", address_name(channel_type, address)) for address in addresses
        }
        mark = f"{now()} {by}".rstrip()
        overlap(lambda address: self._remember(*keys[address], mark if addresses[address] else ""), list(addresses))
        return [item["owner"] for item in self.table.batch_get(keys.values()).values() if item.get("owner")]

    def of(self, channel_type: str, addresses: Sequence[str]) -> list[OptedOut]:
        """Those of the addresses that are out."""
        keys = [item_key(self.application_id, "A", address_name(channel_type, address)) for address in addresses]
        return _read(list(self.table.batch_get(dict.fromkeys(keys)).values()))

    def among(self, addresses: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the addresses, each with its channel type before it, that are out."""
        keys = {each: item_key(self.application_id, "A", address_name(*each)) for each in addresses if each[1]}
        found = self.table.batch_get(keys.values())
        return {each for each, key in keys.items() if found.get(key, {}).get("opted_out")}

    def page(self, token: str) -> tuple[list[OptedOut], str]:
        """A page of all that are out, and the token of the next one; "" at the end. Raises BadRequestError."""
        shard_text, _, after = token.partition("#")
        if token and not (re.fullmatch("[0-9]{1,4}", shard_text) and int(shard_text) < SHARDS):
            raise BadRequestError(f"Token is {token[:60]!r}, which is none of this list's")
        shard = int(shard_text or 0)
        found = self.table.page(f"A#{self.application_id}#{shard:02d}", after=after or None, limit=PAGE)
        if found.last is not None:
            return _read(found.items), f"{shard}#{found.last}"
        return _read(found.items), f"{shard + 1}#" if shard + 1 < SHARDS else ""

    def _remember(self, pk: str, sk: str, mark: str) -> None:
        if mark:
            self.table.update(pk, sk, "SET opted_out = if_not_exists(opted_out, :mark)", {":mark": mark})
        elif self.table.update(pk, sk, "REMOVE opted_out", {}, condition="attribute_exists(opted_out)"):
            unused = "attribute_not_exists(#owner) AND attribute_not_exists(opted_out)"
            self.table.delete(pk, sk, condition=unused, names={"#owner": "owner"})


def _read(items: Sequence[Item] | Sequence[dict[str, Any]]) -> list[OptedOut]:
    found = []
    for item in items:
        if item.get("opted_out"):
            channel_type, _, address = item["sk"].partition("#")
            since, _, by = item["opted_out"].partition(" ")
            found.append(OptedOut(channel_type, address, since, by))
    return found
