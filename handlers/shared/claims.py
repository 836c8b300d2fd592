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

Several pieces of work may be claimed, and settled, in one transaction (`claim_all`, `settle_all`): a process that dies between
leaves all of them held, so work that is claimed together is little.

A campaign's ledger claims many recipients in one transaction, with its counters (`Ledger` of the campaigns); it keeps the same promise,
and shares how other writers are waited for (`Attempts`). tests/handlers/shared/test_claims_model.py holds all users to it.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from math import ceil
from types import MappingProxyType
from typing import Any, NamedTuple

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


class Layout(NamedTuple):
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


class Claim(NamedTuple):
    """The answer to who asked for work.

    Args:
        before: The item as it was, without what this call wrote; empty: there was none.
        owner: The id of the claim; another's where it is HELD or LOST.
        seconds: Until another's claim ends.
    """

    standing: Standing
    key: Key
    before: Mapping[str, Any] = MappingProxyType({})
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
        return self._ask([key], seconds, take_lost, values, beside)[key]

    def claim_all(
        self,
        keys: Sequence[Key],
        seconds: float = 0,
        *,
        take_lost: bool = False,
        values: Callable[[Item], Mapping[str, Any]] = lambda _before: {},
        beside: Sequence[Mapping[str, Any]] = (),
    ) -> dict[Key, Claim]:
        """Asks for pieces of work in one transaction of up to 100 actions: each is claimed, or not, by itself. Raises as `claim` does.

        beside: As for `claim`. Where one of these does not hold, all of the work that could be claimed is BLOCKED.
        """
        return self._ask(list(dict.fromkeys(keys)), seconds, take_lost, values, beside)

    def _ask(
        self,
        keys: Sequence[Key],
        seconds: float,
        take_lost: bool,
        values: Callable[[Item], Mapping[str, Any]],
        beside: Sequence[Mapping[str, Any]],
    ) -> dict[Key, Claim]:
        layout, owner = self._layout, uuid.uuid4().hex
        answers: dict[Key, Claim] = {}
        before: dict[Key, Item] = {}
        replaced: dict[Key, Item] = {}
        attempts = Attempts("claims")
        while len(answers) < len(keys):
            attempts.another()
            now = self._clock()
            for key, item in before.items():
                found = self._found(key, item, owner, now)
                if found.standing is Standing.CLAIMED and found.owner == owner:
                    # Our own write, whose answer did not reach us.
                    answers[key] = Claim(Standing.CLAIMED, key, replaced.get(key, {}), owner)
                elif found.standing in (Standing.HELD, Standing.SETTLED) or (
                    found.standing is Standing.LOST and not take_lost
                ):
                    answers[key] = found
            held = {
                layout.state: layout.held,
                **({layout.owner: owner} if layout.owner else {}),
                **({layout.lease: int(now + seconds) + 1} if layout.lease else {}),
                "expires": int(now) + self._seconds,
            }
            replaced = {key: before.get(key, {}) for key in keys if key not in answers}
            written = self._write({key: {**held, **values(item)} for key, item in replaced.items()}, replaced, beside)
            if written is None:
                answers |= {key: Claim(Standing.BLOCKED, key) for key in replaced}
            elif written:
                answers |= {key: Claim(Standing.CLAIMED, key, item, owner) for key, item in replaced.items()}
            else:
                before = self._as_they_are(list(replaced))
        return answers

    def settle(self, claim: Claim, result: str | int | bool, values: Mapping[str, Any] | None = None) -> None:
        """Enters what became of claimed or lost work, with further attributes; whoever took it over meanwhile enters theirs."""
        self._change(claim, {self._layout.state: result, **(values or {})})

    def settle_all(self, results: Sequence[tuple[Claim, str | int | bool, Mapping[str, Any]]]) -> None:
        """`settle` for up to 100 claims of different work, in one transaction."""
        changes = [(claim, {self._layout.state: result, **values}) for claim, result, values in results]
        if len(changes) > 1:
            actions = [
                self.table.set_action(*claim.key, self._dated(values), known=self._own(claim))
                for claim, values in changes
            ]
            try:
                self.table.transact(actions)
            except TransactionCancelledError:
                pass  # somebody took one over, or writes to one just now: each by itself
            else:
                return
        for claim, values in changes:
            self._change(claim, values)

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

    def _as_they_are(self, keys: Sequence[Key]) -> dict[Key, Item]:
        if len(keys) > 1:
            return self.table.batch_get(keys)
        [key] = keys
        item = self.table.get(*key)
        return {key: item} if item else {}

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
        self, held: Mapping[Key, Mapping[str, Any]], before: Mapping[Key, Item], beside: Sequence[Mapping[str, Any]]
    ) -> bool | None:
        """Whether the claims were written; None where only what stands beside them kept them from that."""
        known = {key: self._as_it_was(before[key]) for key in held}
        if not held:
            return True
        if len(held) == 1 and not beside:
            [(key, values)] = held.items()
            return self.table.set(*key, values, known=known[key])
        actions = [self.table.set_action(*key, values, known=known[key]) for key, values in held.items()]
        try:
            self.table.transact([*actions, *beside])
        except TransactionCancelledError as error:
            return None if error.refused and not any(at < len(actions) for at in error.failed) else False
        return True

    def _change(self, claim: Claim, values: Mapping[str, Any]) -> None:
        self.table.set(*claim.key, self._dated(values), known=self._own(claim))

    def _dated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return {**values, "expires": int(self._clock()) + self._seconds}

    def _own(self, claim: Claim) -> dict[str, str]:
        return {self._layout.owner: claim.owner} if self._layout.owner else {}

    def _as_it_was(self, before: Item) -> dict[str, Any]:
        layout = self._layout
        if not before:
            return {"pk": None}
        return {name: before.get(name) for name in (layout.state, layout.owner, layout.lease) if name}
