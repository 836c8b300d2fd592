"""What a run is started with: `{"Query", "Type": "direct", "SegmentName", "SegmentId"?}` or `{"Query", "Type": "mutate"}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DIRECT = "direct"
MUTATE = "mutate"
QUERY_BYTES = 150_000
"""Every notification carries the input; Amazon SNS takes 256 KB, and a query's line ends are written as two characters."""

_MEMBERS = {DIRECT: ("Query", "Type", "SegmentName", "SegmentId"), MUTATE: ("Query", "Type")}


class RequestError(ValueError):
    """The input asks for nothing that can be done. The message says what is allowed."""


@dataclass(frozen=True)
class Request:
    """segment_name and segment_id are empty for `mutate`; segment_id is empty where a new segment is to be made."""

    type: str
    segment_name: str = ""
    segment_id: str = ""


def parse(run_input: Any) -> Request:
    """Reads a run's input. Raises RequestError."""
    if not isinstance(run_input, dict):
        raise RequestError('the input is no object; allowed is {"Query": ..., "Type": "direct" or "mutate", ...}')
    kind = run_input.get("Type")
    if not isinstance(kind, str) or kind not in _MEMBERS:
        raise RequestError(f"Type is {kind!r}; allowed are {DIRECT}, {MUTATE}")
    unknown = sorted(set(run_input) - set(_MEMBERS[kind]))
    if unknown:
        raise RequestError(f"Type {kind} takes no {', '.join(unknown)}; allowed are {', '.join(_MEMBERS[kind])}")
    query = _text(run_input, "Query")
    if len(query.encode()) > QUERY_BYTES:
        raise RequestError(f"Query has {len(query.encode()):,} bytes; allowed are {QUERY_BYTES:,}: make it a view")
    if kind == MUTATE:
        return Request(kind)
    segment_id = run_input.get("SegmentId", "")
    if not isinstance(segment_id, str):
        raise RequestError(f"SegmentId is {segment_id!r}; allowed is the id of an imported segment, or leave it out")
    return Request(kind, _text(run_input, "SegmentName"), segment_id)


def _text(run_input: dict[str, Any], member: str) -> str:
    value = run_input.get(member)
    if not isinstance(value, str) or not value.strip():
        raise RequestError(f"{member} is {'missing' if value is None else repr(value)[:60]}; allowed is text")
    return value
