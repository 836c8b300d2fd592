"""Where the participants of a journey are kept: in groups with the time of their next step, and what is counted of them.

Layout of the sends table for a journey (shard: that of the endpoint's id):

| what | pk | sk |
|---|---|---|
| a group (groups.py): `run`, `activity`, `arrived`, `waiting`, `people` (id -> which of its entries) | `JD#{journey}#{shard}` | `{due in ms}#{random}` |
| who entered: `entries` (how often), `last` (ms), `run` (while inside) | `JP#{journey}#{shard}` | endpoint id in lower case |
| how far a run's entry has read a shard: `after`, `done` | `JC#{journey}` | `{run}#{shard}` |
| counters `{activity}|{metric}`, of the journey without an activity, spread over 16 items | `JM#{journey}` | `T#{number}`, `R#{run}#{number}` |
| events `e|{activity}|{name}` and answers `a|{activity}` of messages; `since` (ms): when who entered again did | `JE#{journey}#{shard}` | `{endpoint id in lower case}#{run}` |
| what caps count of a participant (handlers/engagement/caps/counters.py) | `CAP#{journey}#{shard}` | endpoint id in lower case |
| who works on which shards (handlers/engagement/store/leases.py) | `JL#{journey}` | `leases` |
| events on which the journey acted | `JK#{journey}#{shard}` | `Arrival.identity` |

A group makes its step in one transaction with the counters, on condition that its item is there: whoever else works, a participant walks one way.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.event_starts.inbox import JOURNEY as JOURNEY_KIND
from handlers.engagement.event_starts.inbox import Arrival, Inbox
from handlers.engagement.journeys.engine import Counts, Position
from handlers.engagement.journeys.groups import Group, Move, group_item, grouped, packed, read_group
from handlers.engagement.journeys.message_events import events_key, forget_action, keep
from handlers.engagement.store.leases import Lease, Leases
from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.claims import UNCLAIMED, Attempts
from handlers.shared.tables import Key, Table, TransactionCancelledError

BATCH = 45
"""Who enters at a time: two items each where each has a time of its own, the counters of run and journey, and the cursor: 93 of a
transaction's 100 actions."""
GROUPS_AT_A_TIME = 200
"""Of a shard. All shards are looked into before one is worked off: 16 times as many are held in memory."""
EVENT_SECONDS = 90 * 24 * 3600
"""How long an event is known by its id."""
THERE = "attribute_exists(pk)"
JOURNEY = ""
"""The activity id of counters that are the journey's own."""


@dataclass(frozen=True)
class Due:
    """Groups of a shard whose time has come. more: whether there are others."""

    groups: list[Group]
    more: bool

    @property
    def people(self) -> int:
        """How many these are."""
        return sum(len(group.positions) for group in self.groups)

    @property
    def torn(self) -> bool:
        """Whether somebody stands in two of the groups: a query reads items while a transaction, another worker's step, changes them."""
        return len({position.id for group in self.groups for position in group.positions}) < self.people


@dataclass(frozen=True)
class Entrant:
    """Who enters. known: `entries` of its item, None where it has none."""

    position: Position
    known: int | None


