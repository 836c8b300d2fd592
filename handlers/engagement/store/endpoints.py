"""The endpoints of one application: upsert in batches, read, delete, scan.

Layout of the endpoints table (pk, sk): endpoint `E#{app}#{shard}`, id in lower case; owner of an address
`A#{app}#{shard}`, `{channel type}#{normal form of the address}` (`opted_out`: since when the address is, with an owner or without); user `U#{app}#{shard}`, user id (shared UserAttributes, endpoint keys).
An endpoint is one JSON document; indexed beside it is `address_key` (channel type and normal form).
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from handlers.engagement.identifiers import new_id, now
from handlers.engagement.store import endpoint_rules as rules
from handlers.engagement.store.address_opt_outs import AddressOptOuts, OptedOut
from handlers.engagement.store.former_owners import FormerOwners, Owners
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS, cohort_of
from handlers.engagement.store.upserts import Wave
from handlers.engagement.store.working_set import State, Token, WorkingSet, index_key, item_key, owner_name
from handlers.shared.addresses.normal_form import fingerprint, forms, normal_form
from handlers.shared.backoff import backoff
from handlers.shared.overlapped import overlap
from handlers.shared.tables import GET_SIZE, TransactionCancelledError

ATTEMPTS = 12
ADDRESSES = "addresses"


class UpsertResult(NamedTuple):
    """What became of one item. `error` is None when stored; `retryable`: trying again may help; `unknown`, `changed`:
    passed over, as there is no such endpoint, or as it has another address than expected."""

    id: str
    error: str | None = None
    retryable: bool = False
    unknown: bool = False
    changed: bool = False


class EndpointPage(NamedTuple):
    """EndpointResponse dicts of a shard; `last`: key to go on after (None: that was all)."""

    endpoints: list[dict[str, Any]]
    last: str | None


class EndpointStore:
    """The endpoints of one application.

    Args:
        tables: The service's tables.
        application_id: The application.
        refused: What RemoveAttributes refused; default: read from the registry at the first upsert.
    """

    def __init__(
        self, tables: Tables, application_id: str, refused: Callable[[], Mapping[str, list[str]]] | None = None
    ) -> None:
        self.table = tables.endpoints
        self.application_id = application_id
        self._opt_outs = AddressOptOuts(self.table, application_id)
        self._refused = refused or cache(lambda: Apps(tables.registry).refused_attributes(application_id))

    def upsert(
        self,
        items: Sequence[Mapping[str, Any]],
        *,
        request_id: str | None = None,
        derived: Collection[str] = frozenset(),
        existing_only: bool = False,
        expected: Mapping[str, str] | None = None,
        since: str = "",
    ) -> list[UpsertResult]:
        """Creates or updates endpoints from EndpointBatchItem dicts, in order, any number. One result for each.

        A bad item stops no other; ids that occur twice merge in order. Each endpoint changes atomically together with
        its user and its address, whoever else writes. `derived` are ids that were made from the item's address: that address
        counts when the endpoint is new, and leaves the address of one that exists alone. `existing_only`: endpoints that do not exist are passed over, and an item without
        EndpointStatus leaves it, and so the owner of the address, as it is. `expected`: by id, the fingerprint of the address that an endpoint must
        still have; otherwise its items are passed over. `since`: as of when the items are (ISO 8601), if not now:
        members that are newer stay as they are. Per 100 items: one BatchGetItem for endpoints (another where an
        address or a user is new to one), and one TransactWriteItems for 100 changed table items.
        """
        request_id = request_id or new_id()
        refused = self._refused()
        results: list[UpsertResult] = []
        for start in range(0, len(items), GET_SIZE):
            batch = items[start : start + GET_SIZE]
            results += self._upsert_batch(
                batch, request_id, refused, derived, existing_only=existing_only, expected=expected or {}, since=since
            )
        return results

    def _upsert_batch(
        self,
        items: Sequence[Mapping[str, Any]],
        request_id: str,
        refused: Mapping[str, list[str]],
        derived: Collection[str],
        *,
        existing_only: bool,
        expected: Mapping[str, str],
        since: str,
    ) -> list[UpsertResult]:
        results = [UpsertResult(str(item.get("Id"))) for item in items]
        pending: list[int] = []
        for position, item in enumerate(items):
            found = rules.problems(item)
            if found:
                results[position] = UpsertResult(str(item.get("Id")), "; ".join(found))
            else:
                pending.append(position)
        requests = [rules.trimmed_address(rules.without_refused(item, refused)) for item in items]
        met: set[int] = set()
        attempt = 0
        while pending:
            if attempt:
                backoff(min(attempt, 5))
            working = WorkingSet(self.table, self.application_id)
            wave = Wave(
                working, now(), request_id, derived, existing_only=existing_only, expected=expected, since=since
            )
            wave.prepare([requests[position] for position in pending])
            later: list[int] = []
            for at, position in enumerate(pending):
                if not wave.apply(position, requests[position]):
                    later = pending[at:]
                    break
            again, hot = wave.write(met)
            for position, reason in wave.errors.items():
                results[position] = UpsertResult(results[position].id, reason)
            for position in wave.unknown:
                results[position] = UpsertResult(results[position].id, unknown=True)
            for position in wave.changed:
                results[position] = UpsertResult(results[position].id, changed=True)
            met |= hot
            attempt = attempt + 1 if again else 0
            pending = sorted([*again, *later])
            if attempt >= ATTEMPTS:
                for position in pending:
                    reason = f"changed by others {ATTEMPTS} times in a row: try again"
                    results[position] = UpsertResult(results[position].id, reason, retryable=True)
                break
        return results

    def get(self, ids: Iterable[str], *, users: bool = True) -> dict[str, dict[str, Any]]:
        """EndpointResponse dicts of those that exist, by id as given; user attributes joined unless `users` is False."""
        keys = {identifier: item_key(self.application_id, "E", identifier.lower()) for identifier in ids}
        found = self.table.batch_get(keys.values())
        documents = {key: json.loads(item["doc"]) for key, item in found.items()}
        if users:
            documents = dict(zip(documents, self._joined(list(documents.values())), strict=True))
        else:
            documents = {key: self._response(document) for key, document in documents.items()}
        return {identifier: documents[key] for identifier, key in keys.items() if key in documents}

    def by_user(self, user_id: str) -> list[dict[str, Any]]:
        """The user's endpoints (at most 15)."""
        return self.by_users([user_id])[user_id]

    def by_users(self, user_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """The endpoints of each user, by user id: one BatchGetItem for 100 users, and one for 100 endpoints."""
        keys = {user_id: item_key(self.application_id, "U", user_id) for user_id in user_ids}
        found = self.table.batch_get(keys.values())
        users = {user_id: json.loads(found[key]["doc"]) for user_id, key in keys.items() if key in found}
        endpoints = self.get({id_ for user in users.values() for id_ in user["Endpoints"]}, users=False)
        return {
            user_id: [
                _with_user(endpoints[id_], users)
                for id_ in users.get(user_id, {}).get("Endpoints", ())
                if id_ in endpoints
            ]
            for user_id in keys
        }

    def by_address(self, channel_type: str, addresses: Sequence[str]) -> list[dict[str, Any]]:
        """EndpointResponse dicts, without user attributes, of those that have one of the addresses now.

        Addresses are compared by their normal form. One query of an eventually consistent index for each address (and each
        form that an earlier release had for it); what it finds is read consistently, so an endpoint whose address has changed since is left out, one from a moment ago may be.
        """
        wanted = {normal_form(channel_type, address) for address in addresses}
        keys = {
            index_key(self.application_id, channel_type, form)
            for address in addresses
            for form in forms(channel_type, address)
        }
        ids = {
            identifier
            for found in overlap(lambda key: self.table.index_keys(ADDRESSES, "address_key", key), sorted(keys))
            for _, identifier in found
        }
        endpoints = self.get(sorted(ids), users=False).values()
        return [
            endpoint
            for endpoint in endpoints
            if endpoint.get("Address")
            and endpoint.get("ChannelType") == channel_type
            and normal_form(channel_type, endpoint["Address"]) in wanted
        ]

    def owners(self, addresses: Collection[tuple[str, str]], since: int) -> dict[tuple[str, str], Owners]:
        """Who owns addresses, and who was taken them from since a moment (epoch milliseconds), by (channel type, address).

        Two rounds of BatchGetItem, 100 addresses a call; whoever was taken an address from before the current owner was read is there.
        """
        names = {each: [owner_name(each[0], form) for form in forms(*each)] for each in addresses}
        every = list(dict.fromkeys(name for found in names.values() for name in found))
        keys = {name: item_key(self.application_id, "A", name) for name in every}
        items = self.table.batch_get(keys.values())
        former = FormerOwners(self.table, self.application_id).since(every, since, int(time.time() * 1000))
        return {
            each: Owners(
                [owner for name in found if (owner := items.get(keys[name], {}).get("owner"))],
                [one for name in found for one in former[name]],
            )
            for each, found in names.items()
        }

    def opt_out_addresses(
        self, channel_type: str, addresses: Mapping[str, bool], request_id: str | None = None, *, by: str = ""
    ) -> list[UpsertResult]:
        """Opts addresses out (True) or in again (False), and sets OptOut of every endpoint that has one of them.

        The address itself remembers it, and who asked (`by`) first: an endpoint that takes it later, by whatever way, is OptOut ALL
        until the address is opted in again. One result for each endpoint that was changed. Doing it again changes nothing.
        """
        owners = self._opt_outs.remember(channel_type, addresses, by)
        found = {endpoint["Id"].lower(): endpoint for endpoint in self.by_address(channel_type, list(addresses))}
        found |= {endpoint["Id"].lower(): endpoint for endpoint in self.get(owners, users=False).values()}
        wanted = {normal_form(channel_type, address): "ALL" if out else "NONE" for address, out in addresses.items()}
        items: list[dict[str, Any]] = []
        expected: dict[str, str] = {}
        for endpoint in found.values():
            opt_out = wanted.get(normal_form(channel_type, endpoint.get("Address") or ""))
            if opt_out and endpoint.get("OptOut") != opt_out:
                items.append({"Id": endpoint["Id"], "OptOut": opt_out})
                expected[endpoint["Id"]] = fingerprint(endpoint["Address"])
        return self.upsert(items, request_id=request_id, existing_only=True, expected=expected) if items else []

    def opted_out(self, channel_type: str, addresses: Sequence[str]) -> list[OptedOut]:
        """Those of the addresses that are opted out."""
        return self._opt_outs.of(channel_type, addresses)

    def opted_out_among(self, addresses: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Those of the addresses (channel type, address) that are opted out by themselves, whoever has them."""
        return self._opt_outs.among(addresses)

    def opted_out_page(self, token: str) -> tuple[list[OptedOut], str]:
        """A page of all addresses that are opted out, and the token of the next one; "" at the end."""
        return self._opt_outs.page(token)

    def delete(self, identifier: str) -> dict[str, Any] | None:
        """Deletes an endpoint, its hold on its address and, with the user's last endpoint, the user. None: there is none.

        Raises:
            TransactionCancelledError: other writers came between 12 times.
        """
        key = identifier.lower()
        for attempt in range(ATTEMPTS):
            working = WorkingSet(self.table, self.application_id)
            endpoint = working.state("E", key)
            if endpoint.document is None:
                return None
            response = self._joined([endpoint.document])[0]
            user_id = endpoint.document.get("User", {}).get("UserId")
            tokens: list[Token] = [("E", key)]
            if endpoint.owned:
                tokens.append(("A", endpoint.owned))
            if user_id:
                tokens.append(("U", user_id))
            working.load(tokens)
            if user_id:
                user = working.state("U", user_id)
                rest = [other for other in (user.document or {"Endpoints": []})["Endpoints"] if other != key]
                user.document = {**(user.document or {}), "Endpoints": rest} if rest else None
            if endpoint.owned:
                working.state("A", endpoint.owned).document = None
            endpoint.document = None
            actions = [
                action for token, state in working.states.items() if _exists(state) for action in working.actions(token)
            ]
            try:
                self.table.transact(actions)
            except TransactionCancelledError:
                if attempt == ATTEMPTS - 1:
                    raise
                backoff(attempt)
                continue
            return response
        return None

    def delete_user(self, user_id: str) -> list[dict[str, Any]]:
        """Deletes all endpoints of a user, and so the user. Returns the endpoints deleted."""
        deleted = [self.delete(endpoint["Id"]) for endpoint in self.by_user(user_id)]
        return [endpoint for endpoint in deleted if endpoint is not None]

    def scan(self, shard: int, after: str | None, limit: int) -> EndpointPage:
        """One page of a shard's endpoints, in order of their keys."""
        page = self.documents(shard, after, limit)
        return EndpointPage(self.join(page.endpoints), page.last)

    def documents(self, shard: int, after: str | None, limit: int, *, consistent: bool = False) -> EndpointPage:
        """As `scan`, but without user attributes: `join` adds them (to fewer, where most are filtered out).

        consistent: every update that was acknowledged before is in it, at twice the price.
        """
        page = self.table.page(self.shard(shard), after=after, limit=limit, consistent=consistent)
        return EndpointPage([self._response(json.loads(item["doc"])) for item in page.items], page.last)

    def join(self, endpoints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Adds the shared attributes of users to endpoints from `documents`."""
        return self._joined(endpoints)

    def estimate(self, per_shard: int) -> int:
        """About how many endpoints there are: counts up to `per_shard` in each shard, so exact below that."""
        return sum(overlap(lambda shard: self.table.count(self.shard(shard), per_shard), range(SHARDS)))

    def shard(self, number: int) -> str:
        """The partition of a shard's endpoints."""
        return f"E#{self.application_id}#{number:02d}"

    def _response(self, document: dict[str, Any]) -> dict[str, Any]:
        document["ApplicationId"] = self.application_id
        document["CohortId"] = cohort_of(self.application_id, document["Id"])
        return document

    def _joined(self, documents: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        user_ids = {user_id for document in documents if (user_id := document.get("User", {}).get("UserId"))}
        keys = {user_id: item_key(self.application_id, "U", user_id) for user_id in user_ids}
        found = self.table.batch_get(keys.values()) if keys else {}
        users = {user_id: json.loads(found[key]["doc"]) for user_id, key in keys.items() if key in found}
        return [_with_user(self._response(dict(document)), users) for document in documents]


def _with_user(endpoint: dict[str, Any], users: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The endpoint with the attributes that it shares with its user's others."""
    user_id = endpoint.get("User", {}).get("UserId")
    if user_id and users.get(user_id, {}).get("UserAttributes"):
        endpoint["User"] = {"UserId": user_id, "UserAttributes": users[user_id]["UserAttributes"]}
    return endpoint


def _exists(state: State) -> bool:
    return state.before is not None or state.revision > 0
