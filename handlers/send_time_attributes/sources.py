"""Where the attributes come from: a DynamoDB table, or a function of one's own."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

from handlers.campaign_hook.filters import FAILED, THROTTLED
from handlers.campaign_hook.lookups import LookupFailedError, failure, side_by_side
from handlers.shared.backoff import backoff, doubled
from handlers.shared.clients import aws_client
from handlers.shared.json_objects import answered

BATCH = 100
FIRST_PAUSE_SECONDS = 0.05
LONGEST_KEY_BYTES = 2048

Row = Mapping[str, Any]


class Source(Protocol):
    """Answers for many keys at once."""

    def read(self, keys: Sequence[str], seconds: float) -> dict[str, Row | LookupFailedError]:
        """Key -> its columns, or why they could not be read in this time; no entry where there is nothing."""
        ...


class TableSource:
    """A DynamoDB table whose key is one text column: 100 keys a call.

    Where a whole call fails or is slow, its keys are read one by one in the time that is left, so that one bad key or
    one slow partition takes nobody else's attributes away.
    """

    def __init__(self, table: str, key_column: str, columns: Sequence[str], seconds: float) -> None:
        self.table = table
        self.key_column = key_column
        names = list(dict.fromkeys([key_column, *columns]))
        self._projection = {
            "ProjectionExpression": ", ".join(f"#{at}" for at in range(len(names))),
            "ExpressionAttributeNames": {f"#{at}": name for at, name in enumerate(names)},
        }
        self._client = aws_client("dynamodb", max_attempts=1, read_timeout=seconds, connect_timeout=seconds)
        self._plain = TypeDeserializer().deserialize

    def read(self, keys: Sequence[str], seconds: float) -> dict[str, Row | LookupFailedError]:
        """As in Source. Half of the time is for whole calls, the other half for single keys."""
        started = time.monotonic()
        readable = [key for key in dict.fromkeys(keys) if 0 < len(key.encode()) <= LONGEST_KEY_BYTES]
        batches = [tuple(readable[at : at + BATCH]) for at in range(0, len(readable), BATCH)]
        half = started + seconds / 2
        found: dict[str, Row | LookupFailedError] = {}
        singly: list[str] = []
        for batch, answer in side_by_side(lambda batch: self._batch(batch, half), batches, half).items():
            if isinstance(answer, LookupFailedError):
                singly += batch
            else:
                found |= answer
        for key, row in side_by_side(self._one, singly, started + seconds).items():
            if row is not None:
                found[key] = row
        return found

    def _batch(self, keys: Sequence[str], deadline: float) -> dict[str, Row | LookupFailedError]:
        """What the table has of the keys; those that it leaves unprocessed are asked for again until the deadline."""
        found: dict[str, Row | LookupFailedError] = {}
        waiting = [{self.key_column: {"S": key}} for key in keys]
        for attempt in itertools.count():
            answer = self._answer(waiting)
            for item in answer.get("Responses", {}).get(self.table, ()):
                row = self._row(item)
                found[row[self.key_column]] = row
            waiting = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            pause = doubled(attempt, FIRST_PAUSE_SECONDS)
            if not waiting or time.monotonic() + pause >= deadline:
                break
            backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
        for key in waiting:
            found[key[self.key_column]["S"]] = LookupFailedError(THROTTLED, "the table left the key unprocessed")
        return found

    def _answer(self, keys: list[dict[str, Any]]) -> dict[str, Any]:
        """BatchGetItem's answer; one that is throttled as a whole has processed no key."""
        request = {self.table: {"Keys": keys, **self._projection}}
        try:
            return self._client.batch_get_item(RequestItems=request)
        except ClientError as error:
            if failure(error).reason != THROTTLED:
                raise
            return {"UnprocessedKeys": request}

    def _one(self, key: str) -> Row | None:
        answer = self._client.get_item(TableName=self.table, Key={self.key_column: {"S": key}}, **self._projection)
        return self._row(answer["Item"]) if "Item" in answer else None

    def _row(self, item: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._plain(value) for name, value in item.items()}


class FunctionSource:
    """A function of one's own: `{"Keys": [key]}` in, `{key: {column: value}}` out, for all keys of a batch at once."""

    def __init__(self, function: str, seconds: float) -> None:
        self.function = function
        self._client = aws_client("lambda", max_attempts=1, read_timeout=seconds, connect_timeout=seconds)

    def read(self, keys: Sequence[str], seconds: float) -> dict[str, Row | LookupFailedError]:
        """As in Source. The whole batch has one outcome where the function has none for single keys."""
        wanted = tuple(dict.fromkeys(key for key in keys if key))
        if not wanted:
            return {}
        answer = side_by_side(self._ask, [wanted], time.monotonic() + seconds)[wanted]
        if isinstance(answer, LookupFailedError):
            return dict.fromkeys(wanted, answer)
        return {key: row for key, row in answer.items() if isinstance(row, Mapping)}

    def _ask(self, keys: Sequence[str]) -> Mapping[str, Any]:
        answer = self._client.invoke(FunctionName=self.function, Payload=json.dumps({"Keys": list(keys)}).encode())
        if answer.get("FunctionError"):
            raise LookupFailedError(FAILED, "the function ended with an error")
        try:
            rows = answered(answer["Payload"].read())
        except ValueError as error:
            raise LookupFailedError(FAILED, "the function's answer is not JSON") from error
        if not isinstance(rows, Mapping):
            raise LookupFailedError(FAILED, f"the function answered {type(rows).__name__}; needed is an object by key")
        return rows


def texts(value: Any) -> list[str]:
    """A column's value as an endpoint attribute has it; empty where it is nothing that an attribute can hold."""
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, str):
        return [value] if value else []
    if isinstance(value, int | float | Decimal):
        return [format(value, "f") if isinstance(value, Decimal) else str(value)]
    if isinstance(value, list | tuple | set | frozenset):
        entries = value if isinstance(value, list | tuple) else sorted(value, key=str)
        return [text for entry in entries if not isinstance(entry, list | set) for text in texts(entry)]
    return []
