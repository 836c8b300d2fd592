"""The waiting list of a chunk: recipients whose message certainly was not sent yet, each with the time of its next try.

An entry and the status in the ledger change in one transaction: an entry is there exactly as long as the recipient may be claimed again.
What waits for a hook that fails is tried a few times; after that only a run that is resumed tries again. An endpoint that waits for the
result of another one with the same address is a duplicate for good when that step has died: whether its message went out is not known.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.campaigns.address_claims import DUPLICATE_ADDRESS, address_digest, wants_claim
from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.chunk_counters import counter
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.shared.backoff import doubled
from handlers.shared.claims import Attempts
from handlers.shared.logging import logger
from handlers.shared.tables import Key, TransactionCancelledError

BATCH = 24  # a status, an entry and an address each, and the counters: within a transaction's 100 actions
ACTIONS = 99  # and the counters
FIRST_PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 300
HOOK_TRIES = 4
WHEN_RESUMED = 10**14
"""Added to the time of an entry that waits for the run to be resumed: such entries sort behind all others."""


class Entry(NamedTuple):
    """A recipient that waits. key: its sort key in the list. status: why it got nothing yet."""

    key: str
    endpoint_id: str
    treatment_id: str
    status: str
    tries: int

    @property
    def due(self) -> int:
        """When the next try is due, in epoch milliseconds; of one that waits for the run to be resumed: a time that never comes."""
        return int(self.key.partition("#")[0])

    @property
    def since(self) -> int:
        """A moment that the entry is about, in epoch milliseconds."""
        return self.due - WHEN_RESUMED if self.due > WHEN_RESUMED else self.due


def next_try(moment: int, recipient: Recipient) -> int:
    """When to try again (epoch milliseconds) what failed for now at a moment."""
    if recipient.status == "HOOK_FAILURE" and recipient.tries >= HOOK_TRIES:
        return WHEN_RESUMED + moment
    return moment + round(1000 * doubled(recipient.tries, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))


class WaitingList:
    """The waiting list of one chunk of a run."""

    def __init__(self, ledger: Ledger, chunk: int) -> None:
        self._ledger = ledger
        self.chunk = chunk

    def first(self) -> list[Entry]:
        """The at most 24 entries that are due first."""
        return self.page(None)

    def due(self, now: int, resumed: int, first: Sequence[Entry] | None = None) -> list[Entry]:
        """At most 24 entries whose time has come.

        Args:
            now: Epoch milliseconds.
            resumed: When the run was resumed; 0: it was not.
            first: What `first` gave just now; by default it is asked.
        """
        found = [entry for entry in (self.first() if first is None else first) if entry.due <= now]
        if not found and resumed:
            found = [entry for entry in self.page(f"{WHEN_RESUMED:015d}") if entry.due < WHEN_RESUMED + resumed]
        return found

    def page(self, after: str | None) -> list[Entry]:
        """The next 24 entries, in the order of their times, after a key."""
        page = self._ledger.table.page(self._ledger.waiting_pk(self.chunk), after=after, limit=BATCH)
        return [Entry(item["sk"], item["id"], item["treatment"], item["status"], item["tries"]) for item in page.items]

    def claim(self, waiting: Sequence[tuple[Entry, Recipient]]) -> list[Recipient]:
        """Takes at most 24 recipients off the list: with a claim, or with the final status that they have.

        Returns those that this call claimed: only they may be sent to. One whose address another endpoint has claimed meanwhile becomes
        DUPLICATE_ADDRESS; as long as the owner has no result it stays on the list, with a later time. One whom a cap keeps from the
        message gets the status that says so, for good.
        """
        size = ACTIONS // (3 + self._ledger.caps.actions_each)
        batches = [waiting[start : start + size] for start in range(0, len(waiting), size)]
        return [recipient for batch in batches for recipient in self._claim(batch)]

    def _claim(self, waiting: Sequence[tuple[Entry, Recipient]]) -> list[Recipient]:
        """Takes as many off the list as one transaction takes."""
        remaining = list(waiting)
        counted = self._ledger.caps.judge([recipient for _, recipient in remaining])
        self._share_addresses(remaining, {})
        attempts = Attempts("claims of who waits")
        while remaining:
            attempts.another()
            actions = [action for pair in remaining for action in self._actions(*pair)]
            actions += self._ledger.caps.count([recipient for _, recipient in remaining], counted)
            counts: Counter[str] = Counter()
            for entry, recipient in remaining:
                counts[counter(entry.treatment_id, entry.status)] -= 1
                counts[counter(entry.treatment_id, recipient.status)] += 1
                counts[f"w_{entry.treatment_id}"] -= not recipient.again
            try:
                self._ledger.table.transact([*actions, self._ledger.count_action(self.chunk, counts)])
            except TransactionCancelledError:
                remaining = self._still_waiting(remaining)
                counted = self._ledger.caps.judge([recipient for _, recipient in remaining])
                continue
            break
        return [recipient for _, recipient in remaining if recipient.status == CLAIMED]

    def postpone(self, entries: Sequence[tuple[Entry, int]]) -> None:
        """Gives at most 24 entries later times (epoch milliseconds). What another step is quicker with is as that one made it."""
        actions: list[dict[str, Any]] = []
        for entry, due in entries:
            later = Outcome(entry.endpoint_id, entry.treatment_id, entry.status, due, entry.tries)
            actions.append(
                self._ledger.table.delete_action(self._ledger.waiting_pk(self.chunk), entry.key, "attribute_exists(pk)")
            )
            actions.append(self._ledger.waiting_action(later, self.chunk))
        try:
            self._ledger.table.transact(actions)
        except TransactionCancelledError as error:
            logger.info("entries stay as they are", extra={"entries": len(entries), "reason": str(error)})

    def forget(self, ids: Collection[str]) -> int:
        """Takes endpoints off the list, with their claims: they are waited for no more. Returns how many.

        Args:
            ids: In lower case.
        """
        found, after = 0, None
        while entries := self.page(after):
            for entry in entries:
                if entry.endpoint_id.lower() in ids:
                    key = self._ledger.endpoint_key(entry.endpoint_id)
                    found += self._take_off(entry, self._ledger.table.delete_action(*key, "attribute_exists(pk)"))
            after = entries[-1].key
        return found

    def _take_off(self, entry: Entry, *more: Mapping[str, Any]) -> bool:
        """Takes an entry off the list and counts that nobody waits for it. False where another one was quicker."""
        table = self._ledger.table
        off = table.delete_action(self._ledger.waiting_pk(self.chunk), entry.key, "attribute_exists(pk)")
        try:
            table.transact(
                [off, *more, self._ledger.count_action(self.chunk, Counter({f"w_{entry.treatment_id}": -1}))]
            )
        except TransactionCancelledError:
            return False
        return True

    def _actions(self, entry: Entry, recipient: Recipient) -> list[dict[str, Any]]:
        ledger = self._ledger
        pk = ledger.waiting_pk(self.chunk)
        address = address_digest(recipient) if recipient.status == CLAIMED else ""
        actions = [
            ledger.table.delete_action(pk, entry.key, "attribute_exists(pk)"),
            ledger.change_action(
                entry.endpoint_id, entry.status, recipient.status, waits=recipient.again, address=address
            ),
        ]
        if recipient.status == CLAIMED:
            actions.append(ledger.address_action(recipient))
        elif recipient.again:
            due = recipient.due or next_try(int(time.time() * 1000), recipient)
            later = due if due != entry.due else due + 1  # a transaction takes one action an item
            outcome = Outcome(entry.endpoint_id, entry.treatment_id, recipient.status, later, recipient.tries)
            actions.append(ledger.waiting_action(outcome, self.chunk))
        return actions

    def _still_waiting(self, pairs: Sequence[tuple[Entry, Recipient]]) -> list[tuple[Entry, Recipient]]:
        """Those that are still on the list; of those that now have one address, one is to be claimed at most.

        Who has no claim any more was erased, and is taken off the list.
        """
        ledger, pk = self._ledger, self._ledger.waiting_pk(self.chunk)
        wanting = [recipient for _, recipient in pairs if wants_claim(recipient)]
        keys = [(pk, entry.key) for entry, _ in pairs] + [ledger.address_key(recipient) for recipient in wanting]
        keys += [ledger.endpoint_key(entry.endpoint_id) for entry, _ in pairs]
        items = ledger.table.batch_get(dict.fromkeys(keys))
        remaining = [pair for pair in pairs if (pk, pair[0].key) in items]
        for entry, _ in remaining:
            if ledger.endpoint_key(entry.endpoint_id) not in items:
                self._take_off(entry)
        remaining = [pair for pair in remaining if ledger.endpoint_key(pair[0].endpoint_id) in items]
        self._share_addresses(remaining, items)
        return remaining

    def _share_addresses(
        self, pairs: Sequence[tuple[Entry, Recipient]], items: Mapping[Key, Mapping[str, Any]]
    ) -> None:
        # One step at a time works on a chunk, and this one is not sending now.
        self._ledger.share_addresses([recipient for _, recipient in pairs], items, idle=self.chunk)
        for entry, recipient in pairs:
            if recipient.again and not recipient.due:
                recipient.tries = entry.tries + 1 if entry.status == DUPLICATE_ADDRESS else 0
