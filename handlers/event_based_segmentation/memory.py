"""What the newest event said of each endpoint's contested attributes, so that an older one arriving late changes nothing.

One item for each endpoint: `pk` = application and endpoint id, `state` = JSON `{attribute: [moment, [values]]}`,
`revision` counts changes, `expires` is the table's time to live. Reads and writes go 100 items a call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.event_based_segmentation.rules import Wish
from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client
from handlers.shared.overlapped import overlapped

AT_ONCE = 100
ATTEMPTS = 8
_DAY = 24 * 3600


class MemoryBusyError(Exception):
    """The table did not take or give some items in all attempts; trying again later may help."""


@dataclass
class _State:
    wishes: dict[str, Wish]
    revision: int


class Memory:
    """The memory of one application."""

    def __init__(self, table: str, application_id: str, days: int) -> None:
        self._table, self._application_id, self._seconds = table, application_id, days * _DAY

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
        states = self._read(list(wishes))
        return {
            endpoint_id: {
                name: states[endpoint_id].wishes[name] for name in names if name in states[endpoint_id].wishes
            }
            for endpoint_id, names in wishes.items()
            if endpoint_id in states
        }

    def _read(self, endpoint_ids: Sequence[str]) -> dict[str, _State]:
        chunks = [endpoint_ids[start : start + AT_ONCE] for start in range(0, len(endpoint_ids), AT_ONCE)]
        found: dict[str, _State] = {}
        for answer in overlapped(self._read_chunk, chunks):
            if isinstance(answer, ClientError | BotoCoreError):
                raise answer
            found |= answer
        return found

    def _read_chunk(self, endpoint_ids: Sequence[str]) -> dict[str, _State]:
        ids = {self._key(endpoint_id): endpoint_id for endpoint_id in endpoint_ids}
        asked: dict[str, Any] = {self._table: {"Keys": [{"pk": {"S": key}} for key in ids], "ConsistentRead": True}}
        found: dict[str, _State] = {}
        for attempt in range(ATTEMPTS):
            _pause(attempt)
            answer = aws_client("dynamodb").batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self._table, []):
                remembered = json.loads(item["state"]["S"])
                wishes = {name: Wish(moment, tuple(values)) for name, (moment, values) in remembered.items()}
                found[ids[item["pk"]["S"]]] = _State(wishes, int(item["revision"]["N"]))
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return found
        raise MemoryBusyError(f"{len(asked[self._table]['Keys'])} items were not read in {ATTEMPTS} attempts")

    def _write(self, changes: Mapping[str, _State]) -> list[str]:
        """Writes states; returns the endpoints that somebody else changed meanwhile."""
        ids = list(changes)
        chunks = [ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE)]
        again: list[str] = []
        calls = overlapped(lambda chunk: self._write_chunk([self._put(key, changes[key]) for key in chunk]), chunks)
        for chunk, answer in zip(chunks, calls, strict=True):
            if isinstance(answer, ClientError | BotoCoreError):
                raise answer
            if not answer:
                again += chunk
        return again

    def _write_chunk(self, actions: list[dict[str, Any]]) -> bool:
        """False where the transaction met another writer."""
        try:
            aws_client("dynamodb").transact_write_items(TransactItems=actions)
        except ClientError as error:
            if code_of(error) in {"TransactionCanceledException", "TransactionInProgressException"}:
                return False
            raise
        return True

    def _put(self, endpoint_id: str, state: _State) -> dict[str, Any]:
        remembered = {name: [wish.moment, list(wish.values)] for name, wish in sorted(state.wishes.items())}
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": {
                "pk": {"S": self._key(endpoint_id)},
                "state": {"S": json.dumps(remembered, ensure_ascii=False, separators=(",", ":"))},
                "revision": {"N": str(state.revision + 1)},
                "expires": {"N": str(int(time.time()) + self._seconds)},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        if state.revision:
            put["ConditionExpression"] = "revision = :seen"
            put["ExpressionAttributeValues"] = {":seen": {"N": str(state.revision)}}
        return {"Put": put}

    def _key(self, endpoint_id: str) -> str:
        return f"{self._application_id}#{endpoint_id}"


def _pause(attempt: int) -> None:
    if attempt:
        backoff(attempt, first=0.05, longest=2.0)