class Participants:
    """The participants of one journey."""

    def __init__(self, table: Table, journey_id: str) -> None:
        self.table = table
        self.journey_id = journey_id
        self.inbox = Inbox(table, JOURNEY_KIND, journey_id)
        self._leases = Leases(table, f"JL#{journey_id}")

    def lease(self, shards: Collection[int]) -> Lease | None:
        """Takes those of the shards for this worker that no other one has; None: others have all of them."""
        return self._leases.lease(shards)

    def release(self, lease: Lease) -> None:
        """Gives shards back."""
        self._leases.release(lease)

    def due(self, shard: int, now: int, *, consistent: bool = True) -> Due:
        """Those of a shard whose time has come, the earliest first, as many as are read at a time."""
        below = f"{now + 1:015d}"
        page = self.table.page(self._due_pk(shard), below=below, limit=GROUPS_AT_A_TIME, consistent=consistent)
        return Due([read_group(item) for item in page.items], page.last is not None)

    def overdue(self, shard: int, now: int) -> int:
        """How many of a shard had to be served by `now`, and were not."""
        late = self.table.all(self._due_pk(shard), below=f"{now:015d}")
        return sum(len(read_group(item).positions) for item in late)

    def anybody(self) -> bool:
        """Whether anybody is inside."""
        return any(self.table.page(self._due_pk(shard), limit=1).items for shard in range(SHARDS))

    def known(self, ids: Sequence[str]) -> dict[str, Item]:
        """The items of those that entered before, by id."""
        keys = {identifier: self.member_key(identifier) for identifier in ids}
        found = self.table.batch_get(keys.values())
        return {identifier: found[key] for identifier, key in keys.items() if key in found}

    def cursor(self, run: str, shard: int) -> Item:
        """How far a run's entry has come: `after` (absent: at the beginning), `done`."""
        return self.table.get(f"JC#{self.journey_id}", f"{run}#{shard:02d}") or {}

    def has_read(self, run: str) -> bool:
        """Whether a run's entry has read all shards."""
        page = self.table.page(f"JC#{self.journey_id}", prefix=f"{run}#")
        return sum("done" in item for item in page.items) == SHARDS

    def enter(
        self,
        run: str,
        shard: int,
        entrants: Sequence[Entrant],
        counts: Counter[str],
        beside: Sequence[Mapping[str, Any]],
    ) -> bool:
        """Enters at most 45 participants and counts, all or nothing.

        beside: The actions, of one transaction with it, that say that who enters has been considered.

        Returns whether it happened: somebody else may have been there before.
        """
        actions: list[dict[str, Any]] = []
        for entrant in entrants:
            position = entrant.position
            inside = {"entries": position.entry, "last": position.arrived, "run": run}
            known = {"pk": None} if entrant.known is None else {"entries": entrant.known, "run": None}
            actions.append(self.table.set_action(*self.member_key(position.id), inside, known=known))
        actions += self._put_actions(entrant.position for entrant in entrants)
        total = Counter({(JOURNEY, name): number for name, number in counts.items()})
        if entrants:
            total[JOURNEY, "ENDPOINT_ENTERED"] += len(entrants)
        try:
            self.table.transact([*actions, *beside, *self._count_actions(shard, {run: total})])
        except TransactionCancelledError:
            return False
        return True

    def cursor_action(self, run: str, shard: int, cursor: Item, after: str | None) -> dict[str, Any]:
        """Moves a run's cursor on (after None: the shard is done); part of a transaction."""
        progress = {"done": 1} if after is None else {"after": after}
        return self.table.set_action(
            f"JC#{self.journey_id}", f"{run}#{shard:02d}", progress, known={"after": cursor.get("after"), "done": None}
        )

    def acted_on(self, arrivals: Sequence[Arrival]) -> set[str]:
        """The identities of those events on which the journey has acted."""
        keys = {self._event_key(arrival): arrival.identity for arrival in arrivals}
        return {keys[key] for key in self.table.batch_get(keys)}

    def event_action(self, arrival: Arrival) -> dict[str, Any]:
        """Notes that the journey acts on an event, on which it has not; part of a transaction."""
        pk, sk = self._event_key(arrival)
        return self.table.put_action({"pk": pk, "sk": sk, "expires": int(time.time()) + EVENT_SECONDS}, UNCLAIMED)

    def move(self, moves: Iterable[Move], left: str = "ENDPOINT_LEFT") -> list[Group]:
        """Makes steps of groups of any shards, each wholly or not at all. Those that are gone, because another worker made their step, are
        left out.

        left: The journey's metric that counts who has left.

        Returns the groups that made their step.
        """
        return [group for pack in packed(moves) for group in self._move(pack, left)]

    def _move(self, moves: Sequence[Move], left: str) -> list[Group]:
        """Makes steps that one transaction takes, all or none of those that are there."""
        remaining = list(moves)
        attempts = Attempts("steps of a batch")
        while remaining:
            attempts.another()
            by_run: dict[str, Counts] = {}
            for move in remaining:
                counts = by_run.setdefault(move.former.run, Counter())
                counts.update(move.counts)
                counts[JOURNEY, left] += len(move.left)
            actions = [self.table.delete_action(*self._group_key(move.former), THERE) for move in remaining]
            gone = [identifier for move in remaining for identifier in move.left]
            actions += [self.table.set_action(*self.member_key(identifier), {"run": None}) for identifier in gone]
            actions += self._put_actions(position for move in remaining for position in move.staying)
            try:
                self.table.transact([*actions, *self._count_actions(remaining[0].former.shard, by_run)])
            except TransactionCancelledError:
                found = self.table.batch_get(self._group_key(move.former) for move in remaining)
                there = [read_group(item) for item in found.values()]
                remaining = [move for move in remaining if move.former in there]
                continue
            break
        return [move.former for move in remaining]

    def counts(self, run: str | None = None) -> Counter[tuple[str, str]]:
        """(activity id, metric) -> number; of the whole journey, or of one run."""
        total: Counts = Counter()
        for item in self.table.all(f"JM#{self.journey_id}", prefix=f"R#{run}#" if run else "T#"):
            for name, value in item.items():
                if "|" in name:
                    activity, _, metric = name.rpartition("|")
                    total[activity, metric] += value
        return total

    def facts(self, positions: Sequence[Position]) -> dict[str, tuple[dict[str, set[str]], dict[str, dict[str, str]]]]:
        """Endpoint id -> events and answers of its messages on this walk, by activity id."""
        keys = {position.id: events_key(self.journey_id, position.run, position.id) for position in positions}
        found = self.table.batch_get(keys.values())
        return {identifier: _facts(found.get(key, {})) for identifier, key in keys.items()}

    def forget_action(self, position: Position, moment: int) -> dict[str, Any]:
        """Forgets events and answers of the former walk of somebody who enters again in one run; part of the transaction that enters.

        moment: Of entering, in epoch milliseconds. What is told of messages before it is of the former walk, too, whenever it comes.
        """
        return forget_action(self.table, events_key(self.journey_id, position.run, position.id), moment)

    def note_answers(self, run: str, activity: str, answers: Mapping[str, Mapping[str, str]]) -> None:
        """Keeps what a function answered of participants."""
        for identifier, attributes in answers.items():
            key = events_key(self.journey_id, run, identifier)
            text = json.dumps(attributes, ensure_ascii=False)
            keep(self.table, key, {f"a|{activity}": text})

    def clear(self, shard: int) -> None:
        """Deletes everything of a shard."""
        self.inbox.clear(shard)
        for kind in ("JD", "JP", "JE", "JK", "CAP"):
            pk = f"{kind}#{self.journey_id}#{shard:02d}"
            self.table.batch_write(deletes=[(pk, item["sk"]) for item in self.table.all(pk)])

    def clear_rest(self) -> None:
        """Deletes counters, cursors and leases."""
        for kind in ("JM", "JC", "JL"):
            pk = f"{kind}#{self.journey_id}"
            self.table.batch_write(deletes=[(pk, item["sk"]) for item in self.table.all(pk)])

    def _count_actions(self, shard: int, by_run: Mapping[str, Counts]) -> list[dict[str, Any]]:
        total: Counts = Counter()
        actions = []
        for run, counts in by_run.items():
            total.update(counts)
            if any(counts.values()):
                actions.append(self._add(f"R#{run}#{shard:02d}", counts))
        return [*actions, self._add(f"T#{shard:02d}", total)] if any(total.values()) else actions

    def _add(self, sk: str, counts: Counts) -> dict[str, Any]:
        counters = {f"{activity}|{metric}": number for (activity, metric), number in counts.items() if number}
        return self.table.add_action(f"JM#{self.journey_id}", sk, counters)

    def _put_actions(self, positions: Iterable[Position]) -> list[dict[str, Any]]:
        return [
            self.table.put_action({"pk": self._due_pk(shard_of(group[0].id)), **group_item(group)}, UNCLAIMED)
            for group in grouped(positions)
        ]

    def _group_key(self, group: Group) -> Key:
        return self._due_pk(group.shard), group.key

    def _due_pk(self, shard: int) -> str:
        return f"JD#{self.journey_id}#{shard:02d}"

    def _event_key(self, arrival: Arrival) -> Key:
        return f"JK#{self.journey_id}#{shard_of(arrival.endpoint_id):02d}", arrival.identity

    def member_key(self, identifier: str) -> Key:
        """The key of who entered."""
        key = identifier.lower()
        return f"JP#{self.journey_id}#{shard_of(key):02d}", key


def _facts(item: Mapping[str, Any]) -> tuple[dict[str, set[str]], dict[str, dict[str, str]]]:
    events: dict[str, set[str]] = {}
    answers: dict[str, dict[str, str]] = {}
    for name, value in item.items():
        kind, _, rest = name.partition("|")
        if kind == "e":
            activity, _, event = rest.rpartition("|")
            events.setdefault(activity, set()).add(event)
        elif kind == "a":
            answers[rest] = json.loads(value)
    return events, answers


Remaining = Callable[[], float]  # seconds until this step must have returned
