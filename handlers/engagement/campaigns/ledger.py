"""The ledger of a campaign's run: which endpoint and which address was claimed, and what became of it.

Nothing is sent without a claim, and a claim is made once: the claims of a batch are one transaction, conditional on no claim being
there. A claim without a result at the end of the run means that its step died between claim and result; whether the message
went out is then not known, and it is never sent again.

Layout of the sends table (run = campaign id, version, number):
| what | pk | sk |
|---|---|---|
| claim of an endpoint: `status`, `treatment`, `id`, `chunk`, `at` | `RUN#{run}#{shard}` | `E#{endpoint id in lower case}` |
| claim of an address: `owner` | `RUN#{run}#{shard}` | `A#{digest of channel type and address}` |
| a chunk's counters `n_{treatment}_{status}`; `done`, `lost` | `RUN#{run}` | `C#{chunk}` |
| the plan | `RUN#{run}` | `PLAN` |

The counters change in the same transactions as the claims, so they are right whatever is killed or retried.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.engagement.store.tables import Key, Table, TransactionCancelledError, backoff, to_wire

BATCH = 48  # an endpoint and an address each, and the counters: 97 of a transaction's 100 actions
ATTEMPTS = 12
KEPT_SECONDS = 90 * 24 * 3600
DUPLICATE_ADDRESS = "DUPLICATE_ADDRESS"


class ContendedError(RuntimeError):
    """Other writers kept a batch of the ledger busy; retrying the step goes on where it stopped."""


@dataclass(frozen=True)
class OpenClaim:
    """A claim without a result."""

    endpoint_id: str
    treatment_id: str
    chunk: int
    at: int


class Ledger:
    """The ledger of one run.

    Args:
        run: Campaign id, version and number of the run, joined by `#`.
    """

    def __init__(self, table: Table, run: str) -> None:
        self.table = table
        self.run = run
        self.pk = f"RUN#{run}"
        self.expires = int(time.time()) + KEPT_SECONDS

    def claim(self, recipients: Sequence[Recipient], chunk: int) -> list[Recipient]:
        """Enters at most 48 recipients; those with another status than CLAIMED with it, as final.

        Returns the recipients that this call claimed: only they may be sent to. The others' `status` and `at` become what the ledger
        has for them; the status is CLAIMED where an earlier step claimed and did not tell the result.
        """
        _mark_duplicates(recipients)
        moment = int(time.time() * 1000)
        for recipient in recipients:
            recipient.at = moment
        waiting = list(recipients)
        for attempt in range(ATTEMPTS):
            if not waiting:
                return []
            try:
                self.table.transact([*self._claims(waiting, chunk), self._count(chunk, _counted(waiting))])
            except TransactionCancelledError:
                waiting = self._without_known(waiting)
                if attempt:
                    backoff(attempt)
                continue
            return [recipient for recipient in waiting if recipient.status == CLAIMED]
        raise ContendedError(f"{len(waiting)} claims stay contended after {ATTEMPTS} attempts")

    def record(self, results: Sequence[tuple[str, str, str]], chunk: int) -> None:
        """Enters the results of at most 48 claims: (endpoint id, treatment id, status). A result is final."""
        waiting = list(results)
        for attempt in range(ATTEMPTS):
            if not waiting:
                return
            counts: Counter[str] = Counter()
            for _, treatment, status in waiting:
                counts[_counter(treatment, CLAIMED)] -= 1
                counts[_counter(treatment, status)] += 1
            updates = [self._result(identifier, status) for identifier, _, status in waiting]
            try:
                self.table.transact([*updates, self._count(chunk, counts)])
            except TransactionCancelledError:
                items = self.table.batch_get(self._endpoint_key(identifier) for identifier, *_ in waiting)
                waiting = [
                    result
                    for result in waiting
                    if items.get(self._endpoint_key(result[0]), {}).get("status") == CLAIMED
                ]
                if attempt:
                    backoff(attempt)
                continue
            return
        raise ContendedError(f"{len(waiting)} results stay contended after {ATTEMPTS} attempts")

    def counts(self) -> dict[str, Counter[str]]:
        """Treatment id -> how many recipients have which status, over all chunks."""
        totals: dict[str, Counter[str]] = {}
        for item in self.table.all(self.pk, prefix="C#"):
            for name, value in item.items():
                if name.startswith("n_"):
                    _, treatment, status = name.split("_", 2)
                    totals.setdefault(treatment, Counter())[status] += value
        return totals

    def open_claims(self, cursor: dict[str, Any] | None = None) -> Iterator[tuple[list[OpenClaim], dict[str, Any]]]:
        """The claims without a result, at most 48 at a time, each time with the cursor to go on after them.

        Reads the whole ledger from the cursor on: ask `counts` first whether there are any.
        """
        cursor = cursor or {"Shard": 0, "After": None}
        for shard in range(cursor["Shard"], SHARDS):
            after = cursor["After"] if shard == cursor["Shard"] else None
            while True:
                page = self.table.page(f"{self.pk}#{shard:02d}", prefix="E#", after=after)
                found = [item for item in page.items if item["status"] == CLAIMED]
                for start in range(0, len(found), BATCH):
                    batch = found[start : start + BATCH]
                    claims = [
                        OpenClaim(item["id"], item["treatment"], item["chunk"], item.get("at", 0)) for item in batch
                    ]
                    yield claims, {"Shard": shard, "After": batch[-1]["sk"]}
                after = page.last
                if after is None:
                    break

    def close_chunk(self, chunk: int, lost: str | None = None) -> None:
        """Notes that a chunk is done, or that it was lost and why."""
        expression, values = ("SET done = :one", {":one": 1}) if lost is None else ("SET lost = :why", {":why": lost})
        values = {**values, ":expires": self.expires}
        self.table.update(self.pk, _chunk_key(chunk), f"{expression}, expires = :expires", values)

    def unfinished(self, chunks: Sequence[int]) -> dict[int, str]:
        """Those of the chunks that are not done, with the reason."""
        items = {item["sk"]: item for item in self.table.all(self.pk, prefix="C#")}
        found = {chunk: items.get(_chunk_key(chunk), {}) for chunk in chunks}
        return {
            chunk: item.get("lost", "its step did not finish") for chunk, item in found.items() if "done" not in item
        }

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

    def _claims(self, recipients: Sequence[Recipient], chunk: int) -> Iterator[dict[str, Any]]:
        unclaimed = "attribute_not_exists(pk)"
        for recipient in recipients:
            pk, sk = self._endpoint_key(recipient.id)
            claim = {
                "pk": pk,
                "sk": sk,
                "id": recipient.id,
                "status": recipient.status,
                "treatment": recipient.treatment_id,
                "chunk": chunk,
                "at": recipient.at,
                "expires": self.expires,
            }
            yield self.table.put_action(claim, unclaimed)
            if recipient.status == CLAIMED:
                pk, sk = self._address_key(recipient)
                owner = {"pk": pk, "sk": sk, "owner": recipient.id, "expires": self.expires}
                yield self.table.put_action(owner, unclaimed)

    def _without_known(self, waiting: Sequence[Recipient]) -> list[Recipient]:
        """Those that have no claim yet; one whose address another endpoint claimed becomes a duplicate."""
        keys = [self._endpoint_key(recipient.id) for recipient in waiting]
        keys += [self._address_key(recipient) for recipient in waiting if recipient.status == CLAIMED]
        items = self.table.batch_get(keys)
        unknown = []
        for recipient in waiting:
            if claim := items.get(self._endpoint_key(recipient.id)):
                recipient.status, recipient.treatment_id = claim["status"], claim["treatment"]
                recipient.at = claim.get("at", 0)
                continue
            if recipient.status == CLAIMED and self._address_key(recipient) in items:
                recipient.status = DUPLICATE_ADDRESS
            unknown.append(recipient)
        return unknown

    def _result(self, identifier: str, status: str) -> dict[str, Any]:
        pk, sk = self._endpoint_key(identifier)
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": to_wire({"pk": pk, "sk": sk}),
                "UpdateExpression": "SET #status = :status",
                "ConditionExpression": "#status = :claimed",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": to_wire({":status": status, ":claimed": CLAIMED}),
            }
        }

    def _count(self, chunk: int, counts: Counter[str]) -> dict[str, Any]:
        names = {f"#{at}": name for at, name in enumerate(counts)}
        values = {f":{at}": value for at, value in enumerate(counts.values())}
        added = ", ".join(f"#{at} :{at}" for at in range(len(counts)))
        return {
            "Update": {
                "TableName": self.table.name,
                "Key": to_wire({"pk": self.pk, "sk": _chunk_key(chunk)}),
                "UpdateExpression": f"ADD {added} SET expires = :expires",
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": to_wire({**values, ":expires": self.expires}),
            }
        }

    def _endpoint_key(self, identifier: str) -> Key:
        key = identifier.lower()
        return f"{self.pk}#{shard_of(key):02d}", f"E#{key}"

    def _address_key(self, recipient: Recipient) -> Key:
        digest = address_digest(recipient)
        return f"{self.pk}#{shard_of(digest):02d}", f"A#{digest}"


def address_digest(recipient: Recipient) -> str:
    """What stands for an address, so that the ledger holds no personal data."""
    address = recipient.endpoint["Address"].strip().lower()
    return hashlib.sha256(f"{recipient.channel}\0{address}".encode()).hexdigest()


def _mark_duplicates(recipients: Sequence[Recipient]) -> None:
    seen: set[str] = set()
    for recipient in recipients:
        if recipient.status == CLAIMED:
            digest = address_digest(recipient)
            if digest in seen:
                recipient.status = DUPLICATE_ADDRESS
            seen.add(digest)


def _counted(recipients: Sequence[Recipient]) -> Counter[str]:
    return Counter(_counter(recipient.treatment_id, recipient.status) for recipient in recipients)


def _counter(treatment: str, status: str) -> str:
    return f"n_{treatment}_{status}"


def _chunk_key(chunk: int) -> str:
    return f"C#{chunk:06d}"
