"""Applying endpoint updates to a working set by Pinpoint's rules, and writing what changed in few transactions."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from handlers.engagement.store import endpoint_rules as rules
from handlers.engagement.store.former_owners import ACTIONS
from handlers.engagement.store.later_changes import is_newer, noted, without_newer
from handlers.engagement.store.working_set import State, Token, WorkingSet, address_name
from handlers.shared.addresses.normal_form import fingerprint
from handlers.shared.aws_errors import is_throttled
from handlers.shared.overlapped import overlap
from handlers.shared.tables import TRANSACTION_SIZE, TransactionCancelledError

SLACK = 8  # items that one update may touch beyond those foreseen (a displaced push endpoint and its owner)


class Group(NamedTuple):
    """Updates that share items (a user, an address) and so must be written together."""

    tokens: dict[Token, None]
    positions: list[int]


class Wave:
    """One round: some updates, the items that they touch, the transactions that write them.

    Args:
        derived: Ids that were derived from the address in the request: for an endpoint that exists, that address is not news.
        existing_only: What does not exist is passed over; an update without EndpointStatus keeps the one that is there.
        expected: By id, the fingerprint of the address without which an endpoint is passed over.
        since: Of an import, when it was asked for: what is newer stays as it is. "" = the updates are of now.
    """

    def __init__(
        self,
        working: WorkingSet,
        now: str,
        request_id: str,
        derived: Collection[str] = frozenset(),
        *,
        existing_only: bool = False,
        expected: Mapping[str, str] | None = None,
        since: str = "",
    ) -> None:
        self.working = working
        self.since = since
        self.expected = expected or {}
        self.derived = derived
        self.existing_only = existing_only
        self.now = now
        self.request_id = request_id
        self.errors: dict[int, str] = {}
        self.unknown: set[int] = set()
        self.changed: set[int] = set()
        self._group_of: dict[Token, Group] = {}

    def prepare(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Reads what the updates need: endpoints first, then the owners and users that these lead to."""
        self.working.load(("E", request["Id"].lower()) for request in requests)
        for _ in range(3):
            missing = [
                token for request in requests for token in self._foreseen(request) if token not in self.working.states
            ]
            if not missing:
                return
            self.working.load(missing)

    def apply(self, position: int, request: Mapping[str, Any]) -> bool:
        """Applies one update in memory. False: this round has no room for it.

        A refused update changes nothing; its reason is in `errors`. One that is passed over is in `unknown` or `changed`.
        """
        if self._passed_over(request):
            exists = self.working.state("E", request["Id"].lower()).document is not None
            (self.changed if exists else self.unknown).add(position)
            return True
        tokens = dict.fromkeys(self._foreseen(request))
        groups = {id(group): group for token in tokens if (group := self._group_of.get(token))}
        size = _actions_of(tokens.keys() | {token for group in groups.values() for token in group.tokens})
        if groups and size > TRANSACTION_SIZE - SLACK:
            return False
        try:
            touched = self._apply(request)
        except _RefusedError as refused:
            self.errors[position] = str(refused)
            return True
        joined = Group({}, [])
        for group in groups.values():
            joined.tokens.update(group.tokens)
            joined.positions.extend(group.positions)
        joined.tokens.update(tokens | dict.fromkeys(touched))
        joined.positions.append(position)
        for token in joined.tokens:
            self._group_of[token] = joined
        return True

    def write(self, isolated: set[int]) -> tuple[set[int], set[int]]:
        """Writes all changes. Returns the positions to try again and, among them, those that met another writer.

        Groups of `isolated` positions get a transaction of their own, so that they hold up nobody else.
        """
        packs: list[tuple[list[dict[str, Any]], list[Group]]] = []
        free: tuple[list[dict[str, Any]], list[Group]] = ([], [])
        for group in {id(group): group for group in self._group_of.values()}.values():
            actions = [
                action for token in group.tokens if self._changed(token) for action in self.working.actions(token)
            ]
            if not actions:
                continue
            if isolated.intersection(group.positions):
                packs.append((actions, [group] * len(actions)))
                continue
            if len(free[0]) + len(actions) > TRANSACTION_SIZE:
                packs.append(free)
                free = ([], [])
            free[0].extend(actions)
            free[1].extend([group] * len(actions))
        if free[0]:
            packs.append(free)
        again: set[int] = set()
        met: set[int] = set()
        for positions, hot in overlap(self._transact, packs):
            again |= positions
            met |= hot
        return again, met

    def _transact(self, pack: tuple[list[dict[str, Any]], list[Group]]) -> tuple[set[int], set[int]]:
        actions, groups = pack
        everyone = {position for group in groups for position in group.positions}
        try:
            self.working.table.transact(actions)
        except TransactionCancelledError as cancelled:
            return everyone, {position for at in cancelled.failed for position in groups[at].positions}
        except ClientError as error:
            if not is_throttled(error):
                raise
            return everyone, set()
        return set(), set()

    def _changed(self, token: Token) -> bool:
        state = self.working.states[token]
        existed = state.before is not None or state.revision > 0
        return state.dirty and (existed or state.document is not None)

    def _foreseen(self, request: Mapping[str, Any]) -> list[Token]:
        """The items that this update will read or write, as far as what is loaded tells."""
        request = self._news(request)
        key = request["Id"].lower()
        if self._passed_over(request):
            return [("E", key)]
        endpoint = self.working.loaded("E", key) or State(None, 0)
        document = endpoint.document or {}
        tokens: list[Token] = [("E", key)]
        target = _target(document, request)
        if endpoint.owned and target != endpoint.owned:
            tokens.append(("A", endpoint.owned))
        if target and target == endpoint.owned and request.get("OptOut") == "NONE" and document.get("OptOut") == "ALL":
            tokens.append(("A", target))
        if target and target != endpoint.owned:
            tokens.append(("A", target))
            owner = self.working.loaded("A", target)
            if owner and owner.document and owner.document["owner"] != key:
                tokens.append(("E", owner.document["owner"]))
        user = request.get("User") or {}
        before = document.get("User", {}).get("UserId")
        after = user.get("UserId") or before
        if after and (after != before or user.get("UserAttributes")):
            tokens.append(("U", after))
        if before and after != before:
            tokens.append(("U", before))
        return tokens

    def _news(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The request as one to the endpoint that exists: without an address that its id already stands for (the stored
        one may be a correction of it), without what is newer than the import that asks, and with its own status where
        only existing endpoints are updated."""
        endpoint = self.working.loaded("E", request["Id"].lower())
        if endpoint is None or endpoint.document is None:
            return request
        if self.existing_only and not request.get("EndpointStatus"):
            request = {**request, "EndpointStatus": endpoint.document["EndpointStatus"]}
        if self.since:
            request = without_newer(request, endpoint.document, endpoint.as_of, self.since)
        if request["Id"] in self.derived and endpoint.document.get("Address"):
            request = {name: value for name, value in request.items() if name != "Address"}
        return request

    def _passed_over(self, request: Mapping[str, Any]) -> bool:
        if not self.existing_only:
            return False
        document = self.working.state("E", request["Id"].lower()).document
        if document is None:
            return True
        expected = self.expected.get(request["Id"])
        return expected is not None and fingerprint(document.get("Address") or "") != expected

    def _apply(self, request: Mapping[str, Any]) -> list[Token]:
        request = self._news(request)
        key = request["Id"].lower()
        endpoint = self.working.state("E", key)
        document = rules.merge(endpoint.document, request, self.now, self.request_id)
        if self._opted_out(_target(endpoint.document or {}, request)):
            document["OptOut"] = "ALL"
        touched: list[Token] = [("E", key)]
        self._user(key, endpoint.document or {}, document, request.get("User") or {}, touched)
        self._address(key, endpoint, document, request, touched)
        self._note(endpoint, request, document)
        endpoint.document = document
        endpoint.dirty = True
        return touched

    def _note(self, state: State, request: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        """Notes as of when the update is, for imports that were asked for before."""
        status = (state.document or {}).get("EndpointStatus")
        more = ("EndpointStatus",) if status != document["EndpointStatus"] else ()
        state.as_of = noted(state.as_of, request, self.now, self.since or self.now, *more)

    def _opted_out(self, address: str) -> bool:
        """Whether the address that the endpoint owns after the update is opted out, as far as the update can matter: an
        endpoint that has the address already is ALL since the address was opted out, unless the update says NONE."""
        state = self.working.loaded("A", address) if address else None
        return state is not None and bool(state.opted_out)

    def _user(
        self,
        key: str,
        former: Mapping[str, Any],
        document: dict[str, Any],
        user: Mapping[str, Any],
        touched: list[Token],
    ) -> None:
        """Joins the endpoint to its user; checks the record's limits before anything changes."""
        mine = former.get("User", {})
        before, after = mine.get("UserId"), user.get("UserId") or mine.get("UserId")
        changes = {name: values for name, values in (user.get("UserAttributes") or {}).items() if values is not None}
        if after is None:
            attributes = {**mine.get("UserAttributes", {}), **changes}
            self._check(document, attributes)
            if attributes:
                document["User"] = {"UserAttributes": attributes}
            return
        if after == before and not changes:
            self._check(document, {})
            return
        state = self.working.state("U", after)
        shared = state.document or {"UserAttributes": {}, "Endpoints": []}
        attributes = {**mine.get("UserAttributes", {}), **shared["UserAttributes"], **changes}
        self._check(document, attributes)
        endpoints = list(shared["Endpoints"])
        if key not in endpoints:
            if len(endpoints) >= rules.USER_ENDPOINTS:
                self._displace(after, endpoints, document, touched)
            endpoints.append(key)
        joined = {"UserAttributes": attributes, "Endpoints": endpoints}
        # Unwritten, the user is not held to what was read either. Who is in it is: whoever takes an endpoint out writes that endpoint,
        # whose revision this update holds on to. What others make of its attributes meanwhile comes after this update, which left them.
        if joined != state.document:
            state.document = joined
            state.dirty = True
        touched.append(("U", after))
        document["User"] = {"UserId": after}
        if before and before != after:
            self._leave(before, key)
            touched.append(("U", before))

    def _check(self, document: Mapping[str, Any], user_attributes: Mapping[str, Any]) -> None:
        found = rules.record_problems(document, user_attributes)
        if found:
            raise _RefusedError("; ".join(found))

    def _displace(self, user_id: str, endpoints: list[str], document: Mapping[str, Any], touched: list[Token]) -> None:
        """Makes room at a user's 15 endpoints for a push endpoint: the oldest push endpoint leaves, as in Pinpoint."""
        candidates: list[tuple[str, str]] = []
        if document.get("ChannelType") in rules.PROVIDER_PUSH_TYPES:
            self.working.load(("E", key) for key in endpoints)
            for key in endpoints:
                other = self.working.state("E", key).document
                if other and other.get("ChannelType") in rules.PROVIDER_PUSH_TYPES:
                    candidates.append((other["EffectiveDate"], key))
        if not candidates:
            raise _RefusedError(
                f"user {user_id!r} has {len(endpoints)} endpoints; at most {rules.USER_ENDPOINTS} per user are allowed"
            )
        _, oldest = min(candidates)
        state = self.working.state("E", oldest)
        state.document = {**(state.document or {}), "EndpointStatus": "INACTIVE"}
        state.document.pop("User", None)
        state.dirty = True
        endpoints.remove(oldest)
        touched.append(("E", oldest))
        if state.owned:
            self._release(state, touched)

    def _leave(self, user_id: str, key: str) -> None:
        state = self.working.state("U", user_id)
        if state.document is None:
            return
        rest = [other for other in state.document["Endpoints"] if other != key]
        state.document = {**state.document, "Endpoints": rest} if rest else None
        state.dirty = True

    def _address(
        self, key: str, endpoint: State, document: dict[str, Any], request: Mapping[str, Any], touched: list[Token]
    ) -> None:
        """Takes over the address that the endpoint has now and gives up the one it had."""
        target = _target(endpoint.document or {}, request)
        same = _name(document)
        if document["EndpointStatus"] == "INACTIVE" and endpoint.owned == same:
            return
        if target == endpoint.owned:
            return
        if endpoint.owned:
            self._release(endpoint, touched)
        if not target:
            return
        owner = self.working.state("A", target)
        previous = (owner.document or {}).get("owner")
        if previous and previous != key:
            other = self.working.state("E", previous)
            if self.since and is_newer(other.as_of, self.since, "Address", "EndpointStatus"):
                document["EndpointStatus"] = "INACTIVE"
                return
            if other.document is not None:
                inactive = {**other.document, "EndpointStatus": "INACTIVE"}
                self._note(other, {}, inactive)
                other.document = inactive
                other.owned = ""
                other.dirty = True
                touched.append(("E", previous))
        owner.document = {"owner": key}
        owner.dirty = True
        endpoint.owned = target
        touched.append(("A", target))

    def _release(self, endpoint: State, touched: list[Token]) -> None:
        owner = self.working.state("A", endpoint.owned)
        owner.document = None
        owner.dirty = True
        touched.append(("A", endpoint.owned))
        endpoint.owned = ""


class _RefusedError(Exception):
    """The update breaks a rule that only the stored endpoint or user shows."""


def _actions_of(tokens: Collection[Token]) -> int:
    """How many actions the items of an update may take: an address has a former owner's, too."""
    return sum(1 + ACTIONS if kind == "A" else 1 for kind, _ in tokens)


def _name(document: Mapping[str, Any]) -> str:
    address = document.get("Address")
    return address_name(document.get("ChannelType"), address) if address else ""


def _target(document: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    """The address (as owner key) that the endpoint owns after the update; "" = none."""
    if request.get("EndpointStatus") == "INACTIVE":
        return ""
    merged = {name: request.get(name) or document.get(name) for name in ("Address", "ChannelType")}
    return _name(merged)
