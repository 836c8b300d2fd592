"""Who works on which shards of a journey or a campaign: one worker at a time.

All leases of a partition are one item, so that a worker takes and gives back as many shards as it likes by one write each.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from handlers.shared.claims import Attempts
from handlers.shared.tables import Table

LEASE_SECONDS = 330  # above the journeys' worker's own 300: who finds a lease at its end finds a worker that is dead
SORT_KEY = "leases"
SHARD = "shard_"
FORM = {"form": 1}
"""What tells the item from none: an item that is not there says nothing of leases of former releases."""
KEPT_SECONDS = 2 * 24 * 3600
"""How long the item is kept after its last lease was taken."""


@dataclass(frozen=True)
class Lease:
    """What a worker has taken. held: how the item spells it."""

    shards: frozenset[int]
    held: str


class Leases:
    """The leases of one partition of the sends table.

    An attribute for each shard that is taken: `shard_{shard}` = `{epoch seconds until which}#{the lease's id}`. That none of those wanted is
    there is the usual case, so that is tried first, without a read.

    Args:
        seconds: How long one lasts, which is longer than a worker is at its shards; None: LEASE_SECONDS.
    """

    def __init__(self, table: Table, pk: str, seconds: float | None = None) -> None:
        self._table = table
        self._pk = pk
        self._seconds = seconds

    def lease(self, shards: Collection[int]) -> Lease | None:
        """Takes those of the shards that no other worker has; None: others have all of them."""
        owner = uuid.uuid4().hex
        attempts = Attempts("leases")
        item: Mapping[str, Any] | None = FORM  # as it is where nobody has any
        while True:
            attempts.another()
            now = int(time.time())
            taken = self._of_former_releases(now) if item is None else _taken(item, now)
            if mine := [shard for shard in shards if taken.get(shard, "").endswith(owner)]:
                return Lease(frozenset(mine), taken[mine[0]])  # our own write, whose answer did not reach us
            free = [shard for shard in shards if shard not in taken]
            if not free:
                return None
            held = f"{now + int(LEASE_SECONDS if self._seconds is None else self._seconds) + 1}#{owner}"
            names = [_name(shard) for shard in free]
            known = {"pk": None} if item is None else {**FORM, **{name: item.get(name) for name in names}}
            values = {**FORM, **dict.fromkeys(names, held), "expires": now + KEPT_SECONDS}
            if self._table.set(self._pk, SORT_KEY, values, known=known):
                return Lease(frozenset(free), held)
            item = self._table.get(self._pk, SORT_KEY)

    def release(self, lease: Lease) -> None:
        """Gives shards back, except those that another worker took when the lease was over."""
        attempts = Attempts("leases")
        names = [_name(shard) for shard in lease.shards]
        while names:
            attempts.another()
            if self._table.set(self._pk, SORT_KEY, dict.fromkeys(names), known=dict.fromkeys(names, lease.held)):
                return
            item = self._table.get(self._pk, SORT_KEY) or {}
            names = [name for name in names if item.get(name) == lease.held]

    def _of_former_releases(self, now: int) -> dict[int, str]:
        """Releases before 2026-12 kept an item for each shard; a worker of theirs may be at work when the new release comes."""
        found = self._table.page(self._pk).items
        return {
            int(item["sk"]): item["owner"]
            for item in found
            if item.get("standing") == "HELD" and item.get("until", 0) > now
        }


def _name(shard: int) -> str:
    return f"{SHARD}{shard:02d}"


def _taken(item: Mapping[str, Any], now: int) -> dict[int, str]:
    """The shards that somebody has, with how their leases are spelt."""
    held = {int(name.removeprefix(SHARD)): value for name, value in item.items() if name.startswith(SHARD)}
    return {shard: value for shard, value in held.items() if int(value.partition("#")[0]) > now}
