"""DynamoDB by its low-level client: batches at the API's own sizes, retries of what was not processed, paging.

Items and keys go in and come out as plain dicts of `str`, `int`, `bool` and `bytes`; nothing nested (documents are one
JSON string), so that (de)serialising stays cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from handlers.shared import expressions
from handlers.shared.attribute_values import Item, can_exist, from_wire, to_wire
from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client
from handlers.shared.overlapped import overlap

if TYPE_CHECKING:
    from botocore.client import BaseClient

GET_SIZE = 100
WRITE_SIZE = 25
TRANSACTION_SIZE = 100  # and 4 MB, which 100 endpoints of 15 KB stay below
ATTEMPTS = 10
Key = tuple[str, str]


def table_client(max_attempts: int = 5) -> BaseClient:
    """The client of tables: it leaves requests unchecked, since `Table` alone writes them. max_attempts: as in `aws_client`."""
    return aws_client("dynamodb", max_attempts=max_attempts, parameter_validation=False)


class TransactionCancelledError(Exception):
    """A transaction did not happen.

    Args:
        failed: The positions whose condition did not hold or that conflicted.
        refused: Those of them whose condition did not hold.
    """

    def __init__(self, failed: Sequence[int], message: str, refused: Sequence[int] = ()) -> None:
        super().__init__(message)
        self.failed = list(failed)
        self.refused = list(refused)


class UnprocessedError(ClientError):
    """The table took a part of a batch only, however often the rest was sent again: an error of throttling, as the API's own are."""

    def __init__(self, message: str, operation: str) -> None:
        told = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": message}}
        super().__init__({**told, "ResponseMetadata": {"HTTPStatusCode": 400}}, operation)  # type: ignore[arg-type] answers have more


class Page(NamedTuple):
    """One page of a query: `items`, and the sort key to go on after (None: that was all)."""

    items: list[Item]
    last: str | None


