"""What DynamoDB charges for calls on demand: write and read units, by the sizes of items.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations" and "Amazon DynamoDB Transactions: How it works". Writes are for each
begun KB of an item, the larger of before and after; in a transaction twice; also where a condition does not hold. Reads are for each begun
4 KB, half where they need not be consistent; a query's items are added up first. Secondary indexes, whose writes cost as much again, are not counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

KILOBYTE = 1024
READ_BYTES = 4 * KILOBYTE

Wired = Mapping[str, Mapping[str, Any]]


def size(item: Wired | bytes | None) -> int:
    """Bytes of an item in DynamoDB's typed form, or of its JSON text: names and values. A number counts half its digits and one."""
    wired: Wired = json.loads(item) if isinstance(item, bytes) else item or {}
    return sum(len(name.encode()) + _value(value) for name, value in wired.items())


def written(before: Wired | bytes | None, after: Wired | bytes | None, *, transaction: bool = False) -> float:
    """Write units of one item."""
    units = max(1, -(-max(size(before), size(after)) // KILOBYTE))
    return float(units * 2 if transaction else units)


def read(items: Iterable[Wired | bytes | None], *, consistent: bool) -> float:
    """Read units of items that are read one by one."""
    units = sum(max(1, -(-size(item) // READ_BYTES)) for item in items)
    return units if consistent else units / 2


def queried(items: Iterable[Wired | bytes], *, consistent: bool) -> float:
    """Read units of the items that one query looked at."""
    units = max(1, -(-sum(map(size, items)) // READ_BYTES))
    return units if consistent else units / 2


def _value(value: Mapping[str, Any]) -> int:
    [(kind, content)] = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.lstrip("-")) // 2 + 2
    if kind in ("BOOL", "NULL"):
        return 1
    if kind in ("M", "L"):
        members = content.items() if kind == "M" else [("", each) for each in content]
        return 3 + sum(1 + len(name.encode()) + _value(each) for name, each in members)
    return len(content) * 3 // 4 if kind == "B" else sum(_value({kind[0]: each}) for each in content)
