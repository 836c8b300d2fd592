"""DynamoDB tables with string keys `pk` and `sk`, or `pk` alone, in memory: what the hosted service's store uses, and no more.

Items are kept as their JSON text, so that twenty thousand of them weigh little in the measured process.
Conditions and updates that are not understood raise: a benchmark must not pass over what a table would refuse.
"""

from __future__ import annotations

import bisect
import json
import re
import threading
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from bench.fakes import units
from bench.fakes.wire import Answer, Reply, UnansweredCallError, json_of

PAGE_BYTES = 1_000_000  # of a Query's answer, as DynamoDB has it
TRANSACTION = 100
"""Actions of a transaction at the most, each of another item."""
_COMPARISON = re.compile(r"^([#\w]+)\s*(=|<>|<=|>=|<|>)\s*(:\w+)$")
_FUNCTION = re.compile(r"^(attribute_exists|attribute_not_exists|begins_with)\(\s*([#\w]+)\s*(?:,\s*(:\w+)\s*)?\)$")
_CLAUSE = re.compile(r"\b(SET|REMOVE|ADD)\b")

Wired = dict[str, dict[str, Any]]


class FakeDynamoDb:
    """Any number of tables, each there as soon as it is named."""

    def __init__(self) -> None:
        self._items: dict[str, dict[str, dict[str, bytes]]] = defaultdict(lambda: defaultdict(dict))
        self._order: dict[tuple[str, str], list[str]] = {}
        self._lock = threading.RLock()

    def answers(self) -> dict[str, Answer]:
        """For the wire."""
        operations = {
            "GetItem": self._get_item,
            "PutItem": self._put_item,
            "UpdateItem": self._update_item,
            "DeleteItem": self._delete_item,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "TransactWriteItems": self._transact,
            "Query": self._query,
        }
        return {f"dynamodb.{name}": _locked(self._lock, operation) for name, operation in operations.items()}

    def count(self, table: str) -> int:
        """How many items a table has."""
        return sum(len(partition) for partition in self._items[table].values())

    def store(self, table: str, item: Mapping[str, Any]) -> None:
        """Puts an item, in DynamoDB's typed form, without a call."""
        with self._lock:
            self._store(table, item)

    def _find(self, table: str, key: Mapping[str, Any]) -> Wired | None:
        text = self._items[table][key["pk"]["S"]].get(_sk(key))
        return None if text is None else json.loads(text)

    def _store(self, table: str, item: Mapping[str, Any]) -> None:
        self._items[table][item["pk"]["S"]][_sk(item)] = json.dumps(item, separators=(",", ":")).encode()
        self._order.pop((table, item["pk"]["S"]), None)

    def _remove(self, table: str, key: Mapping[str, Any]) -> None:
        self._items[table][key["pk"]["S"]].pop(_sk(key), None)
        self._order.pop((table, key["pk"]["S"]), None)

    def _holds(self, table: str, action: Mapping[str, Any]) -> bool:
        condition = action.get("ConditionExpression")
        if not condition:
            return True
        item = self._find(table, action.get("Key") or action["Item"]) or {}
        return _holds(condition, item, action)

    def _get_item(self, request: dict[str, Any]) -> Reply:
        item = self._find(request["TableName"], request["Key"])
        return Reply({} if item is None else {"Item": item}, reads=units.read([item], consistent=_consistent(request)))

    def _put_item(self, request: dict[str, Any]) -> Reply:
        before = self._find(request["TableName"], request["Item"])
        if not self._holds(request["TableName"], request):
            return _refusal("ConditionalCheckFailedException", units.written(before, None))
        self._store(request["TableName"], request["Item"])
        return Reply({}, writes=units.changed(before, request["Item"]))

    def _update_item(self, request: dict[str, Any]) -> Reply:
        before = self._find(request["TableName"], request["Key"])
        if not self._holds(request["TableName"], request):
            return _refusal("ConditionalCheckFailedException", units.written(before, None))
        item = dict(before or request["Key"])
        _update(item, request)
        self._store(request["TableName"], item)
        returned = {"ALL_OLD": before, "ALL_NEW": item}.get(request.get("ReturnValues", "NONE"))
        return Reply({"Attributes": returned} if returned else {}, writes=units.changed(before, item))

    def _delete_item(self, request: dict[str, Any]) -> Reply:
        before = self._find(request["TableName"], request["Key"])
        if not self._holds(request["TableName"], request):
            return _refusal("ConditionalCheckFailedException", units.written(before, None))
        self._remove(request["TableName"], request["Key"])
        return Reply({}, writes=units.changed(before, None))

    def _batch_get(self, request: dict[str, Any]) -> Reply:
        parts, charged = [], 0.0
        for table, wanted in request["RequestItems"].items():
            found = [self._items[table][key["pk"]["S"]].get(_sk(key)) for key in wanted["Keys"]]
            charged += units.read(found, consistent=_consistent(wanted))
            parts.append(json.dumps(table).encode() + b":[" + b",".join(text for text in found if text) + b"]")
        return Reply(b'{"Responses":{' + b",".join(parts) + b'},"UnprocessedKeys":{}}', reads=charged)

    def _batch_write(self, request: dict[str, Any]) -> Reply:
        charged = 0.0
        for table, writes in request["RequestItems"].items():
            for write in writes:
                item = write["PutRequest"]["Item"] if "PutRequest" in write else None
                key = item or write["DeleteRequest"]["Key"]
                charged += units.changed(self._find(table, key), item)
                if item is not None:
                    self._store(table, item)
                else:
                    self._remove(table, key)
        return Reply({"UnprocessedItems": {}}, writes=charged)

    def _transact(self, request: dict[str, Any]) -> Reply:
        actions = [next(iter(action.items())) for action in request["TransactItems"]]
        keys = [action.get("Key") or action["Item"] for _, action in actions]
        named = {
            (action["TableName"], key["pk"]["S"], _sk(key)) for (_, action), key in zip(actions, keys, strict=True)
        }
        if len(named) < len(actions) or len(actions) > TRANSACTION:
            return _refusal("ValidationException", 0.0)
        before = [self._find(action["TableName"], key) for (_, action), key in zip(actions, keys, strict=True)]
        reasons = [
            {"Code": "None" if self._holds(action["TableName"], action) else "ConditionalCheckFailed"}
            for _, action in actions
        ]
        if any(reason["Code"] != "None" for reason in reasons):
            charged = sum(units.written(item, None, transaction=True) for item in before)
            return _refusal("TransactionCanceledException", charged, CancellationReasons=reasons)
        charged = 0.0
        for (verb, action), former in zip(actions, before, strict=True):
            item = former if verb == "ConditionCheck" else None
            if verb == "Put":
                item = action["Item"]
                self._store(action["TableName"], item)
            elif verb == "Delete":
                self._remove(action["TableName"], action["Key"])
            elif verb == "Update":
                item = dict(former or action["Key"])
                _update(item, action)
                self._store(action["TableName"], item)
            charged += units.changed(former, item, transaction=True)
        return Reply({}, writes=charged)

    def _query(self, request: dict[str, Any]) -> Reply:
        if "IndexName" in request:
            return self._query_index(request)
        table, values = request["TableName"], request["ExpressionAttributeValues"]
        partition = self._items[table][values[":pk"]["S"]]
        order = self._order.get((table, values[":pk"]["S"]))
        if order is None:
            order = self._order[table, values[":pk"]["S"]] = sorted(partition)
        keys = _selected(order, request, values)
        limit = request.get("Limit", len(keys))
        taken, size = [], 0
        for key in keys[:limit]:
            taken.append(key)
            size += len(partition[key])
            if size >= PAGE_BYTES:
                break
        more = len(taken) < len(keys)
        last = b',"LastEvaluatedKey":' + _key(values[":pk"]["S"], taken[-1]) if more and taken else b""
        charged = units.queried([partition[key] for key in taken], consistent=_consistent(request))
        count = b'"Count":%d,"ScannedCount":%d' % (len(taken), len(taken))
        if request.get("Select") == "COUNT":
            return Reply(b"{" + count + last + b"}", reads=charged)
        items = b",".join(partition[key] for key in taken)
        return Reply(b'{"Items":[' + items + b"]," + count + last + b"}", reads=charged)

    def _query_index(self, request: dict[str, Any]) -> Reply:
        """By the hash key of the index, which holds keys alone: looks at the whole table."""
        if request["KeyConditionExpression"] != "#key = :value":
            raise UnansweredCallError(f"the fake index does not query by {request['KeyConditionExpression']!r}")
        attribute, value = request["ExpressionAttributeNames"]["#key"], request["ExpressionAttributeValues"][":value"]
        needle = json.dumps(value["S"]).encode()
        items = [
            json.loads(text)
            for partition in self._items[request["TableName"]].values()
            for text in partition.values()
            if needle in text
        ]
        names = ("pk", "sk", attribute)
        found = [{name: item[name] for name in names} for item in items if item.get(attribute) == value]
        return Reply({"Items": found}, reads=units.queried(found, consistent=False))


