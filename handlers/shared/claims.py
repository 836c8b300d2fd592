"""Once, or unknown: what must not be done twice is claimed in a table before it is done, and settled after.

The promise of work that is claimed (`Claims.claim`), done, and settled (`Claims.settle`), wherever a process dies:

| it died | the table says | who comes next finds |
|---|---|---|
| before the claim was written | nothing | CLAIMED: it is theirs to do, nobody did it |
| after the claim, before the result | held | HELD while the lease lasts (if there is one), then LOST: nobody knows whether it was done |
| after the work was given back (`release`) | free | CLAIMED: it is theirs to do, nobody did it |
| after the result | the result | SETTLED |

LOST is done again only by who says that doing it twice does no harm (`take_lost`). A claim whose answer was lost on the way is known by
its owner as its own. What a former owner writes after another one took the work over changes nothing, where claims have owners.

A campaign's ledger claims many recipients in one transaction, with its counters (handlers/engagement/campaigns/ledger.py); it keeps the same promise,
and shares how other writers are waited for (`Attempts`). tests/handlers/shared/test_claims_model.py holds all users to it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from math import ceil
from typing import Any

from handlers.shared.attribute_values import Item
from handlers.shared.backoff import backoff
from handlers.shared.tables import Key, Table, TransactionCancelledError

ATTEMPTS = 10
UNCLAIMED = "attribute_not_exists(pk)"


class ContendedError(RuntimeError):
    """Other writers kept an item busy in all attempts; trying again later goes on where it stopped."""


class Attempts:
    """Attempts to write what others write, too: the second one comes at once, those after it after pauses that grow.

    Args:
        what: Names it in the error.
    """

    def __init__(self, what: str, most: int = ATTEMPTS) -> None:
        self._what = what
        self._most = most
        self._made = 0

    def another(self) -> None:
        """Returns when it is time for the next attempt. Raises ContendedError after the last one."""
        if self._made == self._most:
            raise ContendedError(f"{self._what}: others were in the way in {self._most} attempts")
        if self._made > 1:
            backoff(self._made - 1)
        self._made += 1


class Standing(Enum):
    """How work stands when somebody asks to do it."""

    CLAIMED = "it is claimed by this call: it may be done"
    HELD = "another process is at it"
    LOST = "a process that was at it died; whether it was done is not known"
    SETTLED = "it has a result"
    BLOCKED = "a condition beside the claim does not hold"


@dataclass(frozen=True)
class Layout:
    """How a table spells a claim.

    Args:
        state: The attribute that says how the work stands.
        held: Its value while the work is claimed; None: it is not there then. Any value but this and `free` is a result.
        free: Its value once the work was given back; None: the lease ends instead.
        owner: The attribute with the claim's id; empty: claims have no owner.
        lease: The attribute with the epoch seconds until which a claim is alive; empty: who finds a claim finds it LOST.
    """

    state: str
    held: str | int | None
    free: str | int | None = None
    owner: str = ""
    lease: str = ""


@dataclass(frozen=True)
class Claim:
    """The answer to who asked for work.

    Args:
        before: The item as it was, without what this call wrote; empty: there was none.
        owner: The id of the claim; another's where it is HELD or LOST.
        seconds: Until another's claim ends.
    """

    standing: Standing
    key: Key
    before: Item = field(default_factory=dict)
    owner: str = ""
    seconds: int = 0


class Claims:
    """The claims of one table.

    Args:
        days: How long an item is remembered after its last change (`expires`, the table's time to live).
        clock: Epoch seconds.
    """

    def __init__(self, table: Table, layout: Layout, days: float, clock: Callable[[], float] = time.time) -> None:
        self.table = table
        self._layout = layout
        self._seconds = int(days * 24 * 3600)
        self._clock = clock

    def claim(
        self,
        key: Key,
        seconds: float = 0,
        *,
        take_lost: bool = False,
        values: Callable[[Item], Mapping[str, Any]] = lambda _before: {},
        beside: Sequence[Mapping[str, Any]] = (),
    ) -> Claim:
        """Asks for work, for some seconds. Raises ContendedError, and what DynamoDB answers.

        Args:
            values: Further attributes to write with the claim, from the item as it was (empty: there was none).
            beside: Actions (`Table.put_action` ...) that must happen with the claim, or it is BLOCKED.
        """
        layout, owner = self._layout, uuid.uuid4().hex
        before: Item = {}
        replaced: Item = {}
        attempts = Attempts("a claim")
        while True:
            attempts.another()
            now = self._clock()
            if before:
                found = self._found(key, before, owner, now)
                if found.standing is Standing.CLAIMED and found.owner == owner:
                    return Claim(Standing.CLAIMED, key, replaced, owner)  # our own write, whose answer did not reach us
                if found.standing in (Standing.HELD, Standing.SETTLED):
                    return found
                if found.standing is Standing.LOST and not take_lost:
                    return found
            held = {
                layout.state: layout.held,
                **({layout.owner: owner} if layout.owner else {}),
                **({layout.lease: int(now + seconds) + 1} if layout.lease else {}),
                "expires": int(now) + self._seconds,
                **values(before),
            }
            replaced = before
            written = self._write(key, held, before, beside)
            if written is None:
                return Claim(Standing.BLOCKED, key)
            if written:
                return Claim(Standing.CLAIMED, key, before, owner)
            before = self.table.get(*key) or {}

    def settle(self, claim: Claim, result: str | int | bool, values: Mapping[str, Any] | None = None) -> None:
        """Enters what became of claimed or lost work, with further attributes; whoever took it over meanwhile enters theirs."""
        self._change(claim, {self._layout.state: result, **(values or {})})

    def release(self, claim: Claim, values: Mapping[str, Any] | None = None) -> None:
        """Gives a claim back: the work was certainly not done, or may be done twice."""
        layout = self._layout
        given = {layout.lease: 0} if layout.free is None else {layout.state: layout.free}
        self._change(claim, {**given, **(values or {})})

    def note(self, claim: Claim, values: Mapping[str, Any]) -> None:
        """Writes attributes of claimed work; None removes one."""
        self._change(claim, values)

    def forget(self, claim: Claim) -> None:
        """Gives a claim back and leaves no item: the work was certainly not done."""
        if self._layout.owner:
            self.table.delete(
                *claim.key,
                condition="#owner = :owner",
                values={":owner": claim.owner},
                names={"#owner": self._layout.owner},
            )
        else:
            self.table.delete(*claim.key)

    def _found(self, key: Key, item: Item, owner: str, now: float) -> Claim:
        layout = self._layout
        state, holder = item.get(layout.state), item.get(layout.owner, "")
        if layout.free is not None and state == layout.free:
            return Claim(Standing.CLAIMED, key, item)
        if state != layout.held:
            return Claim(Standing.SETTLED, key, item, holder)
        if layout.owner and holder == owner:
            return Claim(Standing.CLAIMED, key, item, holder)
        if layout.lease and (left := item.get(layout.lease, 0) - now) > 0:
            return Claim(Standing.HELD, key, item, holder, ceil(left))
        return Claim(Standing.LOST, key, item, holder)

    def _write(
        self, key: Key, held: Mapping[str, Any], before: Item, beside: Sequence[Mapping[str, Any]]
    ) -> bool | None:
        """Whether the claim was written; None where only what stands beside it kept it from that."""
        known = self._as_it_was(before)
        if not beside:
            return self.table.set(*key, held, known=known)
        try:
            self.table.transact([self.table.set_action(*key, held, known=known), *beside])
        except TransactionCancelledError as error:
            return None if error.refused and 0 not in error.failed else False
        return True

    def _change(self, claim: Claim, values: Mapping[str, Any]) -> None:
        known = {self._layout.owner: claim.owner} if self._layout.owner else {}
        self.table.set(*claim.key, {**values, "expires": int(self._clock()) + self._seconds}, known=known)

    def _as_it_was(self, before: Item) -> dict[str, Any]:
        layout = self._layout
        if not before:
            return {"pk": None}
        return {name: before.get(name) for name in (layout.state, layout.owner, layout.lease) if name}
