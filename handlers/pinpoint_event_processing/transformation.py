"""Firehose's transformation: of the event stream, only hard bounces, complaints and what cannot be read go on.

Each goes on as a line; what cannot be read is set aside, with its object and line, by the function that reads the
objects. Source: Amazon Data Firehose Developer Guide, "Data transformation".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from handlers.pinpoint_event_processing.event import SUPPRESSING, events_of
from handlers.shared.logging import logger
from handlers.suppression.recipients import UnreadableError


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`{"records": [{"recordId", "data"}]}` -> each with `result` Ok (and its line) or Dropped."""
    records = [_transformed(record) for record in event["records"]]
    kept = sum(record["result"] == "Ok" for record in records)
    logger.info("filtered", extra={"records": len(records), "kept": kept})
    return {"records": records}


def _transformed(record: Mapping[str, Any]) -> dict[str, str]:
    encoded = str(record["data"])
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        data = encoded.encode(errors="replace")  # no base64: it is set aside as it came
    if not _matters(data):
        return {"recordId": record["recordId"], "result": "Dropped", "data": encoded}
    line = data if data.endswith(b"\n") else data + b"\n"
    return {"recordId": record["recordId"], "result": "Ok", "data": base64.b64encode(line).decode()}


def _matters(data: bytes) -> bool:
    """Whether any line is about a suppression, or is not an event that could be read."""
    return any(_line_matters(line) for line in data.split(b"\n") if line.strip())


def _line_matters(line: bytes) -> bool:
    try:
        events = events_of(line)
    except UnreadableError:
        return True
    kinds = [event.get("event_type") for event in events]
    return any(not isinstance(kind, str) or not kind or kind in SUPPRESSING for kind in kinds)