def _selected(order: list[str], request: Mapping[str, Any], values: Mapping[str, Any]) -> list[str]:
    expression = request["KeyConditionExpression"]
    if not re.fullmatch(r"pk = :pk( AND (begins_with\(sk, :prefix\)|sk < :below))?", expression):
        raise UnansweredCallError(f"the fake table does not query by {expression!r}")
    prefix = values.get(":prefix", {}).get("S", "")
    keys = [key for key in order if key.startswith(prefix)] if prefix else order
    if ":below" in values:
        keys = keys[: bisect.bisect_left(keys, values[":below"]["S"])]
    forward = request.get("ScanIndexForward", True)
    after = request.get("ExclusiveStartKey", {}).get("sk", {}).get("S")
    if after is None:
        return keys if forward else keys[::-1]
    return keys[bisect.bisect_right(keys, after) :] if forward else keys[: bisect.bisect_left(keys, after)][::-1]


def _key(pk: str, sk: str) -> bytes:
    return json.dumps({"pk": {"S": pk}, "sk": {"S": sk}}).encode()


def _sk(key: Mapping[str, Any]) -> str:
    return key["sk"]["S"] if "sk" in key else ""


def _locked(lock: threading.RLock, operation: Any) -> Answer:
    def answer(request: Any) -> Reply:
        parsed = json_of(request)
        with lock:
            return operation(parsed)

    return answer


