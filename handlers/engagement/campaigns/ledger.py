"""The ledger of a campaign's run: which endpoint and which address was claimed, and what became of it.

Nothing is sent without a claim, and a claim is made once (handlers/shared/claims.py): the claims of a batch are one transaction, conditional on no claim being
there. A claim without a result at the end of the run means that its step died between claim and result; whether the message
went out is then not known, and it is never sent again. Who certainly got nothing yet (throttled, the channel out of order) is entered
with that result and an entry in the waiting list (handlers/engagement/campaigns/waiting.py): it alone may be claimed again.

An address's claim lasts as long as a message to it is on its way or may have gone out: a result that says that certainly nothing was
sent gives the address free in the same transaction, so that another endpoint with the same address gets the message. Who meets an
address whose owner has no result yet waits, as DUPLICATE_ADDRESS on the waiting list, as long as the step that claimed may still live.

Layout of the sends table (run = campaign id, version, number):
| what | pk | sk |
|---|---|---|
| claim of an endpoint: `status`, `changed` (ms) with it, `waits` (on the list), `treatment`, `id`, `chunk`, `at`, `address` (digest, of one that was claimed) | `RUN#{run}#{shard}` | `E#{endpoint id in lower case}` |
| claim of an address: `owner` | `RUN#{run}#{shard}` | `A#{digest of channel type and address}` |
| a chunk's counters `n_{treatment}_{status}`, `w_{treatment}` (waiting), `m_{treatment}` (not reached); `done`, `lost` | `RUN#{run}` | `C#{chunk}` |
| the waiting list: `id`, `treatment`, `status`, `tries` | `RUN#{run}#W{chunk}` | `{due in ms}#{endpoint id in lower case}` |
| when recipients are due by their own clocks | `RUN#{run}` | `Z#{in ms}` |
| the plan | `RUN#{run}` | `PLAN` |

The counters change in the same transactions as the claims, so they are right whatever is killed or retried. So do those of caps
(handlers/engagement/caps/counters.py): of two workers with one endpoint none passes a cap.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.address_claims import (
    DUPLICATE_ADDRESS,
    STEP_MILLISECONDS,
    address_digest,
    may_end,
    wants_claim,
)
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.chunk_counters import PASSED, chunk_key, counts_of, far_name, results_of
from handlers.engagement.campaigns.entries import OpenClaim, Outcome, Totals
from handlers.engagement.caps.counters import Counters
from handlers.engagement.caps.definitions import CAMPAIGN, CapSet
from handlers.engagement.store.former_owners import KEPT_SECONDS
from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.shared.attribute_values import Item
from handlers.shared.batching import batched
from handlers.shared.claims import UNCLAIMED, Attempts
from handlers.shared.tables import Key, Table, TransactionCancelledError

BATCH = 48
"""Recipients of a transaction: two items each (endpoint and address, endpoint and waiting), and the counters: 97 of its 100 actions. Where
devices may get the message, a step's batch is of two transactions (`PUSH_BATCH` of chunk.py)."""
ACTIONS = 99  # and the counters
BATCH_ACTIONS = 96  # of a batch's claims, and the counters
NOT_REACHED = "NOT_REACHED"


