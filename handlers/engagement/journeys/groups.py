"""Who stands together: participants at one activity whose next step is due at one time, kept as one item, and their steps in few transactions.

A group is never changed: a step deletes its item and writes others, so of two workers that read it one makes the step.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.journeys.engine import Counts, Position
from handlers.engagement.store.shards import shard_of
from handlers.shared.tables import TRANSACTION_SIZE

PEOPLE = 95
"""Of a group at most: where each of them leaves, or stands elsewhere, that is 96 of a transaction's 100 actions. With ids of 36 characters
its item has less than 5 KB."""
COUNTERS = 100
"""Of a transaction at most, unless one group's are more: an update's expression has at most 4 KB and 300 operators."""


@dataclass(frozen=True)
class Group:
    """Participants of one shard who stand together.

    Args:
        key: The sort key of their item.
    """

    key: str
    positions: tuple[Position, ...]

    @property
    def shard(self) -> int:
        """That of all of them."""
        return shard_of(self.positions[0].id)

    @property
    def due(self) -> int:
        """When their next step is to be made."""
        return self.positions[0].due

    @property
    def run(self) -> str:
        """Id of the run with which they entered."""
        return self.positions[0].run


@dataclass(frozen=True)
class Move:
    """The step of a group.

    Args:
        positions: Where each of the group, in its order, stands now; None: it has left the journey.
        counts: What their steps count, all in all.
    """

    former: Group
    positions: Sequence[Position | None]
    counts: Counts

    @property
    def staying(self) -> list[Position]:
        """Who is in the journey still."""
        return [position for position in self.positions if position is not None]

    @property
    def left(self) -> list[str]:
        """Ids of those who have left."""
        pairs = zip(self.former.positions, self.positions, strict=True)
        return [former.id for former, position in pairs if position is None]

    @property
    def actions(self) -> int:
        """How many actions of a transaction it takes, without the counters."""
        return 1 + len(self.left) + len(grouped(self.staying))


def grouped(positions: Iterable[Position]) -> list[list[Position]]:
    """Positions in groups of those of one shard that stand together, each of at most `PEOPLE`."""
    together: dict[tuple[object, ...], list[Position]] = {}
    for position in positions:
        standing = (
            shard_of(position.id),
            position.run,
            position.activity,
            position.arrived,
            position.due,
            position.waiting,
        )
        together.setdefault(standing, []).append(position)
    return [group[at : at + PEOPLE] for group in together.values() for at in range(0, len(group), PEOPLE)]


def group_item(group: Sequence[Position]) -> dict[str, Any]:
    """The item of positions that stand together, without its partition key."""
    first = group[0]
    return {
        "sk": f"{first.due:015d}#{uuid.uuid4().hex}",
        "run": first.run,
        "activity": first.activity,
        "arrived": first.arrived,
        "waiting": first.waiting,
        "people": json.dumps({position.id: position.entry for position in group}, separators=(",", ":")),
    }


def due_of(item: Mapping[str, Any]) -> int:
    """When the next step of an item's group is due."""
    return int(item["sk"].partition("#")[0])


def read_group(item: Mapping[str, Any]) -> Group:
    """The group of an item. Releases before 2026-12 wrote an item for each participant, with its `id` and `entry`."""
    people: dict[str, int] = {item["id"]: item["entry"]} if "id" in item else json.loads(item["people"])
    return Group(
        item["sk"],
        tuple(
            Position(
                identifier,
                item["run"],
                entry,
                item["activity"],
                item["arrived"],
                due_of(item),
                waiting=item["waiting"],
            )
            for identifier, entry in people.items()
        ),
    )


def packed(moves: Iterable[Move]) -> Iterator[list[Move]]:
    """Moves in as few transactions as hold them, with the counters of their runs and of the journey."""
    pack: list[Move] = []
    actions, runs, counters = 1, set[str](), Counts()
    for move in moves:
        needed = move.actions + (move.former.run not in runs)
        if pack and (actions + needed > TRANSACTION_SIZE or len(counters.keys() | move.counts.keys()) > COUNTERS):
            yield pack
            pack, actions, runs, counters = [], 1, set(), Counter()
            needed = move.actions + 1
        pack.append(move)
        actions += needed
        runs.add(move.former.run)
        counters.update(move.counts)
    if pack:
        yield pack