def _consistent(request: Mapping[str, Any]) -> bool:
    return bool(request.get("ConsistentRead"))


def _refusal(code: str, writes: float, **more: Any) -> Reply:
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "refused", **more}
    return Reply(body, 400, writes=writes)


def _holds(condition: str, item: Wired, request: Mapping[str, Any]) -> bool:
    if " OR " in condition:
        return any(_holds(part, item, request) for part in condition.split(" OR "))
    if condition.startswith("(") and condition.endswith(")") and condition.count("(", 1) == condition.count(")") - 1:
        return _holds(condition[1:-1], item, request)
    if " AND " in condition:
        return all(_holds(part, item, request) for part in condition.split(" AND "))
    condition = condition.strip()
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    if match := _FUNCTION.match(condition):
        function, name, value = match.groups()
        name = names.get(name, name)
        if function == "begins_with":
            return item.get(name, {}).get("S", "").startswith(values[value]["S"])
        return (name in item) == (function == "attribute_exists")
    if match := _COMPARISON.match(condition):
        name, operator, value = match.groups()
        return _compare(item.get(names.get(name, name)), operator, values[value])
    raise UnansweredCallError(f"the fake table does not know the condition {condition!r}")


def _compare(left: Mapping[str, Any] | None, operator: str, right: Mapping[str, Any]) -> bool:
    if left is None:
        return operator == "<>"
    a, b = (float(v["N"]) if "N" in v else next(iter(v.values())) for v in (left, right))
    return {"=": a == b, "<>": a != b}[operator] if operator in {"=", "<>"} else _ordered(a, operator, b)


def _ordered(a: Any, operator: str, b: Any) -> bool:
    return {"<": a < b, ">": a > b, "<=": a <= b, ">=": a >= b}[operator]


def _update(item: Wired, request: Mapping[str, Any]) -> None:
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    parts = _CLAUSE.split(request["UpdateExpression"])[1:]
    for clause, assignments in zip(parts[::2], parts[1::2], strict=True):
        for assignment in re.split(r",(?![^(]*\))", assignments):
            words = assignment.replace("=", " ").replace(",", " ").split()
            name = names.get(words[0], words[0])
            if name in ("pk", "sk"):
                raise UnansweredCallError(f"no table changes an item's key: {clause} {assignment.strip()!r}")
            if clause == "REMOVE":
                item.pop(name, None)
            elif clause == "ADD" and len(words) == 2:
                item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[words[1]]["N"]))}
            elif clause == "SET" and len(words) == 2 and words[1] in values:
                item[name] = values[words[1]]
            elif clause == "SET" and len(words) == 3 and words[1] == f"if_not_exists({words[0]}":
                item.setdefault(name, values[words[2].removesuffix(")")])
            else:
                raise UnansweredCallError(f"the fake table does not know the update {clause} {assignment.strip()!r}")
