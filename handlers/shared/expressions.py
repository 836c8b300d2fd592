"""Members of DynamoDB's requests that hold expressions: which items of a partition, and what changes in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shared.attribute_values import to_wire


def chosen(pk: str, *, prefix: str = "", below: str = "") -> dict[str, Any]:
    """Query's members for the items of a partition, or those with sort keys starting by `prefix` or below `below`."""
    members: dict[str, Any] = {
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": pk}},
    }
    if prefix:
        members["KeyConditionExpression"] += " AND begins_with(sk, :prefix)"
        members["ExpressionAttributeValues"][":prefix"] = {"S": prefix}
    elif below:
        members["KeyConditionExpression"] += " AND sk < :below"
        members["ExpressionAttributeValues"][":below"] = {"S": below}
    return members


def added(
    numbers: Mapping[str, int], values: Mapping[str, Any], below: tuple[str, str] | None = None
) -> dict[str, Any]:
    """UpdateItem's members that add numbers to attributes and set others.

    below: an attribute that must be less than a value, or not be there.
    """
    names = {f"#{at}": name for at, name in enumerate((*numbers, *values))}
    wired = {f":{at}": value for at, value in enumerate((*numbers.values(), *values.values()))}
    sums = ", ".join(f"#{at} :{at}" for at in range(len(numbers)))
    puts = ", ".join(f"#{at} = :{at}" for at in range(len(numbers), len(names)))
    members: dict[str, Any] = {"UpdateExpression": f"ADD {sums} SET {puts}" if puts else f"ADD {sums}"}
    if below:
        names["#below"], wired[":below"] = below
        members["ConditionExpression"] = "attribute_not_exists(#below) OR #below < :below"
    return {**members, "ExpressionAttributeNames": names, "ExpressionAttributeValues": to_wire(wired)}


def changed(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """UpdateItem's members that set attributes (None removes one) where others are as known (None: not there)."""
    names: dict[str, str] = {}
    wired: dict[str, Any] = {}

    def name(attribute: str) -> str:
        names[f"#{attribute}"] = attribute
        return f"#{attribute}"

    def value(prefix: str, attribute: str, value: object) -> str:
        wired[f":{prefix}_{attribute}"] = value
        return f":{prefix}_{attribute}"

    puts = [f"{name(key)} = {value('new', key, given)}" for key, given in values.items() if given is not None]
    removed = [name(key) for key, given in values.items() if given is None]
    conditions = [
        f"attribute_not_exists({name(key)})" if given is None else f"{name(key)} = {value('old', key, given)}"
        for key, given in known.items()
    ]
    expression = (f"SET {', '.join(puts)} " if puts else "") + (f"REMOVE {', '.join(removed)}" if removed else "")
    members: dict[str, Any] = {"UpdateExpression": expression.strip(), "ExpressionAttributeNames": names}
    if conditions:
        members["ConditionExpression"] = " AND ".join(conditions)
    if wired:
        members["ExpressionAttributeValues"] = to_wire(wired)
    return members
