"""Tells who is opted out, and since when. Called by a person or a command, not by events.

- `{"operation": "list", "Status"?: "OUT"|"IN", "Cursor"?}` -> `{"Numbers": [...], "Cursor"}`: at most 100, those that have
  the status (OUT by default) longest first; Cursor is null at the end
- `{"operation": "get", "Address": "+..."}` -> `{"Number": {...}}`, or null for a number that never was opted out or in

A number: `{"Address", "Status", "Since", "Keyword", "Language", "InboundMessageId", "DestinationNumber"}`.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.self_managed_opt_outs.environment import RecordsEnvironment
from handlers.self_managed_opt_outs.numbers import IN, OUT, Numbers
from handlers.shared.addresses.normal_form import normal_form

_KEY = {"address", "status", "since"}
_environment = cache(RecordsEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module. Raises ValueError for a wrong input, and what DynamoDB answers."""
    numbers = Numbers(_environment().numbers_table)
    operation = event.get("operation")
    if operation == "get":
        address = event.get("Address")
        if not isinstance(address, str) or not address:
            raise ValueError("Address is missing; needed is a phone number in E.164 format")
        number = normal_form("SMS", address)
        found = numbers.read([number]).get(number)
        return {"Number": found.public() if found else None}
    if operation != "list":
        raise ValueError(f"operation is {operation!r}; allowed are list and get")
    status = event.get("Status", OUT)
    if status not in (OUT, IN):
        raise ValueError(f"Status is {status!r}; allowed are {OUT} and {IN}")
    page, last = numbers.page(status, _key(event.get("Cursor")))
    return {"Numbers": [number.public() for number in page], "Cursor": _cursor(last)}


def _cursor(key: Mapping[str, Any] | None) -> str | None:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else None


def _key(cursor: Any) -> dict[str, Any] | None:
    if cursor is None:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor))
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError("Cursor is none that this function gave out") from error
    if not isinstance(key, dict) or key.keys() != _KEY:
        raise ValueError("Cursor is none that this function gave out")
    return key
