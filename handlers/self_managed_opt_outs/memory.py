"""What was done about each inbound message, so that one that is delivered twice acts once.

Item: `pk` = `message#ID`, `lease` (until when someone works on it), `replied`, `announced`, `done`, `expires` (the
table's time to live).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client

LEASE_SECONDS = 90
"""Longer than a function runs, shorter than a message waits to be tried again."""
_DAY = 24 * 3600


@dataclass
class Progress:
    """What is done already of a message's work. again: somebody has begun it before."""

    again: bool = False
    replied: bool = False
    announced: bool = False


class Memory:
    """The table of messages. days: for how long they are remembered."""

    def __init__(self, table: str, days: int) -> None:
        self._table, self._seconds = table, days * _DAY

    def begin(self, message_id: str) -> Progress | None:
        """Takes the message on; None: it is done. Raises InWorkError where another function is at it."""
        now = int(time.time())
        try:
            answer = self._update(
                message_id,
                "SET lease = :until, expires = :expires",
                {
                    ":until": {"N": str(now + LEASE_SECONDS)},
                    ":expires": {"N": str(now + self._seconds)},
                    ":now": {"N": str(now)},
                },
                condition="attribute_not_exists(pk) OR (attribute_not_exists(done) AND lease < :now)",
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            if self._is_done(message_id):
                return None
            raise InWorkError("another function is at the message") from error
        before = answer.get("Attributes", {})
        return Progress(again=bool(before), replied="replied" in before, announced="announced" in before)

    def _is_done(self, message_id: str) -> bool:
        answer = aws_client("dynamodb").get_item(TableName=self._table, Key=_key(message_id), ConsistentRead=True)
        return "done" in answer.get("Item", {})

    def note(self, message_id: str, step: str) -> None:
        """Remembers that a step (`replied`, `announced`) is done."""
        self._update(message_id, f"SET {step} = :true", {":true": {"BOOL": True}})

    def take_back(self, message_id: str, step: str) -> None:
        """Forgets a step, which did not succeed."""
        self._update(message_id, f"REMOVE {step}", {})

    def finish(self, message_id: str) -> None:
        """The message is done."""
        self._update(message_id, "SET done = :true", {":true": {"BOOL": True}})

    def leave(self, message_id: str) -> None:
        """The message is not done; whoever gets it next may go on at once."""
        self._update(message_id, "SET lease = :none", {":none": {"N": "0"}})

    def _update(
        self, message_id: str, expression: str, values: dict[str, Any], *, condition: str | None = None, **more: Any
    ) -> dict[str, Any]:
        return aws_client("dynamodb").update_item(
            TableName=self._table,
            Key=_key(message_id),
            UpdateExpression=expression,
            **({"ConditionExpression": condition} if condition else {}),
            **({"ExpressionAttributeValues": values} if values else {}),
            **more,
        )


def _key(message_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"message#{message_id}"}}


class InWorkError(Exception):
    """Another function has the message; by the time it is tried again, that one has ended."""
