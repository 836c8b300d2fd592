"""Counts events: each in one transaction with what is known of its message and its recipient (see the package)."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from handlers.engagement.metrics.cells import KEPT_DAYS, Cells, changed, first_day, last_day, midnight
from handlers.engagement.metrics.message import Message, Observation, digest, observed
from handlers.engagement.metrics.people import Person, scopes
from handlers.shared.attribute_values import Item
from handlers.shared.claims import Attempts
from handlers.shared.event_stream import Event
from handlers.shared.tables import GET_SIZE, TRANSACTION_SIZE, Key, Table, TransactionCancelledError

SHARDS = 8
"""Rows of counters are spread, so that functions that count at once seldom meet."""
EXPIRY_SECONDS = (KEPT_DAYS + 3) * 24 * 3600


class Metrics:
    """The counters in a table.

    Args:
        clock: Epoch seconds.
        shard: Chooses a shard, 0 to 7.
    """

    def __init__(
        self,
        table: Table,
        clock: Callable[[], float] = time.time,
        shard: Callable[[], int] = lambda: random.randrange(SHARDS),  # noqa: S311 it only spreads writes
    ) -> None:
        self._table = table
        self._clock = clock
        self._shard = shard

    def count(self, events: Iterable[Event]) -> int:
        """Counts events of the project's stream, in Pinpoint's JSON; those that are counted already change nothing.

        Returns how many tell of a message that was sent too long ago, or in the future, to be counted.

        Raises:
            ContendedError: other writers were in the way again and again. What was counted stays; the rest can be tried again.
        """
        now, late = self._clock(), 0
        first, last = first_day(now), last_day(now)
        told: dict[str, Observation] = {}
        for event in events:
            observation = observed(event)
            if observation is None:
                continue
            if not first <= observation.message.day <= last:
                late += 1
                continue
            known = told.get(observation.key)
            told[observation.key] = (
                Observation(known.application, known.key, known.message.merge(observation.message))
                if known
                else observation
            )
        waiting = list(told.values())
        attempts = Attempts("counters of messages")
        while waiting:
            attempts.another()
            plan = self._plan(waiting, first)
            try:
                if plan.items:
                    self._table.transact(plan.actions(self._shard()))
            except TransactionCancelledError:
                continue
            waiting = waiting[plan.taken :]
            attempts = Attempts("counters of messages")
        return late

    def _plan(self, observations: list[Observation], first: str) -> _Plan:
        """What has to be written for as many of the observations as one call reads and one transaction holds."""
        keys: dict[Key, None] = {}
        for observation in observations:
            own = dict.fromkeys(_keys(observation))
            if len(keys | own) > GET_SIZE:
                break
            keys |= own
        plan = _Plan(self._table, keys, self._table.batch_get(keys))
        for observation in observations:
            if not plan.take(observation, first):
                break
        return plan


@dataclass
class _Plan:
    """One transaction.

    Args:
        read: The keys that were read; known: what was found.
        taken: How many observations it holds.
        items: The documents that it writes, each with its latest time, by key.
    """

    table: Table
    read: dict[Key, None]
    known: dict[Key, Item]
    taken: int = 0
    items: dict[Key, tuple[str, int]] = field(default_factory=dict)
    cells: Cells = field(default_factory=Counter)
    _people: dict[Key, Person] = field(default_factory=dict)

    def take(self, observation: Observation, first: str) -> bool:
        """Adds an observation; False where it was not read, or the transaction has no room for it."""
        key = _message_key(observation)
        if key not in self.read:
            return False
        before = Message.from_json(self.known[key]["doc"]) if key in self.known else None
        after = before.merge(observation.message) if before else observation.message
        if after == before:
            self.taken += 1
            return True
        application = observation.application
        cells = changed(before.cells(application) if before else Counter(), after.cells(application))
        items = {key: (after.to_json(), after.last)}
        person = self._person(application, before, after, first)
        if person is not None:
            cells.update(person.cells)
            items[person.key] = (person.days.to_json(), person.days.last(after.sent))
        together = Counter(self.cells)
        together.update(cells)
        together = Counter({cell: number for cell, number in together.items() if number})
        rows = {(pk, row) for pk, row, _ in together}
        if self.taken and len(self.items | items) + len(rows) > TRANSACTION_SIZE:
            return False
        self.cells = together
        self.items |= items
        if person is not None:
            self._people[person.key] = person.days
        self.taken += 1
        return True

    def _person(self, application: str, before: Message | None, after: Message, first: str) -> _Change | None:
        """The recipient as the message's change leaves them, or None where they count as they did."""
        counted = (scopes(before), before.day) if before else (set[str](), "")
        if counted == (scopes(after), after.day) or not (counted[0] or scopes(after)):
            return None
        key = _person_key(after)
        person = self._people.get(key)
        if person is None:
            if key not in self.read:
                self.read[key] = None
                self.known |= self.table.batch_get([key])
            person = Person.from_json(self.known[key]["doc"]) if key in self.known else Person()
        days = person.copy()
        days.change(before, after, first)
        return _Change(key, days, changed(person.cells(application, first), days.cells(application, first)))

    def actions(self, shard: int) -> list[dict[str, Any]]:
        """The transaction's actions: the documents, each as it was read, and the counters."""
        found = []
        for key, (document, moment) in self.items.items():
            version = self.known[key]["v"] if key in self.known else None
            values = {"doc": document, "v": (version or 0) + 1, "expires": moment // 1000 + EXPIRY_SECONDS}
            found.append(self.table.set_action(*key, values, known={"v": version}))
        rows: dict[Key, dict[str, int]] = {}
        for (pk, row, name), number in self.cells.items():
            rows.setdefault((pk, f"{row}#{shard}"), {})[name] = number
        for key, counters in rows.items():
            expires = midnight(key[1][:10]) // 1000 + EXPIRY_SECONDS
            found.append(self.table.add_action(*key, counters, {"expires": expires}))
        return found


@dataclass(frozen=True)
class _Change:
    """A recipient as they are to be written, and what that changes of the counters."""

    key: Key
    days: Person
    cells: Cells


def _keys(observation: Observation) -> list[Key]:
    """What has to be read for an observation: the message, and the recipient where it counts."""
    message = observation.message
    counts = message.campaign or scopes(message)
    return [_message_key(observation), *([_person_key(message)] if counts else [])]


def _message_key(observation: Observation) -> Key:
    return f"MSG#{observation.key}", "-"


def _person_key(message: Message) -> Key:
    return f"PER#{message.person}", "-"


def person_key(application: str, endpoint: str) -> Key:
    """The key of a recipient's days, by the id of the endpoint as its events have it."""
    return f"PER#{digest(application, endpoint)}", "-"
