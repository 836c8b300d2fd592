"""What DynamoDB charges for calls on demand: write and read units, by the sizes of items.

Source: Amazon DynamoDB Developer Guide, "DynamoDB read and write operations" and "Amazon DynamoDB Transactions: How it works". Writes are for each
begun KB of an item, the larger of before and after; in a transaction twice; also where a condition does not hold. Reads are for each begun
4 KB, half where they need not be consistent; a query's items are added up first. An index of keys alone ("Using Global Secondary Indexes",
"Write capacity units") is written where its key comes, goes or changes (twice: the former entry goes), a unit each; a transaction does not
double that (asked of AWS in https://github.com/nubo-db/dynoxide/pull/188).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

KILOBYTE = 1024
READ_BYTES = 4 * KILOBYTE
INDEX_KEY = "address_key"
"""Hash key of the one index, of endpoints by their address."""

Wired = Mapping[str, Mapping[str, Any]]


def size(item: Wired | bytes | None) -> int:
    """Bytes of an item in DynamoDB's typed form, or of its JSON text: names and values. A number counts half its digits and one."""
    return sum(len(name.encode()) + _value(value) for name, value in _wired(item).items())


def written(before: Wired | bytes | None, after: Wired | bytes | None, *, transaction: bool = False) -> float:
    """Write units of one item, without the index."""
    units = max(1, -(-max(size(before), size(after)) // KILOBYTE))
    return float(units * 2 if transaction else units)


def changed(before: Wired | bytes | None, after: Wired | bytes | None, *, transaction: bool = False) -> float:
    """Write units of one item that is written, with its entry in the index."""
    entries = [wired.get(INDEX_KEY) for wired in (_wired(before), _wired(after))]
    indexed = 0 if entries[0] == entries[1] else sum(entry is not None for entry in entries)
    return written(before, after, transaction=transaction) + indexed


def read(items: Iterable[Wired | bytes | None], *, consistent: bool) -> float:
    """Read units of items that are read one by one."""
    units = sum(max(1, -(-size(item) // READ_BYTES)) for item in items)
    return units if consistent else units / 2


def queried(items: Iterable[Wired | bytes], *, consistent: bool) -> float:
    """Read units of the items that one query looked at."""
    units = max(1, -(-sum(map(size, items)) // READ_BYTES))
    return units if consistent else units / 2


def _wired(item: Wired | bytes | None) -> Wired:
    return json.loads(item) if isinstance(item, bytes) else item or {}


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
