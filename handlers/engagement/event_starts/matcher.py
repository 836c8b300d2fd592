"""Event filters: does an event start a journey or a campaign?

A filter is Pinpoint's EventFilter (`EventStartCondition.EventFilter`, `Schedule.EventFilter`): one of its event types, all of its attributes
(any value of each) and all of its metrics. The kinds of conditions are those of segments, and hold as they do there: EXCLUSIVE also for an
event without the attribute. FilterType (ENDPOINT, SYSTEM) says who reports such events in Pinpoint; it restricts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from handlers.engagement.segments.definitions import dimension_problems
from handlers.engagement.segments.dimensions import compile_dimensions

OF_THE_STREAM = ("_email.", "_sms.")
OF_THE_SERVICE = ("_campaign.send", "_journey.send", "_test.event_stream")
"""Events of which the service writes to the stream, and that no app reports."""

EventTest = Callable[[Mapping[str, Any]], bool]


def filter_problems(event_filter: Mapping[str, Any], path: str) -> list[str]:
    """Everything that is wrong with an EventFilter.

    Args:
        path: What the messages call it.
    """
    dimensions = event_filter.get("Dimensions") or {}
    kind = dimensions.get("EventType") or {}
    found: list[str] = []
    if not kind.get("Values"):
        found.append(f"{path}.Dimensions.EventType.Values is missing; needed is the type of an event")
    for name in kind.get("Values") or ():
        if not name:
            found.append(f"{path}.Dimensions.EventType.Values has an empty text; needed is the type of an event")
        elif name.lower().startswith(OF_THE_STREAM) or name.lower() in OF_THE_SERVICE:
            found.append(
                f"{path}.Dimensions.EventType.Values has {name!r}, an event that only the event stream tells; "
                "the hosted engagement service starts by events of PutEvents"
            )
    if (kind.get("DimensionType") or "INCLUSIVE") != "INCLUSIVE":
        found.append(f"{path}.Dimensions.EventType.DimensionType is {kind['DimensionType']!r}; allowed is INCLUSIVE")
    return [*found, *dimension_problems(f"{path}.Dimensions", _conditions(dimensions))]


def compile_filter(event_filter: Mapping[str, Any]) -> EventTest:
    """The test of an EventFilter that has no problems, to be asked of events (PutEvents' Event)."""
    dimensions = event_filter["Dimensions"]
    types = frozenset(dimensions["EventType"]["Values"])
    holds = compile_dimensions(_conditions(dimensions))
    return lambda event: event.get("EventType") in types and holds(_seen(event))


def _conditions(dimensions: Mapping[str, Any]) -> dict[str, Any]:
    return {name: dimensions[name] for name in ("Attributes", "Metrics") if dimensions.get(name)}


def _seen(event: Mapping[str, Any]) -> dict[str, Any]:
    """An event as conditions see an endpoint: lists of texts, and numbers."""
    attributes = {name: _texts(value) for name, value in (event.get("Attributes") or {}).items()}
    numbers = {name: _number(value) for name, value in (event.get("Metrics") or {}).items()}
    return {"Attributes": attributes, "Metrics": {name: value for name, value in numbers.items() if value is not None}}


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _number(value: Any) -> float | None:
    """A metric's number, also where a text writes it; None: it is none, and no condition on it holds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