class Table:
    """One table with string keys `pk` and `sk`, or `pk` alone.

    Reads by a key that no item can have (empty, too long) find nothing, where DynamoDB answers with an error.

    Args:
        name: The table's name.
        client: A boto3 dynamodb client; default `table_client`.
        sort_key: Whether items have `sk`; without it the second half of every key is empty.
    """

    def __init__(self, name: str, client: BaseClient | None = None, *, sort_key: bool = True) -> None:
        self.name = name
        self.client = client or table_client()
        self._sort_key = sort_key

    def get(self, pk: str, sk: str, *, consistent: bool = True) -> Item | None:
        """One item, or None."""
        if not self._can_exist(pk, sk):
            return None
        answer = self.client.get_item(TableName=self.name, Key=self._key(pk, sk), ConsistentRead=consistent)
        return from_wire(answer["Item"]) if "Item" in answer else None

    def batch_get(self, keys: Iterable[Key], *, consistent: bool = True) -> dict[Key, Item]:
        """Those items that exist, by (pk, sk). 100 keys a call; calls overlap; unprocessed keys are asked again."""
        distinct = [key for key in dict.fromkeys(keys) if self._can_exist(*key)]
        chunks = [distinct[start : start + GET_SIZE] for start in range(0, len(distinct), GET_SIZE)]
        found: dict[Key, Item] = {}
        for part in overlap(lambda chunk: self._get_chunk(chunk, consistent), chunks):
            found.update(part)
        return found

    def put(
        self, item: Mapping[str, Any], *, condition: str | None = None, values: Mapping[str, Any] | None = None
    ) -> bool:
        """Writes one item. With a condition: False when it does not hold."""
        request: dict[str, Any] = {"TableName": self.name, "Item": to_wire(item)}
        return self._conditional(self.client.put_item, request, condition, values)

    def update(
        self,
        pk: str,
        sk: str,
        expression: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
    ) -> bool:
        """UpdateItem. With a condition: False when it does not hold."""
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": self._key(pk, sk),
            "UpdateExpression": expression,
        }
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return self._conditional(self.client.update_item, request, condition, values)

    def set(self, pk: str, sk: str, values: Mapping[str, Any], *, known: Mapping[str, Any] | None = None) -> bool:
        """Sets attributes (None removes one) of an item, which comes into being. False unless it is as `known` says.

        known: attributes with their values; None: such an attribute is not there.
        """
        request = {"TableName": self.name, "Key": self._key(pk, sk), **expressions.changed(values, known or {})}
        return self._conditional(self.client.update_item, request, None, None)

    def delete(
        self,
        pk: str,
        sk: str,
        *,
        condition: str | None = None,
        values: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
    ) -> bool:
        """Deletes one item. With a condition: False when it does not hold."""
        request: dict[str, Any] = {"TableName": self.name, "Key": self._key(pk, sk)}
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return self._conditional(self.client.delete_item, request, condition, values)

    def batch_write(self, puts: Iterable[Mapping[str, Any]] = (), deletes: Iterable[Key] = ()) -> int:
        """Puts and deletes, 25 a call, calls overlapped, unprocessed ones sent again. Returns how many were written.

        Keys must be distinct (DynamoDB's own rule).
        """
        requests: list[dict[str, Any]] = [{"PutRequest": {"Item": to_wire(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": self._key(pk, sk)}} for pk, sk in deletes]
        chunks = [requests[start : start + WRITE_SIZE] for start in range(0, len(requests), WRITE_SIZE)]
        overlap(self._write_chunk, chunks)
        return len(requests)

    def transact(self, actions: Sequence[Mapping[str, Any]]) -> None:
        """TransactWriteItems of up to 100 actions made by `put_action`, `set_action`, `delete_action`.

        Raises:
            TransactionCancelledError: a condition did not hold, or another transaction was on the same items.
        """
        try:
            self.client.transact_write_items(TransactItems=actions)
        except ClientError as error:
            if code_of(error) == "TransactionInProgressException":  # the first try of this very transaction
                raise TransactionCancelledError([], str(error)) from error
            if code_of(error) != "TransactionCanceledException":
                raise
            codes = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
            if {"ValidationError", "ItemCollectionSizeLimitExceeded"} & set(codes):
                raise
            failed = [at for at, code in enumerate(codes) if code != "None"]
            refused = [at for at, code in enumerate(codes) if code == "ConditionalCheckFailed"]
            raise TransactionCancelledError(failed, str(error), refused) from error

    def put_action(
        self,
        item: Mapping[str, Any],
        condition: str,
        values: Mapping[str, Any] | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A conditional put for `transact`."""
        put: dict[str, Any] = {"TableName": self.name, "Item": to_wire(item), "ConditionExpression": condition}
        if names:
            put["ExpressionAttributeNames"] = dict(names)
        if values:
            put["ExpressionAttributeValues"] = to_wire(values)
        return {"Put": put}

    def set_action(
        self, pk: str, sk: str, values: Mapping[str, Any], *, known: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A `set` for `transact`."""
        return {
            "Update": {"TableName": self.name, "Key": self._key(pk, sk), **expressions.changed(values, known or {})}
        }

    def add_action(
        self,
        pk: str,
        sk: str,
        numbers: Mapping[str, int],
        values: Mapping[str, Any] | None = None,
        *,
        below: tuple[str, str] | None = None,
    ) -> dict[str, Any]:
        """Adds numbers to attributes of an item, which comes into being, and sets others, for `transact`.

        below: an attribute that must be less than a value, or not be there.
        """
        members = expressions.added(numbers, values or {}, below)
        return {"Update": {"TableName": self.name, "Key": self._key(pk, sk), **members}}

    def delete_action(
        self,
        pk: str,
        sk: str,
        condition: str,
        values: Mapping[str, Any] | None = None,
        *,
        names: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """A conditional delete for `transact`."""
        delete: dict[str, Any] = {
            "TableName": self.name,
            "Key": self._key(pk, sk),
            "ConditionExpression": condition,
        }
        if values:
            delete["ExpressionAttributeValues"] = to_wire(values)
        if names:
            delete["ExpressionAttributeNames"] = dict(names)
        return {"Delete": delete}

    def page(
        self,
        pk: str,
        *,
        after: str | None = None,
        limit: int | None = None,
        prefix: str = "",
        below: str = "",
        newest_first: bool = False,
        consistent: bool = True,
    ) -> Page:
        """One Query call in a partition: items after sort key `after`, at most `limit`, with sort keys starting by `prefix` or below `below`."""
        if not can_exist(pk, prefix or "-"):
            return Page([], None)
        request: dict[str, Any] = {
            "TableName": self.name,
            **expressions.chosen(pk, prefix=prefix, below=below),
            "ScanIndexForward": not newest_first,
            "ConsistentRead": consistent,
        }
        if limit is not None:
            request["Limit"] = limit
        if after is not None:
            request["ExclusiveStartKey"] = {"pk": {"S": pk}, "sk": {"S": after}}
        answer = self.client.query(**request)
        last = answer.get("LastEvaluatedKey")
        return Page([from_wire(item) for item in answer["Items"]], last["sk"]["S"] if last else None)

    def all(self, pk: str, *, prefix: str = "", below: str = "", newest_first: bool = False) -> Iterator[Item]:
        """Every item of a partition, or those that `page` chooses, page by page."""
        after: str | None = None
        while True:
            page = self.page(pk, after=after, prefix=prefix, below=below, newest_first=newest_first)
            yield from page.items
            if page.last is None:
                return
            after = page.last

    def index_keys(self, index: str, attribute: str, value: str) -> list[Key]:
        """(pk, sk) of every item that a secondary index has for its hash key, a page of 1 MB a call."""
        keys: list[Key] = []
        start: dict[str, Any] | None = None
        while True:
            answer = self.client.query(
                TableName=self.name,
                IndexName=index,
                KeyConditionExpression="#key = :value",
                ProjectionExpression="pk, sk",
                ExpressionAttributeNames={"#key": attribute},
                ExpressionAttributeValues={":value": {"S": value}},
                **({"ExclusiveStartKey": start} if start else {}),
            )
            keys += [(item["pk"]["S"], item["sk"]["S"]) for item in answer["Items"]]
            start = answer.get("LastEvaluatedKey")
            if not start:
                return keys

    def count(self, pk: str, limit: int | None = None) -> int:
        """How many items a partition has; with `limit`, no more than that many are counted."""
        if not can_exist(pk, "-"):
            return 0
        total, start = 0, None
        while True:
            request: dict[str, Any] = {
                "TableName": self.name,
                **expressions.chosen(pk),
                "Select": "COUNT",
            }
            if limit is not None:
                request["Limit"] = limit - total
            if start:
                request["ExclusiveStartKey"] = start
            answer = self.client.query(**request)
            total += answer["Count"]
            start = answer.get("LastEvaluatedKey")
            if not start or (limit is not None and total >= limit):
                return total

    def _key(self, pk: str, sk: str) -> dict[str, Any]:
        return {"pk": {"S": pk}, "sk": {"S": sk}} if self._sort_key else {"pk": {"S": pk}}

    def _can_exist(self, pk: str, sk: str) -> bool:
        return can_exist(pk, sk if self._sort_key else "-")

    def _conditional(
        self,
        call: Callable[..., object],
        request: dict[str, Any],
        condition: str | None,
        values: Mapping[str, Any] | None,
    ) -> bool:
        if condition:
            request["ConditionExpression"] = condition
        if values:
            request["ExpressionAttributeValues"] = to_wire(values)
        try:
            call(**request)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _get_chunk(self, keys: Sequence[Key], consistent: bool) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        asked: dict[str, Any] = {
            self.name: {
                "Keys": [self._key(pk, sk) for pk, sk in keys],
                "ConsistentRead": consistent,
            }
        }
        for attempt in range(ATTEMPTS):
            answer = self.client.batch_get_item(RequestItems=asked)
            for wire in answer["Responses"].get(self.name, []):
                item = from_wire(wire)
                found[item["pk"], item.get("sk", "")] = item
            asked = answer.get("UnprocessedKeys") or {}
            if not asked:
                return found
            backoff(attempt)
        raise UnprocessedError(f"{len(asked[self.name]['Keys'])} keys unread after {ATTEMPTS} attempts", "BatchGetItem")

    def _write_chunk(self, requests: Sequence[Mapping[str, Any]]) -> None:
        asked: dict[str, Any] = {self.name: list(requests)}
        for attempt in range(ATTEMPTS):
            asked = self.client.batch_write_item(RequestItems=asked).get("UnprocessedItems") or {}
            if not asked:
                return
            backoff(attempt)
        raise UnprocessedError(f"{len(asked[self.name])} items unwritten after {ATTEMPTS} attempts", "BatchWriteItem")
