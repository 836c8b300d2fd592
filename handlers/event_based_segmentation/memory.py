"""What the newest event said of each endpoint's contested attributes, so that an older one arriving late changes nothing.

One item for each endpoint: `pk` = application and endpoint id, `state` = JSON `{attribute: [moment, [values]]}`,
`revision` counts changes, `expires` is the table's time to live. Reads and writes go 100 items a call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from handlers.event_based_segmentation.rules import Wish
from handlers.shared.attribute_values import Item
from handlers.shared.backoff import backoff
from handlers.shared.compact_json import compact_json
from handlers.shared.overlapped import overlap
from handlers.shared.tables import TRANSACTION_SIZE, Table, TransactionCancelledError

ATTEMPTS = 8
_DAY = 24 * 3600


class MemoryBusyError(Exception):
    """Others changed the same items in all attempts; trying again later may help."""


@dataclass
class _State:
    wishes: dict[str, Wish]
    revision: int


class Memory:
    """The memory of one application."""

    def __init__(self, table: str, application_id: str, days: int) -> None:
        self._table, self._application_id, self._seconds = Table(table, sort_key=False), application_id, days * _DAY

    def merge(self, wishes: Mapping[str, Mapping[str, Wish]]) -> dict[str, dict[str, Wish]]:
        """Remembers each wish that is newer than what is remembered. Returns what is remembered then of these attributes.

        wishes: by endpoint id and attribute. Raises MemoryBusyError, or what DynamoDB answers.
        """
        pending = list(wishes)
        newest: dict[str, dict[str, Wish]] = {}
        for attempt in range(ATTEMPTS):
            _pause(attempt)
            states = self._read(pending)
            changes: dict[str, _State] = {}
            for endpoint_id in pending:
                state = states.get(endpoint_id, _State({}, 0))
                newer = {
                    attribute: wish
                    for attribute, wish in wishes[endpoint_id].items()
                    if attribute not in state.wishes or wish.order > state.wishes[attribute].order
                }
                merged = {**state.wishes, **newer}
                newest[endpoint_id] = {attribute: merged[attribute] for attribute in wishes[endpoint_id]}
                if newer:
                    changes[endpoint_id] = _State(merged, state.revision)
            pending = self._write(changes)
            if not pending:
                return newest
        raise MemoryBusyError(f"{len(pending)} endpoints were changed by others {ATTEMPTS} times in a row")

    def recall(self, wishes: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Wish]]:
        """What is remembered, by endpoint id, of the attributes asked for."""
        states = self._read(wishes)
        return {
            endpoint_id: {
                name: states[endpoint_id].wishes[name] for name in names if name in states[endpoint_id].wishes
            }
            for endpoint_id, names in wishes.items()
            if endpoint_id in states
        }

    def _read(self, endpoint_ids: Iterable[str]) -> dict[str, _State]:
        keys = {(self._key(endpoint_id), ""): endpoint_id for endpoint_id in endpoint_ids}
        return {keys[key]: _state(item) for key, item in self._table.batch_get(keys).items()}

    def _write(self, changes: Mapping[str, _State]) -> list[str]:
        """Writes states; returns the endpoints that somebody else changed meanwhile."""
        ids = list(changes)
        chunks = [ids[start : start + TRANSACTION_SIZE] for start in range(0, len(ids), TRANSACTION_SIZE)]
        written = overlap(lambda chunk: self._write_chunk([self._put(key, changes[key]) for key in chunk]), chunks)
        return [key for chunk, done in zip(chunks, written, strict=True) if not done for key in chunk]

    def _write_chunk(self, actions: list[dict[str, Any]]) -> bool:
        """False where the transaction met another writer."""
        try:
            self._table.transact(actions)
        except TransactionCancelledError:
            return False
        return True

    def _put(self, endpoint_id: str, state: _State) -> dict[str, Any]:
        remembered = {name: [wish.moment, list(wish.values)] for name, wish in sorted(state.wishes.items())}
        item = {
            "pk": self._key(endpoint_id),
            "state": compact_json(remembered),
            "revision": state.revision + 1,
            "expires": int(time.time()) + self._seconds,
        }
        if not state.revision:
            return self._table.put_action(item, "attribute_not_exists(pk)")
        return self._table.put_action(item, "revision = :seen", {":seen": state.revision})

    def _key(self, endpoint_id: str) -> str:
        return f"{self._application_id}#{endpoint_id}"


def _state(item: Item) -> _State:
    remembered = json.loads(item["state"])
    return _State(
        {name: Wish(moment, tuple(values)) for name, (moment, values) in remembered.items()}, item["revision"]
    )


def _pause(attempt: int) -> None:
    if attempt:
        backoff(attempt, first=0.05, longest=2.0)