class Ledger:
    """The ledger of one run.

    Args:
        run: Campaign id, version and number of the run, joined by `#`.
        caps: What counts its messages; default nothing.
        clock: Epoch seconds.
    """

    def __init__(
        self, table: Table, run: str, caps: Counters | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self.table = table
        self.caps = caps or Counters(table, CapSet(CAMPAIGN))
        self._clock = clock
        self.run = run
        self.pk = f"RUN#{run}"
        self.expires = int(clock()) + KEPT_SECONDS

    def claim(self, recipients: Sequence[Recipient], chunk: int) -> list[Recipient]:
        """Enters recipients, in as many transactions as it takes; those with another status than CLAIMED with it, as final.

        Returns the recipients that this call claimed: only they may be sent to. The others' `status` and `at` become what the ledger
        has for them; the status is CLAIMED where an earlier step claimed and did not tell the result. One whose address another of
        them or an owner without a result has is entered in the waiting list, with status DUPLICATE_ADDRESS. `again` tells who waits.
        One whom a cap keeps from the message gets the status that says so.
        """
        moment = int(self._clock() * 1000)
        for recipient in recipients:
            recipient.at = moment
        size = BATCH_ACTIONS // (2 + self.caps.actions_each)
        batches = [recipients[start : start + size] for start in range(0, len(recipients), size)]
        return [recipient for batch in batches for recipient in self._claim(batch, chunk)]

    def _claim(self, recipients: Sequence[Recipient], chunk: int) -> list[Recipient]:
        """Claims as many as one transaction takes."""
        counted = self.caps.judge(recipients)
        self.share_addresses(recipients, {})
        waiting = list(recipients)
        attempts = Attempts("claims of a batch")
        while waiting:
            attempts.another()
            actions = [*self._claims(waiting, chunk), *self.caps.count(waiting, counted)]
            try:
                self.table.transact([*actions, self._count_claims(waiting, chunk)])
            except TransactionCancelledError:
                waiting = self._without_known(waiting, chunk)
                counted = self.caps.judge(waiting)
                continue
            break
        return [recipient for recipient in waiting if recipient.status == CLAIMED]

    def record(self, outcomes: Sequence[Outcome], chunk: int) -> None:
        """Enters what became of claims, in as few transactions as hold them."""
        for part in batched(outcomes, self._actions, ACTIONS):
            self._record(part, chunk)

    def _actions(self, outcome: Outcome) -> int:
        """How many of a transaction an outcome takes."""
        return outcome.actions + (self.caps.actions_each if outcome.uncounted else 0)

    def _record(self, outcomes: Sequence[Outcome], chunk: int) -> None:
        remaining = list(outcomes)
        attempts = Attempts("results of a batch")
        while remaining:
            attempts.another()
            actions = self._taken_back(remaining)
            for outcome in remaining:
                waits = outcome.due is not None
                actions.append(self.change_action(outcome.endpoint_id, CLAIMED, outcome.status, waits=waits))
                if outcome.due is not None:
                    actions.append(self.waiting_action(outcome, chunk))
                if outcome.free is not None:
                    actions.append(self._free_action(outcome.free, outcome.endpoint_id))
            try:
                self.table.transact([*actions, self.count_action(chunk, results_of(remaining))])
            except TransactionCancelledError:
                known = self.entries([outcome.endpoint_id for outcome in remaining])
                remaining = [one for one in remaining if known.get(one.endpoint_id, {}).get("status") == CLAIMED]
                continue
            return

    def _taken_back(self, outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
        """Takes back what was counted for caps, of those for whom that is to be; part of a transaction."""
        uncounted = [outcome for outcome in outcomes if outcome.uncounted]
        counters = self.caps.read([outcome.endpoint_id for outcome in uncounted])
        return [
            action
            for outcome in uncounted
            for action in self.caps.take_back(outcome.endpoint_id, outcome.uncounted, counters)
        ]

    def entries(self, endpoint_ids: Sequence[str]) -> dict[str, Item]:
        """The entries of those endpoints that have one, by id."""
        keys = {identifier: self.endpoint_key(identifier) for identifier in endpoint_ids}
        found = self.table.batch_get(keys.values())
        return {identifier: found[key] for identifier, key in keys.items() if key in found}

    def totals(self) -> Totals:
        """How many recipients have which status, wait to be tried again, or were not reached, over all chunks."""
        totals = Totals({}, Counter())
        for item in self.table.all(self.pk, prefix="C#"):
            for name, value in item.items():
                kind, _, rest = name.partition("_")
                if kind == "n":
                    treatment, status = rest.split("_", 1)
                    totals.counts.setdefault(treatment, Counter())[status] += value
                elif kind == "w":
                    totals.missing[rest] += value
                elif kind == "m" and "done" not in item:
                    totals.missing[rest] += value
                    totals.counts.setdefault(rest, Counter())[NOT_REACHED] += value
        return totals

    def open_claims(self, cursor: dict[str, Any] | None = None) -> Iterator[tuple[list[OpenClaim], dict[str, Any]]]:
        """The claims without a result, however many were claimed together: at most 48 at a time, each time with the cursor to go on after them.

        Reads the whole ledger from the cursor on: ask `totals` first whether there are any.
        """
        cursor = cursor or {"Shard": 0, "After": None}
        for shard in range(cursor["Shard"], SHARDS):
            for claims, after in self._open_in(shard, cursor["After"] if shard == cursor["Shard"] else None):
                yield claims, {"Shard": shard, "After": after}

    def _open_in(self, shard: int, after: str | None) -> Iterator[tuple[list[OpenClaim], str]]:
        """A shard's claims without a result behind a sort key, each time with the one to go on after them."""
        while True:
            page = self.table.page(f"{self.pk}#{shard:02d}", prefix="E#", after=after)
            found = [item for item in page.items if item["status"] == CLAIMED]
            for start in range(0, len(found), BATCH):
                batch = found[start : start + BATCH]
                claims = [OpenClaim(item["id"], item["treatment"], item["chunk"], item.get("at", 0)) for item in batch]
                yield claims, batch[-1]["sk"]
            after = page.last
            if after is None:
                return

    def close_chunk(self, chunk: int, lost: str | None = None, passed: Collection[int] = ()) -> None:
        """Notes that everybody of a chunk was considered, or that it was lost and why.

        passed: the shards of which nobody is claimed by the batch any more.
        """
        result = {"done": 1} if lost is None else {"lost": lost}
        far = {far_name(shard): PASSED for shard in passed}
        self.table.set(self.pk, chunk_key(chunk), {**result, **far, "expires": self.expires})

    def note_missing(self, chunk: int, missing: Mapping[str, int]) -> None:
        """Notes how many of a lost chunk have no entry, by treatment id."""
        names = {f"#{at}": f"m_{treatment}" for at, treatment in enumerate(missing)}
        values = {f":{at}": number for at, number in enumerate(missing.values())}
        changes = ", ".join(f"#{at} = :{at}" for at in range(len(missing)))
        if changes:
            self.table.update(self.pk, chunk_key(chunk), f"SET {changes}", values, names=names)

    def is_done(self, chunk: int) -> bool:
        """Whether everybody of a chunk was considered."""
        return "done" in (self.table.get(self.pk, chunk_key(chunk)) or {})

    def unfinished(self, chunks: Sequence[int]) -> dict[int, str]:
        """Those of the chunks that are not done, with the reason."""
        items = {item["sk"]: item for item in self.table.all(self.pk, prefix="C#")}
        found = {chunk: items.get(chunk_key(chunk), {}) for chunk in chunks}
        return {
            chunk: item.get("lost", "its step did not finish") for chunk, item in found.items() if "done" not in item
        }

    def note_parts(self, parts: Collection[int]) -> None:
        """Notes at which instants (epoch milliseconds) recipients are due whose own clocks count."""
        for part in parts:
            self.table.set(self.pk, f"Z#{part:015d}", {"expires": self.expires})

    def parts(self) -> list[int]:
        """The instants that were noted."""
        return [int(item["sk"].partition("#")[2]) for item in self.table.all(self.pk, prefix="Z#")]

    def plan(self) -> dict[str, Any] | None:
        """The run's plan, or None before it was made."""
        item = self.table.get(self.pk, "PLAN")
        return json.loads(item["plan"]) if item else None

    def put_plan(self, plan: dict[str, Any]) -> dict[str, Any]:
        """Stores the plan, unless there is one. Returns the one that counts."""
        item = {"pk": self.pk, "sk": "PLAN", "plan": json.dumps(plan), "expires": self.expires}
        if self.table.put(item, condition="attribute_not_exists(pk)"):
            return plan
        return self.plan() or plan

    def resume_plan(self, plan: Mapping[str, Any], moment: str) -> None:
        """Notes in the plan when its run was taken up again."""
        item = {"pk": self.pk, "sk": "PLAN", "plan": json.dumps({**plan, "Resumed": moment}), "expires": self.expires}
        self.table.put(item)

    def _claims(self, recipients: Sequence[Recipient], chunk: int) -> Iterator[dict[str, Any]]:
        """What a transaction does to claim recipients, the counters aside."""
        for recipient in recipients:
            yield self._entry_action(recipient, chunk)
            if recipient.status == CLAIMED:
                yield self.address_action(recipient)
            elif recipient.again:
                entry = Outcome(recipient.id, recipient.treatment_id, recipient.status, recipient.due or recipient.at)
                yield self.waiting_action(entry, chunk)

    def _entry_action(self, recipient: Recipient, chunk: int) -> dict[str, Any]:
        """Enters a recipient that has no entry; part of a transaction."""
        return self.enter_action(
            recipient.id,
            recipient.treatment_id,
            recipient.status,
            chunk,
            at=recipient.at,
            changed=recipient.at,
            waits=recipient.again,
            address=address_digest(recipient) if recipient.status == CLAIMED else None,
        )

    def enter_action(
        self,
        identifier: str,
        treatment: str,
        status: str,
        chunk: int,
        *,
        at: int,
        changed: int,
        waits: bool,
        address: str | None = None,
    ) -> dict[str, Any]:
        """Enters an endpoint that has no entry of its own; part of a transaction. Members are those of the layout."""
        pk, sk = self.endpoint_key(identifier)
        entry = {
            "pk": pk,
            "sk": sk,
            "id": identifier,
            "status": status,
            "changed": changed,
            "waits": waits,
            "treatment": treatment,
            "chunk": chunk,
            "at": at,
            "address": address,
            "expires": self.expires,
        }
        return self.table.put_action(entry, UNCLAIMED)

    def _count_claims(self, recipients: Sequence[Recipient], chunk: int) -> dict[str, Any]:
        """Counts recipients that a transaction enters."""
        return self.count_action(chunk, counts_of(recipients))

    def _without_known(self, waiting: Sequence[Recipient], chunk: int) -> list[Recipient]:
        """Those that have no entry yet; one whose address another endpoint claimed becomes a duplicate, or waits for its result."""
        known = self.entries([recipient.id for recipient in waiting])
        unknown = []
        for recipient in waiting:
            if entry := known.get(recipient.id):
                recipient.status, recipient.treatment_id = entry["status"], entry["treatment"]
                recipient.at, recipient.again = entry.get("at", 0), entry.get("waits", False)
                continue
            unknown.append(recipient)
        items = self.table.batch_get(self.address_key(one) for one in unknown if wants_claim(one))
        self.share_addresses(unknown, items)
        return unknown

    def share_addresses(
        self, recipients: Sequence[Recipient], items: Mapping[Key, Mapping[str, Any]], *, idle: int | None = None
    ) -> None:
        """Lets one recipient an address be CLAIMED; a second one, and one whose address has an owner, becomes DUPLICATE_ADDRESS.

        It is `again` as long as the owner's result may give the address free.

        Args:
            items: What the ledger has for the addresses.
            idle: The chunk that no step is sending to now: a claim of it has no result to come.
        """
        wanting = [(recipient, self.address_key(recipient)) for recipient in recipients if wants_claim(recipient)]
        owners = {key: items[key]["owner"] for _, key in wanting if key in items}
        entries = self.entries(sorted(set(owners.values()))) if owners else {}
        oldest = self._clock() * 1000 - STEP_MILLISECONDS
        for recipient, key in wanting:
            owner = owners.setdefault(key, recipient.id)
            duplicate = owner != recipient.id
            recipient.status = DUPLICATE_ADDRESS if duplicate else CLAIMED
            recipient.again = duplicate and (key not in items or may_end(entries.get(owner, {}), oldest, idle))

    def change_action(
        self, identifier: str, former: str, status: str, *, waits: bool, address: str = ""
    ) -> dict[str, Any]:
        """Sets the status of an entry that has the former one; part of a transaction.

        waits: whether it is on the waiting list. address: the digest of the address that is claimed with it.
        """
        values: dict[str, Any] = {"status": status, "changed": int(self._clock() * 1000), "waits": waits}
        if address or waits:  # who waits claims an address with the next try
            values["address"] = address or None
        return self.table.set_action(*self.endpoint_key(identifier), values, known={"status": former})

    def address_action(self, recipient: Recipient) -> dict[str, Any]:
        """Claims an address for an endpoint that may have claimed it before; part of a transaction."""
        pk, sk = self.address_key(recipient)
        owner = {"pk": pk, "sk": sk, "owner": recipient.id, "expires": self.expires}
        free = "attribute_not_exists(pk) OR #owner = :id"  # OWNER is a reserved word
        return self.table.put_action(owner, free, {":id": recipient.id}, names={"#owner": "owner"})

    def _free_action(self, key: Key, owner: str) -> dict[str, Any]:
        """Ends an endpoint's claim of an address; part of a transaction."""
        own = "attribute_not_exists(pk) OR #owner = :id"
        return self.table.delete_action(*key, own, {":id": owner}, names={"#owner": "owner"})

    def waiting_pk(self, chunk: int) -> str:
        """The partition of a chunk's waiting list."""
        return f"{self.pk}#W{chunk:06d}"

    def waiting_action(self, outcome: Outcome, chunk: int) -> dict[str, Any]:
        """Puts an entry on a chunk's waiting list; part of a transaction."""
        item = {
            "pk": self.waiting_pk(chunk),
            "sk": f"{outcome.due:015d}#{outcome.endpoint_id.lower()}",
            "id": outcome.endpoint_id,
            "treatment": outcome.treatment_id,
            "status": outcome.status,
            "tries": outcome.tries,
            "expires": self.expires,
        }
        return self.table.put_action(item, "attribute_not_exists(pk)")

    def count_action(self, chunk: int, counts: Counter[str]) -> dict[str, Any]:
        """Changes a chunk's counters; part of a transaction."""
        return self.table.add_action(self.pk, chunk_key(chunk), counts, {"expires": self.expires})

    def endpoint_key(self, identifier: str) -> Key:
        key = identifier.lower()
        return f"{self.pk}#{shard_of(key):02d}", f"E#{key}"

    def address_key(self, recipient: Recipient) -> Key:
        """The key of an address's claim."""
        name = address_digest(recipient)
        return f"{self.pk}#{shard_of(name):02d}", f"A#{name}"
