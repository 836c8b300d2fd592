"""The ledger of a run over a segment: recipients whose address nobody else can claim are claimed by the batch, in one item.

A run goes through each shard of its segment in the order of ids. So it needs no item for each endpoint to claim none twice: a chunk's
counters hold, for each of its shards, the last id that was considered, and the transaction that enters recipients moves it on. Whom it
passed and who has no entry (an endpoint of a moment ago) is entered alone, as in any ledger.

Nor does it need an item for each address, where no other endpoint has owned it since the run began (`Recipient.settled`): the store lets
one endpoint own an address. All others claim theirs, and look at what the run did for those who owned it
(handlers/engagement/campaigns/address_owners.py).

Layout, beside that of handlers/engagement/campaigns/ledger.py:
| what | pk | sk |
|---|---|---|
| claims of a batch, with their results: `doc`, `revision`, `chunk`, `at` | `RUN#{run}#{shard}` | `B#{its first endpoint id in lower case}` |
| how far a chunk is in a shard, of its counters' item: `at_{shard}` | `RUN#{run}` | `C#{chunk}` |

An endpoint has one entry: in a batch, or an item of its own. Who waits leaves the batch for one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.campaigns.address_claims import STEP_MILLISECONDS
from handlers.engagement.campaigns.address_owners import AddressOwners
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.chunk_counters import FAR, PASSED, chunk_key, counts_of, far_name, results_of
from handlers.engagement.campaigns.claim_batches import PREFIX, ClaimBatch, ClaimBatches
from handlers.engagement.campaigns.entries import OpenClaim, Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.caps.counters import Counters
from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.claims import Attempts
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Key, Table, TransactionCancelledError

ALONE = 3
"""Endpoints of a shard that are looked for one by one: more are found in a row of batches."""


class _Step(NamedTuple):
    """What a transaction makes of a shard: the batch that it enters, if any, and the ids from first to last that it passes."""

    batch: ClaimBatch | None
    shard: int
    first: str
    last: str


class RunLedger(Ledger):
    """The ledger of one run. What is claimed in one call is of one shard.

    `owners` tells who else may have got the message at an address; without it every recipient is claimed with items of its own.
    """

    owners: AddressOwners | None = None

    def __init__(
        self, table: Table, run: str, caps: Counters | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        super().__init__(table, run, caps, clock)
        self._batches = ClaimBatches(table)
        self._far: dict[int, str] = {}  # how far the run is in shards, as this process knows
        self._step: _Step | None = None
        self._held: dict[Key, ClaimBatch] = {}
        self._held_in: dict[str, Key] = {}

    def settle(self, recipients: Sequence[Recipient]) -> None:
        """Finds those who can be claimed without a claim of their address."""
        if self.owners:
            self.owners.settle([one for one in recipients if one.status == CLAIMED])

    def entries(self, endpoint_ids: Sequence[str]) -> dict[str, Item]:
        found = super().entries(endpoint_ids)
        shards: dict[str, list[str]] = {}
        for identifier in endpoint_ids:
            if identifier not in found:
                shards.setdefault(self._partition(identifier), []).append(identifier)
        for ids, batches in overlap(lambda shard: (shard[1], self._batches_of(*shard)), list(shards.items())):
            for identifier in ids:
                entries = (batch.entry(identifier) for batch in batches)
                if entry := next(filter(None, entries), None):
                    found[identifier] = entry
        return found

    def record(self, outcomes: Sequence[Outcome], chunk: int) -> None:
        batches: dict[Key, list[Outcome]] = {}
        alone = []
        for outcome in outcomes:
            key = self._held_in.pop(outcome.endpoint_id.lower(), None)
            (alone if key is None else batches.setdefault(key, [])).append(outcome)
        for key, settled in batches.items():
            self._record_of_batch(key, settled, chunk)
            if not self._held[key].open():
                del self._held[key]
        super().record(alone, chunk)

    def passed(self, ids: Collection[str]) -> set[str]:
        """Those of the ids that no batch will have any more that has not got them by now."""
        far: dict[str, str] = {}
        for item in self.table.all(self.pk, prefix="C#"):
            far |= {name: value for name, value in item.items() if name.startswith(FAR)}
        return {identifier for identifier in ids if identifier.lower() <= far.get(far_name(shard_of(identifier)), "")}

    def in_batches(self, ids: Sequence[str]) -> int:
        """How many of the endpoints have their entries in batches."""
        return sum(batch is not None for batch in overlap(self._batch_of, ids))

    def forget(self, ids: Sequence[str]) -> int:
        """Takes endpoints out of their batches, and where one tells how far a chunk came. Returns how many batches had one."""
        batches = zip(ids, overlap(self._batch_of, ids), strict=True)
        found = [identifier for identifier, batch in batches if batch]
        self._forget_places(ids)
        return sum(map(self._forget, found))

    def share_addresses(
        self, recipients: Sequence[Recipient], items: Mapping[Key, Mapping[str, Any]], *, idle: int | None = None
    ) -> None:
        sharing = [one for one in recipients if idle is not None or not (one.settled and self._is_next(one))]
        super().share_addresses(sharing, items, idle=idle)
        unsettled = [one for one in sharing if one.status == CLAIMED and not one.settled]
        if self.owners and unsettled:
            self.owners.judge(self, unsettled, oldest=self._clock() * 1000 - STEP_MILLISECONDS, idle=idle)

    def _claim(self, recipients: Sequence[Recipient], chunk: int) -> list[Recipient]:
        if self.owners and not all(map(self._is_next, recipients)):
            recipients = self._without_known(recipients, chunk)
        claimed = super()._claim(recipients, chunk)
        if step := self._step:
            self._far[step.shard] = step.last
            if step.batch:
                self._hold(step.batch.stored())
        self._step = None
        return claimed

    def _claims(self, recipients: Sequence[Recipient], chunk: int) -> Iterator[dict[str, Any]]:
        following = [one for one in recipients if self._is_next(one)]
        together = [one for one in following if (one.settled or one.status != CLAIMED) and not one.again]
        if following:
            ids = [one.key for one in following]
            pk = self._partition(ids[0])
            batch = ClaimBatch.of(pk, together, chunk, self.expires) if together else None
            self._step = _Step(batch, shard_of(ids[0]), min(ids), max(ids))
            if batch:
                yield batch.put_action(self.table)
        batched = {id(one) for one in together}
        yield from super()._claims([one for one in recipients if id(one) not in batched], chunk)

    def _count_claims(self, recipients: Sequence[Recipient], chunk: int) -> dict[str, Any]:
        if not (step := self._step):
            return super()._count_claims(recipients, chunk)
        name = far_name(step.shard)
        changes = {"expires": self.expires, name: step.last}
        return self.table.add_action(
            self.pk, chunk_key(chunk), counts_of(recipients), changes, below=(name, step.first)
        )

    def _without_known(self, waiting: Sequence[Recipient], chunk: int) -> list[Recipient]:
        self._step = None
        if self.owners:
            shard = shard_of(waiting[0].id)
            counters = self.table.get(self.pk, chunk_key(chunk)) or {}
            self._far[shard] = counters.get(far_name(shard), "")
        return super()._without_known(waiting, chunk)

    def _is_next(self, recipient: Recipient) -> bool:
        """Whether nobody so far in the shard was considered, as far as this process knows: it may go into a batch."""
        return self.owners is not None and recipient.key > self._far.get(shard_of(recipient.id), "")

    def _record_of_batch(self, key: Key, outcomes: Sequence[Outcome], chunk: int) -> None:
        """Enters results of a batch's people; who waits leaves it.

        One transaction has room for them: for nobody does it take more actions than their claim may have taken (`Ledger.claim`).
        """
        remaining = list(outcomes)
        attempts = Attempts("results of a batch")
        while remaining:
            attempts.another()
            batch = self._held[key]
            waiting = [outcome for outcome in remaining if outcome.due is not None]
            results = {outcome.endpoint_id: outcome.status for outcome in remaining if outcome.due is None}
            following = batch.settled(results, int(self._clock() * 1000))
            following = following.without([outcome.endpoint_id for outcome in waiting])
            actions = [following.put_action(self.table), *self._taken_back(remaining)]
            for outcome in waiting:
                actions += [self._alone_action(outcome, batch), self.waiting_action(outcome, chunk)]
            try:
                self.table.transact([*actions, self.count_action(chunk, results_of(remaining))])
            except TransactionCancelledError:
                self._held[key] = now = self._batches.get(batch) or batch.without(batch.people)
                remaining = [outcome for outcome in remaining if now.is_open(outcome.endpoint_id)]
                continue
            self._held[key] = following.stored()
            return

    def _alone_action(self, outcome: Outcome, batch: ClaimBatch) -> dict[str, Any]:
        """Enters who waits with an item of its own; part of a transaction."""
        changed = int(self._clock() * 1000)
        treatment, status = outcome.treatment_id, outcome.status
        return self.enter_action(
            outcome.endpoint_id, treatment, status, batch.chunk, at=batch.at, changed=changed, waits=True
        )

    def _hold(self, batch: ClaimBatch) -> None:
        """Keeps a batch in mind, whose people get results."""
        key = (batch.pk, batch.sk)
        self._held[key] = batch
        for person in batch.open():
            self._held_in[person.id.lower()] = key

    def _open_in(self, shard: int, after: str | None) -> Iterator[tuple[list[OpenClaim], str]]:
        if after is None or after.startswith(PREFIX):
            for batch in self._batches.after(f"{self.pk}#{shard:02d}", after):
                if people := batch.open():
                    self._hold(batch)
                    yield [OpenClaim(one.id, one.treatment, batch.chunk, batch.at) for one in people], batch.sk
            after = None
        yield from super()._open_in(shard, after)

    def _partition(self, identifier: str) -> str:
        return f"{self.pk}#{shard_of(identifier):02d}"

    def _batch_of(self, identifier: str) -> ClaimBatch | None:
        return self._batches.of(self._partition(identifier), identifier)

    def _batches_of(self, pk: str, ids: Sequence[str]) -> list[ClaimBatch]:
        """The batches of a shard that may have some endpoints."""
        if len(ids) > ALONE:
            keys = [identifier.lower() for identifier in ids]
            return list(self._batches.between(pk, min(keys), max(keys)))
        return [batch for identifier in ids if (batch := self._batches.of(pk, identifier))]

    def _forget(self, identifier: str) -> bool:
        attempts = Attempts("claims that are forgotten")
        while batch := self._batch_of(identifier):
            attempts.another()
            try:
                self.table.transact(batch.without([identifier]).replacing(batch, self.table))
            except TransactionCancelledError:
                continue
            return True
        return False

    def _forget_places(self, ids: Collection[str]) -> None:
        """Puts something less telling where an endpoint's id says how far a chunk came; who is passed by that is claimed alone."""
        mine = {identifier.lower() for identifier in ids}
        for item in list(self.table.all(self.pk, prefix="C#")):
            places = {name: far for name, far in item.items() if name.startswith(FAR) and far in mine}
            if places:
                further = {name: far[0] + PASSED for name, far in places.items()}
                self.table.set(item["pk"], item["sk"], further, known=places)
