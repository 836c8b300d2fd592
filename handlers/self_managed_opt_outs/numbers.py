"""Who is opted out, and since when: one item for each number that was ever opted out or in.

Item: `address`, `status` OUT or IN, `since` (when it changed), `heard` (its newest keyword), `keyword`, `language`,
`message_id` and `destination` of the message that changed it, `revision`; `quiet` where that was no change for the
person: a first START of someone who was not out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from botocore.exceptions import ClientError

from handlers.self_managed_opt_outs.inbound import Inbound
from handlers.self_managed_opt_outs.keywords import Keyword
from handlers.shared.attribute_values import from_wire, to_wire
from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client

OUT = "OUT"
IN = "IN"
BY_STATUS = "byStatus"
ATTEMPTS = 8
_PAGE = 100


class BusyError(Exception):
    """Others changed the number, or DynamoDB left it unread, in all attempts; trying again later may help."""


@dataclass(frozen=True)
class Number:
    """What is known of a number. Times are ISO 8601 in UTC with milliseconds, so that texts compare as times do."""

    address: str
    status: str
    since: str
    heard: str
    keyword: str
    language: str
    message_id: str
    destination: str
    revision: int
    quiet: bool = False

    def public(self) -> dict[str, Any]:
        """As records and notifications tell it."""
        return {
            "Address": self.address,
            "Status": self.status,
            "Since": self.since,
            "Keyword": self.keyword,
            "Language": self.language,
            "InboundMessageId": self.message_id,
            "DestinationNumber": self.destination,
        }


_MEMBERS = tuple(field.name for field in fields(Number))


def decided(known: Number | None, message: Inbound, keyword: Keyword, *, was_out: bool) -> Number:
    """The number after a STOP or START; the same object where the message changes nothing.

    What counts is when messages were sent: an older one that comes late is passed over; of two at the same moment STOP
    wins. was_out: whether endpoints of a number that is not known yet are opted out.
    """
    status = OUT if keyword.action == "STOP" else IN
    if known is not None:
        if known.message_id == message.message_id:
            return known
        if message.at < known.heard or (message.at == known.heard and status == IN):
            return known
        if known.status == status:
            return replace(known, heard=message.at, revision=known.revision + 1)
    return Number(
        address=message.number,
        status=status,
        since=message.at,
        heard=message.at,
        keyword=keyword.word,
        language=keyword.language,
        message_id=message.message_id,
        destination=message.destination,
        revision=known.revision + 1 if known else 1,
        quiet=known is None and status == IN and not was_out,
    )


class Numbers:
    """The table of numbers."""

    def __init__(self, table: str) -> None:
        self._table = table

    def read(self, addresses: Collection[str]) -> dict[str, Number]:
        """Those that are known, by address; at most 100. Raises BusyError."""
        keys = [{"address": {"S": address}} for address in addresses]
        asked: dict[str, Any] = {self._table: {"Keys": keys, "ConsistentRead": True}}
        found: dict[str, Number] = {}
        for attempt in range(ATTEMPTS):
            if not keys:
                return found
            answer = aws_client("dynamodb").batch_get_item(RequestItems=asked)
            found |= {number.address: number for number in _numbers(answer["Responses"].get(self._table, []))}
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return found
            pause(attempt)
        raise BusyError("the table of opt-outs left numbers unread")

    def note(self, message: Inbound, keyword: Keyword, known: Number | None, *, was_out: bool) -> Number:
        """Remembers what a STOP or START says; returns the number as it is then. Raises BusyError."""
        for attempt in range(ATTEMPTS):
            number = decided(known, message, keyword, was_out=was_out)
            if number is known or self._put(number):
                return number
            pause(attempt)
            known = self.read([message.number]).get(message.number)
        raise BusyError(f"the number was changed by others {ATTEMPTS} times in a row")

    def page(self, status: str, cursor: Mapping[str, Any] | None) -> tuple[list[Number], Mapping[str, Any] | None]:
        """Up to 100 numbers of a status, those that have it longest first; and where to go on (None: that was all).

        The index follows the table with a delay, usually below a second.
        """
        answer = aws_client("dynamodb").query(
            TableName=self._table,
            IndexName=BY_STATUS,
            KeyConditionExpression="#status = :status",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={":status": {"S": status}},
            Limit=_PAGE,
            **({"ExclusiveStartKey": cursor} if cursor else {}),
        )
        return list(_numbers(answer["Items"])), answer.get("LastEvaluatedKey")

    def _put(self, number: Number) -> bool:
        first = number.revision == 1
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(address)" if first else "revision = :seen",
            **({} if first else {"ExpressionAttributeValues": to_wire({":seen": number.revision - 1})}),
        }
        try:
            aws_client("dynamodb").put_item(TableName=self._table, Item=to_wire(asdict(number)), **condition)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _numbers(items: Iterable[Mapping[str, Any]]) -> Iterable[Number]:
    for item in items:
        values = from_wire(item)
        yield Number(**{name: values[name] for name in _MEMBERS if name in values})


def pause(attempt: int) -> None:
    """Waits between attempts: up to 100 ms doubled for each, with full jitter."""
    backoff(attempt, first=0.1)
