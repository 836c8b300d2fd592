"""The items that a batch of endpoint updates reads and writes, in memory: endpoints, owners of addresses, users.

Every address of an active endpoint has one owner item. An endpoint that is active and has that address owns it
(`owned`); whoever takes it over makes the former owner INACTIVE. So an update that leaves the address alone needs
neither to read nor to write the owner item: a takeover would have changed the endpoint's revision.
"""

import hashlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from handlers.engagement.store import later_changes
from handlers.engagement.store.endpoint_rules import to_json
from handlers.engagement.store.former_owners import FormerOwners
from handlers.engagement.store.shards import shard_of
from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.attribute_values import Item
from handlers.shared.tables import Key, Table

Kind = Literal["E", "A", "U"]
Token = tuple[Kind, str]
LONG_ADDRESS = 400  # bytes; longer addresses (push tokens) are keyed by their hash


@dataclass(eq=False, repr=False)
class State:
    """One item: `document` None = there is none. `revision` and `before` are what the table had.

    opted_out: since when the address is opted out, as the table had it; "" = it is not. as_of: of an endpoint, as of when
    its members are (`later_changes.py`).
    """

    document: dict[str, Any] | None
    revision: int
    owned: str = ""
    before: str | None = None
    opted_out: str = ""
    as_of: dict[str, str] = field(default_factory=dict)
    dirty: bool = False


@dataclass(eq=False, repr=False)
class WorkingSet:
    """Loads items on demand and turns changed ones into conditional writes.

    A document is: for "E" the endpoint, for "U" `{"UserAttributes": {...}, "Endpoints": [keys]}`, for "A"
    `{"owner": endpoint key}`. An opted out address has an item without an owner too: its opt-out outlives endpoints.
    """

    table: Table
    application_id: str
    states: dict[Token, State] = field(default_factory=dict)
    began: int = field(default_factory=lambda: int(time.time() * 1000))

    def load(self, tokens: Iterable[Token]) -> None:
        """Reads those not read yet (100 keys a call)."""
        wanted = {self.key(token): token for token in tokens if token not in self.states}
        if not wanted:
            return
        found = self.table.batch_get(wanted)
        for key, token in wanted.items():
            self.states[token] = _state(token, found.get(key))

    def state(self, kind: Kind, name: str) -> State:
        """One item, read if it was not yet."""
        token: Token = (kind, name)
        if token not in self.states:
            self.load([token])
        return self.states[token]

    def loaded(self, kind: Kind, name: str) -> State | None:
        """One item if it was read."""
        return self.states.get((kind, name))

    def key(self, token: Token) -> Key:
        """The table key of an item."""
        return item_key(self.application_id, *token)

    def actions(self, token: Token) -> list[dict[str, Any]]:
        """The conditional write of a changed item, for a transaction; with it, that an endpoint does not own an address any more."""
        state = self.states[token]
        owner = (state.document or {}).get("owner")
        if token[0] != "A" or state.before is None or state.before == owner:
            return [self._action(token)]
        former = FormerOwners(self.table, self.application_id)
        return [self._action(token), *former.left(token[1], state.before, self.began)]

    def _action(self, token: Token) -> dict[str, Any]:
        state = self.states[token]
        pk, sk = self.key(token)
        kind = token[0]
        if kind == "A":
            return self._address_action(pk, sk, state)
        values = {":seen": state.revision} if state.revision else None
        condition = "revision = :seen" if state.revision else "attribute_not_exists(pk)"
        if state.document is None:
            return self.table.delete_action(pk, sk, condition, values)
        item: Item = {"pk": pk, "sk": sk, "revision": state.revision + 1, "doc": to_json(state.document)}
        if kind == "E":
            item |= self._indexed(state)
        return self.table.put_action(item, condition, values)

    def _address_action(self, pk: str, sk: str, state: State) -> dict[str, Any]:
        values = {":before": state.before, ":since": state.opted_out or None}
        condition = "attribute_not_exists(#owner)" if state.before is None else "#owner = :before"
        condition += " AND opted_out = :since" if state.opted_out else " AND attribute_not_exists(opted_out)"
        given = {name: value for name, value in values.items() if value is not None} or None
        if state.document is None and not state.opted_out:
            action = self.table.delete_action(pk, sk, condition, given)
        else:
            owner = (state.document or {}).get("owner")
            item = {"pk": pk, "sk": sk, "owner": owner, "opted_out": state.opted_out or None}
            action = self.table.put_action(item, condition, given)
        next(iter(action.values()))["ExpressionAttributeNames"] = {"#owner": "owner"}
        return action

    def _indexed(self, state: State) -> Item:
        document = state.document or {}
        indexed: Item = {}
        if state.owned:
            indexed["owned"] = state.owned
        if state.as_of:
            indexed["as_of"] = later_changes.stored(state.as_of)
        if document.get("Address"):
            channel_type, address = document.get("ChannelType"), document["Address"]
            indexed["address_key"] = address_key(self.application_id, channel_type, address)
        return indexed


def item_key(application_id: str, kind: Kind, name: str) -> Key:
    """(pk, sk) of an endpoint (name: id in lower case), an address owner (`address_name`) or a user (user id)."""
    return f"{kind}#{application_id}#{shard_of(name):02d}", name


def address_name(channel_type: str | None, address: str) -> str:
    """The sort key of an address's owner: `{channel type}#{normal form}`, with the hash of a long one."""
    return owner_name(channel_type, normal_form(channel_type, address))


def address_key(application_id: str, channel_type: str | None, address: str) -> str:
    """What an endpoint with this address is found by in index addresses."""
    return index_key(application_id, channel_type, normal_form(channel_type, address))


def index_key(application_id: str, channel_type: str | None, form: str) -> str:
    """The key in index addresses for one form of an address."""
    return f"{application_id}#{owner_name(channel_type, form)}"


def owner_name(channel_type: str | None, address: str) -> str:
    """The sort key of the owner of an address that is in its normal form, or was in an earlier release's."""
    if len(address.encode()) > LONG_ADDRESS:
        address = "sha256:" + hashlib.sha256(address.encode()).hexdigest()
    return f"{channel_type or '-'}#{address}"


def _state(token: Token, item: Item | None) -> State:
    if item is None:
        return State(None, 0)
    if token[0] == "A":
        owner = item.get("owner")
        return State({"owner": owner} if owner else None, 0, before=owner, opted_out=item.get("opted_out", ""))
    as_of = later_changes.read(item["as_of"]) if "as_of" in item else {}
    return State(json.loads(item["doc"]), item["revision"], owned=item.get("owned", ""), as_of=as_of)
