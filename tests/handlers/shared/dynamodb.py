"""A boto3 client of DynamoDB in memory, on the benchmark's tables."""

from __future__ import annotations

import io
import itertools
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from botocore.exceptions import ClientError

from bench.fakes.dynamodb import FakeDynamoDb
from tests.handlers.shared.fakes import client_error


@dataclass
class _Body:
    text: bytes

    def __post_init__(self) -> None:
        self._file = io.BytesIO(self.text)

    @property
    def body(self) -> bytes:
        return self.text


class DynamoDb:
    """A boto3 client on the benchmark's table. conflicts: every so many transactions another one is in the way."""

    def __init__(self, conflicts: int = 0) -> None:
        self.tables = FakeDynamoDb()
        self._answers = self.tables.answers()
        self._conflicts = conflicts
        self._transactions = itertools.count(1)
        self.calls: Counter[str] = Counter()

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        name = _name(operation)
        self._answers[name]  # an operation that is not known is an error at once

        def call(**request: Any) -> dict[str, Any]:
            self.calls[operation] += 1
            transaction = operation == "transact_write_items"
            if transaction and self._conflicts and next(self._transactions) % self._conflicts == 0:
                raise _cancelled([{"Code": "TransactionConflict"} for _ in request["TransactItems"]])
            return self._answered(operation, request)

        return call

    def _answered(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        reply = self._answers[_name(operation)](_Body(json.dumps(request).encode()))  # pyright: ignore[reportArgumentType] a body is all that it reads
        body = json.loads(reply.body) if isinstance(reply.body, str | bytes) else cast(dict[str, Any], reply.body)
        if reply.status >= 400:
            code = body["__type"].rpartition("#")[2]
            if code == "TransactionCanceledException":
                raise _cancelled(body["CancellationReasons"])
            raise client_error(code, reply.status)
        return body


def _name(operation: str) -> str:
    return "dynamodb." + "".join(word.title() for word in operation.split("_"))


def _cancelled(reasons: list[dict[str, str]]) -> ClientError:
    error = client_error("TransactionCanceledException", 400)
    error.response["CancellationReasons"] = reasons  # pyright: ignore[reportGeneralTypeIssues]
    return error


class Recording(DynamoDb):
    """asked: operations with their requests, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        answer = super().__getattr__(operation)

        def call(**request: Any) -> dict[str, Any]:
            self.asked.append((operation, request))
            return answer(**request)

        return call

    @property
    def operations(self) -> list[str]:
        """What was asked, in order."""
        return [operation for operation, _ in self.asked]

    @property
    def transactions(self) -> list[int]:
        """How many actions each transaction had."""
        return [
            len(request["TransactItems"]) for operation, request in self.asked if operation == "transact_write_items"
        ]
