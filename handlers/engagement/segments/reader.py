"""Reading the endpoints of a segment, shard by shard and page by page."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.segments.definitions import DEPTH
from handlers.engagement.segments.dimensions import Predicate, compile_dimensions, needs_user
from handlers.engagement.segments.members import ESTIMATE_LIMIT, Member, MemberPage, MemberStore, partition
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.shared.overlapped import overlap

TOGETHER = 500  # endpoints whose users' records, up to 15 KB each, are in memory at once

Source = tuple[str, int]
Memberships = Mapping[Source, set[str]]
Rule = Callable[[Mapping[str, Any], Memberships], bool]


class SegmentPage(NamedTuple):
    """`endpoints`: EndpointResponse dicts of the segment; `last`: key to go on after (None: the shard is done);
    `scanned`: how many candidates were read; `carried`: ids of endpoints that are as an import once read them, unregistered."""

    endpoints: list[dict[str, Any]]
    last: str | None
    scanned: int
    carried: frozenset[str] = frozenset()


class Plan(NamedTuple):
    """How to read a segment: over the members of the imports `drivers` (none: over all endpoints), keeping what `rule` allows."""

    rule: Rule
    drivers: tuple[Source, ...]
    imported: frozenset[Source]
    user: bool

    @property
    def driver(self) -> Source | None:
        """The import, where it is one alone. Only then there may be members that carry their endpoints."""
        return self.drivers[0] if len(self.drivers) == 1 else None


class SegmentReader:
    """Segments of one application. Keep one instance for a whole run: each definition is read once, and Recency counts
    from one moment.
    """

    def __init__(self, tables: Tables, application_id: str, now: datetime | None = None) -> None:
        self.endpoints = EndpointStore(tables, application_id)
        self.members = MemberStore(tables.members)
        self.segments = Segments(tables.registry, application_id)
        self.now = now or datetime.now(UTC)
        self._plans: dict[tuple[str | None, int | None], Plan] = {}

    def page(
        self,
        segment_id: str | None,
        version: int | None,
        shard: int,
        after: str | None,
        limit: int,
        *,
        consistent: bool = False,
    ) -> SegmentPage:
        """The segment's endpoints among the next `limit` candidates of a shard.

        Args:
            segment_id: None = all endpoints of the application.
            version: None = the latest.
            consistent: Whether the endpoints are as every acknowledged update left them.

        Raises:
            NotFoundError: no such segment or version (also of a source segment).
        """
        plan = self._plan(segment_id, version)
        if plan.drivers:
            candidates, last, scanned, carried = self._members(plan.drivers, shard, after, limit)
        else:
            page = self.endpoints.documents(shard, after, limit, consistent=consistent)
            candidates, last, scanned, carried = page.endpoints, page.last, len(page.endpoints), frozenset()
        return SegmentPage(self._chosen(plan, candidates), last, scanned, carried)

    def stream(
        self, segment_id: str | None, version: int | None, shard: int, after: str | None, limit: int
    ) -> tuple[Iterator[dict[str, Any]], str | None]:
        """As `page`, endpoints and `last` alone, for a large `limit`: what is read of them beside the page itself is read for 500
        at a time, as they are taken.
        """
        plan = self._plan(segment_id, version)
        if plan.drivers:
            page = self._member_page(plan.drivers, shard, after, limit)
            return self._in_parts(plan, page.members, self._live), page.last
        page = self.endpoints.documents(shard, after, limit)
        return self._in_parts(plan, page.endpoints, lambda part: part), page.last

    def _in_parts(
        self, plan: Plan, found: Sequence[Any], endpoints: Callable[[Any], list[dict[str, Any]]]
    ) -> Iterator[dict[str, Any]]:
        for start in range(0, len(found), TOGETHER):
            yield from self._chosen(plan, endpoints(found[start : start + TOGETHER]))

    def _chosen(self, plan: Plan, candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those candidates that are in the segment, with what their users share."""
        if plan.user:
            candidates = self.endpoints.join(candidates)
        ids = [endpoint["Id"] for endpoint in candidates]
        memberships = {
            source: {identifier.lower() for identifier in self.members.contains(*source, ids)}
            for source in plan.imported
            if source != plan.driver and ids
        }
        if plan.driver:
            memberships[plan.driver] = {identifier.lower() for identifier in ids}
        chosen = [endpoint for endpoint in candidates if plan.rule(endpoint, memberships)]
        return chosen if plan.user else self.endpoints.join(chosen)

    def among(self, segment_id: str, endpoints: Sequence[dict[str, Any]], version: int | None = None) -> set[str]:
        """Ids of those endpoints, with their users' attributes, that are in the segment now: in its latest version, or in another one.

        Raises:
            NotFoundError: no such segment or version.
        """
        plan = self._plan(segment_id, version)
        ids = [endpoint["Id"] for endpoint in endpoints]
        memberships = {
            source: {identifier.lower() for identifier in self.members.contains(*source, ids)}
            for source in plan.imported
            if ids
        }
        return {endpoint["Id"] for endpoint in endpoints if plan.rule(endpoint, memberships)}

    def carried(self, segment_id: str, version: int, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The endpoints that an import's members carry because they were not registered, by id, of those ids that have one."""
        driver = self._plan(segment_id, version).driver
        return self.members.carried(*driver, ids) if driver else {}

    def carries(self, segment_id: str | None, version: int | None) -> bool:
        """Whether the segment is of an import that registered no endpoints: its members carry them."""
        driver = self._plan(segment_id, version).driver
        pages = (self.members.page(*driver, shard, None, 1) for shard in range(SHARDS)) if driver else ()
        return next((page.members[0].endpoint is not None for page in pages if page.members), False)

    def estimate(self, segment_id: str | None, version: int | None) -> int:
        """About how many candidates `page` goes through in all shards: counts to 500 a shard, so exact below that; an
        import that recorded its Size is that.
        """
        plan = self._plan(segment_id, version)
        if not plan.drivers:
            return self.endpoints.estimate(ESTIMATE_LIMIT)
        return sum(map(self._size, plan.drivers))

    def _size(self, source: Source) -> int:
        """As `estimate`, of an import."""
        segment = self.segments.version(*source)
        size = (segment or {}).get("ImportDefinition", {}).get("Size")
        if size:
            return size
        return sum(
            overlap(lambda shard: self.members.table.count(partition(*source, shard), ESTIMATE_LIMIT), range(SHARDS))
        )

    def sample(self, segment_id: str | None, version: int | None, most: int) -> int:
        """As `estimate`, from one shard alone, and no more than `most`: keys are spread evenly, so about a tenth off at two thousand."""
        limit = -(-most // SHARDS)
        drivers = self._plan(segment_id, version).drivers
        if not drivers:
            return self.endpoints.table.count(self.endpoints.shard(0), limit) * SHARDS
        counted = sum(self.members.table.count(partition(*source, 0), limit) for source in drivers)
        return min(counted, limit) * SHARDS

    def _member_page(self, drivers: Sequence[Source], shard: int, after: str | None, limit: int) -> MemberPage:
        if len(drivers) == 1:
            return self.members.page(*drivers[0], shard, after, limit)
        return self.members.page_of_any(drivers, shard, after, limit)

    def _members(
        self, drivers: Sequence[Source], shard: int, after: str | None, limit: int
    ) -> tuple[list[dict[str, Any]], str | None, int, frozenset[str]]:
        """A page of imports' members: the live endpoint, or the one that the member carries."""
        page = self._member_page(drivers, shard, after, limit)
        carried = frozenset(member.endpoint["Id"] for member in page.members if member.endpoint is not None)
        return self._live(page.members), page.last, len(page.members), carried

    def _live(self, members: Sequence[Member]) -> list[dict[str, Any]]:
        """The endpoints of members, without what users share; of those that are gone, none."""
        live = self.endpoints.get([member.key for member in members if member.endpoint is None], users=False)
        found = [member.endpoint or live.get(member.key) for member in members]
        return [endpoint for endpoint in found if endpoint is not None]

    def _plan(self, segment_id: str | None, version: int | None) -> Plan:
        key = (segment_id, version)
        if key not in self._plans:
            self._plans[key] = self._make(segment_id, version, 0)
        return self._plans[key]

    def _make(self, segment_id: str | None, version: int | None, depth: int) -> Plan:
        if segment_id is None:
            return Plan(lambda endpoint, memberships: True, (), frozenset(), user=False)
        if depth > DEPTH:
            raise BadRequestError(f"segment {segment_id}: source segments nest deeper than {DEPTH}")
        segment = self.segments.get(segment_id) if version is None else self.segments.version(segment_id, version)
        if segment is None:
            raise NotFoundError(
                f"segment {segment_id}{'' if version is None else f' version {version}'} does not exist"
            )
        if segment["SegmentType"] == "IMPORT":
            source = (segment_id, segment["Version"])
            return Plan(_member_of(source), (source,), frozenset({source}), user=False)
        groups = segment.get("SegmentGroups")
        if not groups:
            dimensions = segment.get("Dimensions") or {}
            predicate = compile_dimensions(dimensions, self.now)
            return Plan(lambda endpoint, memberships: predicate(endpoint), (), frozenset(), user=needs_user(dimensions))
        plans = [self._group(group, depth) for group in groups.get("Groups") or []]
        include = groups.get("Include") or "ALL"
        return Plan(
            _combine(include, [plan.rule for plan in plans]),
            _drivers(include, plans),
            frozenset().union(*(plan.imported for plan in plans)),
            user=any(plan.user for plan in plans),
        )

    def _group(self, group: Mapping[str, Any], depth: int) -> Plan:
        dimensions = group.get("Dimensions") or []
        conditions = [_alone(compile_dimensions(dimension, self.now)) for dimension in dimensions]
        matches = _combine(group.get("Type") or "ALL", conditions)
        sources = [
            self._make(source["Id"], source.get("Version"), depth + 1) for source in group.get("SourceSegments") or []
        ]
        kind = group.get("SourceType") or "ALL"
        based = _combine(kind, [source.rule for source in sources])
        return Plan(
            lambda endpoint, memberships: based(endpoint, memberships) and matches(endpoint, memberships),
            _drivers(kind, sources),
            frozenset().union(*(source.imported for source in sources)),
            user=any(needs_user(dimension) for dimension in dimensions) or any(source.user for source in sources),
        )


def _combine(kind: str, rules: Sequence[Rule]) -> Rule:
    """ALL, ANY or NONE of some rules; of no rules: true (nothing restricts)."""
    if not rules:
        return lambda endpoint, memberships: True
    if kind == "ANY":
        return lambda endpoint, memberships: any(rule(endpoint, memberships) for rule in rules)
    if kind == "NONE":
        return lambda endpoint, memberships: not any(rule(endpoint, memberships) for rule in rules)
    return lambda endpoint, memberships: all(rule(endpoint, memberships) for rule in rules)


def _drivers(kind: str, plans: Sequence[Plan]) -> tuple[Source, ...]:
    """The imports whose members include whatever the combination allows, as few as there are; of none, all endpoints may be in it."""
    if kind == "NONE" or (kind == "ANY" and not all(plan.drivers for plan in plans)):
        return ()
    if kind == "ANY":
        return tuple(dict.fromkeys(source for plan in plans for source in plan.drivers))
    return min((plan.drivers for plan in plans if plan.drivers), key=len, default=())


def _member_of(source: Source) -> Rule:
    return lambda endpoint, memberships: endpoint["Id"].lower() in memberships.get(source, ())


def _alone(predicate: Predicate) -> Rule:
    return lambda endpoint, memberships: predicate(endpoint)
