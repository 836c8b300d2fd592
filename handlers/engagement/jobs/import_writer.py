"""Writing the rows of an import into the stores: endpoints, and the members of the segment that the job defines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.identifiers import now
from handlers.engagement.jobs.rows import ID_LENGTH, earlier_endpoint_id, endpoint_id
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.shards import cohort_of
from handlers.shared.addresses.normal_form import is_normal
from handlers.shared.records.endpoint_columns import RowError


class Row(NamedTuple):
    """A row that was read: its line and the endpoint, or the user ids, that it names."""

    line: int
    endpoint: dict[str, Any]
    users: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """What became of a batch of rows. failures: (line, what was wrong). opted_out: good rows that opt their endpoint out."""

    good: int
    channels: Counter[str]
    failures: list[tuple[int, str]]
    opted_out: int = 0


class ImportWriter:
    """Writes batches of rows. Writing a batch again changes nothing, so a step may be retried.

    Args:
        segment: (id, version) of the segment whose members the rows become, or None.
        register: Whether endpoints are stored; otherwise the segment's members carry them.
        since: When the job was created. What is newer stays as it is, however late or often a row is written.
    """

    def __init__(
        self,
        application_id: str,
        endpoints: EndpointStore,
        members: MemberStore,
        segment: tuple[str, int] | None,
        *,
        register: bool,
        since: str,
    ) -> None:
        self.application_id = application_id
        self.endpoints = endpoints
        self.members = members
        self.segment = segment
        self.register = register
        self.since = since

    def check(self, endpoint: dict[str, Any]) -> None:
        """Gives an endpoint that has none its id. Raises RowError where it lacks what a new endpoint needs."""
        if "Id" in endpoint:
            return
        for name in ("ChannelType", "Address"):
            if name not in endpoint:
                raise RowError(f"{name} is missing (a row without Id needs ChannelType and Address)")
        endpoint["Id"] = endpoint_id(self.application_id, endpoint)

    def write(self, rows: Sequence[Row]) -> Outcome:
        """Stores the rows. A bad one is reported and stops no other. One with an Id alone names a member: it changes
        nothing of its endpoint, whose status and address stay as they are."""
        failures: list[tuple[int, str]] = []
        self._keep_earlier_ids(rows)
        known = self._known(rows)
        fit = [row for row in rows if not row.users]
        for row in [row for row in fit if _is_partial(row.endpoint) and row.endpoint["Id"] not in known]:
            missing = "Address" if "Address" not in row.endpoint else "ChannelType"
            failures.append((row.line, f"{missing} is missing, and there is no endpoint yet with this Id"))
        fit = [row for row in fit if not _is_partial(row.endpoint) or row.endpoint["Id"] in known]
        changing = [row for row in fit if len(row.endpoint) > 1]
        if self.register and changing:
            endpoints = [row.endpoint for row in changing]
            results = self.endpoints.upsert(endpoints, derived=self._derived(changing), since=self.since)
            if any(result.retryable for result in results):
                raise TimeoutError(f"{sum(result.retryable for result in results)} endpoints stay contended")
            errors = {row.line: result.error for row, result in zip(changing, results, strict=True) if result.error}
            failures += errors.items()
            fit = [row for row in fit if row.line not in errors]
        users, channels, missing_users = self._users(rows)
        failures += missing_users
        seen = {row.endpoint["Id"].lower(): row.endpoint for row in fit}
        for identifier, endpoint in seen.items():
            channel = endpoint.get("ChannelType") or known.get(identifier, known.get(endpoint["Id"], {})).get(
                "ChannelType"
            )
            channels[channel or "UNKNOWN"] += 1
        if self.segment:
            carried = None if self.register else {row.endpoint["Id"]: self._carried(row.endpoint, known) for row in fit}
            ids = [row.endpoint["Id"] for row in fit] + [identifier for ids in users.values() for identifier in ids]
            if ids:
                self.members.put(*self.segment, ids, carried)
        opted_out = sum(row.endpoint.get("OptOut") == "ALL" for row in fit)
        return Outcome(len(fit) + len(users), channels, failures, opted_out)

    def _keep_earlier_ids(self, rows: Sequence[Row]) -> None:
        """Gives rows without an id of their own the id that an earlier release made for the address as it is written,
        where an endpoint has it: it holds what is known of the person, as an opt-out."""
        earlier: dict[int, str] = {}
        for at, row in enumerate(rows):
            if (
                row.users
                or _is_partial(row.endpoint)
                or is_normal(row.endpoint["ChannelType"], row.endpoint["Address"])
            ):
                continue
            if row.endpoint["Id"] == endpoint_id(self.application_id, row.endpoint):
                earlier[at] = earlier_endpoint_id(self.application_id, row.endpoint)
        stored = self.endpoints.get(earlier.values(), users=False) if earlier else {}
        for at, identifier in earlier.items():
            if identifier in stored:
                rows[at].endpoint["Id"] = identifier

    def _derived(self, rows: Sequence[Row]) -> frozenset[str]:
        """The ids that stand for the row's address."""
        return frozenset(row.endpoint["Id"] for row in rows if self._is_derived(row.endpoint))

    def _is_derived(self, endpoint: Mapping[str, Any]) -> bool:
        if _is_partial(endpoint) or len(endpoint["Id"]) != ID_LENGTH:
            return False
        return endpoint["Id"] in (
            endpoint_id(self.application_id, endpoint),
            earlier_endpoint_id(self.application_id, endpoint),
        )

    def _known(self, rows: Sequence[Row]) -> Mapping[str, dict[str, Any]]:
        """The stored endpoints of those rows that do not say all that an endpoint needs."""
        partial = [row.endpoint["Id"] for row in rows if not row.users and _is_partial(row.endpoint)]
        return self.endpoints.get(partial) if partial else {}

    def _users(self, rows: Sequence[Row]) -> tuple[dict[int, list[str]], Counter[str], list[tuple[int, str]]]:
        """Line -> endpoint ids of the users that it names; endpoints by channel; lines whose users have no endpoint."""
        asked = [row for row in rows if row.users]
        if not asked:
            return {}, Counter(), []
        distinct = list(dict.fromkeys(user for row in asked for user in row.users))
        found = self.endpoints.by_users(distinct)
        users: dict[int, list[str]] = {}
        channels: Counter[str] = Counter()
        failures: list[tuple[int, str]] = []
        for endpoints in found.values():
            channels.update(endpoint.get("ChannelType", "UNKNOWN") for endpoint in endpoints)
        for row in asked:
            ids = [endpoint["Id"] for user in row.users for endpoint in found[user]]
            without = sum(not found[user] for user in row.users)
            if without:
                failures.append((row.line, f"names {without} user id(s) that no endpoint has"))
            if ids:
                users[row.line] = ids
        return users, channels, failures

    def _carried(self, endpoint: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        moment = now()
        return {
            "ApplicationId": self.application_id,
            "CohortId": cohort_of(self.application_id, endpoint["Id"]),
            "EndpointStatus": "ACTIVE",
            "OptOut": "NONE",
            "CreationDate": moment,
            "EffectiveDate": moment,
            **known.get(endpoint["Id"], {}),
            **endpoint,
        }


def _is_partial(endpoint: Mapping[str, Any]) -> bool:
    return "Address" not in endpoint or "ChannelType" not in endpoint
