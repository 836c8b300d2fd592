"""Who was answered, and which mail: one reply for each mail however often SES tells of it, one for each address and period.

Two items of one table: `mail#MESSAGE-ID` (`state` SENDING by `owner` until `lease`, then SENT or UNKNOWN) and
`to#SHA-256 of the address` (`until`: quiet until then). Both are put by one transaction before the reply is sent, and
taken back when SES did not take it. Times are epoch seconds; `expires` is the table's time to live.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.addresses.normal_form import EMAIL, normal_form
from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client

CLAIMED = "claimed"
THROTTLED = "throttled"
ANSWERED = "already-answered"
SENDING, SENT, UNKNOWN = "SENDING", "SENT", "UNKNOWN"
ATTEMPTS = 6
REMEMBERED_SECONDS = 15 * 24 * 3600
"""Longer than a message stays in any queue."""
_FAILED = "ConditionalCheckFailed"


class BeingAnsweredError(Exception):
    """Another call is sending the reply to this mail at this moment."""


class LedgerBusyError(Exception):
    """The table did not take a change in all attempts; trying again later may help."""


class Ledger:
    """table: its name. quiet_hours: how long an address that got a reply gets no other. clock: epoch seconds."""

    def __init__(self, table: str, quiet_hours: int, clock: Callable[[], float] = time.time) -> None:
        self._table, self._quiet_seconds, self._clock = table, quiet_hours * 3600, clock

    def claim(self, message_id: str, address: str, seconds: float) -> str:
        """Asks to send the reply within some seconds: CLAIMED, THROTTLED, ANSWERED, or UNKNOWN where a call that had
        claimed it died before it could say whether it was sent. Raises BeingAnsweredError, LedgerBusyError.
        """
        owner = uuid.uuid4().hex
        for attempt in range(ATTEMPTS):
            _pause(attempt)
            now = int(self._clock())
            try:
                aws_client("dynamodb").transact_write_items(
                    TransactItems=[
                        {"Put": self._mail(message_id, owner, now, seconds)},
                        {"Put": self._correspondent(message_id, address, now)},
                    ]
                )
            except ClientError as error:
                mail, correspondent = _reasons(error)
                if mail == _FAILED:
                    if found := self._state(message_id, owner, now):
                        return found
                elif correspondent == _FAILED:
                    return THROTTLED
                continue
            return CLAIMED
        raise LedgerBusyError(f"{ATTEMPTS} attempts met other writers")

    def release(self, message_id: str, address: str) -> None:
        """Takes a claim back: nothing was sent."""
        client = aws_client("dynamodb")
        try:
            client.delete_item(
                TableName=self._table,
                Key={"pk": {"S": _correspondent_key(address)}},
                ConditionExpression="attribute_not_exists(pk) OR mail = :own",
                ExpressionAttributeValues={":own": {"S": message_id}},
            )
        except ClientError as error:
            if code_of(error) != f"{_FAILED}Exception":  # another mail's reply holds it now
                raise
        client.delete_item(TableName=self._table, Key={"pk": {"S": _mail_key(message_id)}})

    def close(self, message_id: str, state: str) -> None:
        """Notes how the sending of a claimed reply ended: SENT or UNKNOWN."""
        aws_client("dynamodb").update_item(
            TableName=self._table,
            Key={"pk": {"S": _mail_key(message_id)}},
            UpdateExpression="SET #state = :state",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":state": {"S": state}},
        )

    def _state(self, message_id: str, owner: str, now: int) -> str:
        """How a mail stands that was claimed before; empty where the claim was taken back meanwhile."""
        answer = aws_client("dynamodb").get_item(
            TableName=self._table, Key={"pk": {"S": _mail_key(message_id)}}, ConsistentRead=True
        )
        item = answer.get("Item")
        if item is None:
            return ""
        if item["state"]["S"] != SENDING:
            return ANSWERED
        if item["owner"]["S"] == owner:  # our own put, whose answer did not reach us
            return CLAIMED
        if int(item["lease"]["N"]) >= now:
            raise BeingAnsweredError("another call is sending the reply to this mail")
        return UNKNOWN

    def _mail(self, message_id: str, owner: str, now: int, seconds: float) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Item": {
                "pk": {"S": _mail_key(message_id)},
                "state": {"S": SENDING},
                "owner": {"S": owner},
                "lease": {"N": str(now + int(seconds) + 1)},
                "expires": {"N": str(now + REMEMBERED_SECONDS)},
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }

    def _correspondent(self, message_id: str, address: str, now: int) -> dict[str, Any]:
        until = str(now + self._quiet_seconds)
        return {
            "TableName": self._table,
            "Item": {
                "pk": {"S": _correspondent_key(address)},
                "mail": {"S": message_id},
                "until": {"N": until},
                "expires": {"N": until},
            },
            "ConditionExpression": "attribute_not_exists(pk) OR #until <= :now",
            "ExpressionAttributeNames": {"#until": "until"},
            "ExpressionAttributeValues": {":now": {"N": str(now)}},
        }


def _mail_key(message_id: str) -> str:
    return f"mail#{message_id}"


def _correspondent_key(address: str) -> str:
    return f"to#{hashlib.sha256(normal_form(EMAIL, address).encode()).hexdigest()}"


def _reasons(error: ClientError) -> tuple[str, str]:
    """Why the two puts were refused, "None" or "" for none; raises the error where it is about something else."""
    if code_of(error) == "TransactionInProgressException":
        return "", ""
    if code_of(error) != "TransactionCanceledException":
        raise error
    codes = [str(reason.get("Code", "")) for reason in error.response.get("CancellationReasons", [])]
    if len(codes) != 2 or "ValidationError" in codes:
        raise error
    return codes[0], codes[1]


def _pause(attempt: int) -> None:
    if attempt:
        backoff(attempt, first=0.05, longest=2.0)
