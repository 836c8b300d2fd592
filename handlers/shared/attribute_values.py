"""DynamoDB's attribute values as plain values, and which keys an item can have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Item = dict[str, Any]
PK_BYTES = 2048
SK_BYTES = 1024


def can_exist(pk: str, sk: str) -> bool:
    """Whether an item may have this key: DynamoDB takes 1 to 2,048 bytes for `pk`, 1 to 1,024 for `sk`."""
    return 1 <= len(pk.encode()) <= PK_BYTES and 1 <= len(sk.encode()) <= SK_BYTES


def to_wire(item: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """A flat dict as DynamoDB's attribute values. None values are left out.

    Raises:
        TypeError: names the attribute whose type is none of str, int, float, bool, bytes.
    """
    wire: dict[str, dict[str, Any]] = {}
    for name, value in item.items():
        if isinstance(value, str):
            wire[name] = {"S": value}
        elif isinstance(value, bool):
            wire[name] = {"BOOL": value}
        elif isinstance(value, int | float):
            wire[name] = {"N": str(value)}
        elif isinstance(value, bytes):
            wire[name] = {"B": value}
        elif value is not None:
            raise TypeError(f"attribute {name} is a {type(value).__name__}; allowed are str, int, float, bool, bytes")
    return wire


def from_wire(wire: Mapping[str, Mapping[str, Any]]) -> Item:
    """DynamoDB's attribute values as a flat dict; numbers as int, else float."""
    item: Item = {}
    for name, typed in wire.items():
        for kind, value in typed.items():
            item[name] = _number(value) if kind == "N" else value
    return item


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        return float(text)
