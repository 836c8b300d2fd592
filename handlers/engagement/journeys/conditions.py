"""The conditions of splits, asked of one participant.

Choices where Pinpoint's documents are silent: names of events compare without regard to case, with or without the leading underscore;
no Operator is ALL; a split without conditions holds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.engagement.journeys.activities import dimensions_of
from handlers.engagement.segments.dimensions import compile_dimensions


@dataclass(frozen=True)
class Facts:
    """What is known of a participant at the moment of a step.

    endpoint: EndpointResponse as it is now, with its user's attributes.
    member: segment id -> whether the endpoint is a member now.
    events: message activity id -> names of events (`event_name`) of its message, on this walk.
    answers: CUSTOM activity id -> the EventAttributes that its function answered, on this walk.
    """

    endpoint: Mapping[str, Any] = field(default_factory=dict)
    member: Callable[[str], bool] = lambda _segment: False
    events: Mapping[str, Collection[str]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def event_name(event_type: str) -> str:
    """An event type as conditions compare it: `_email.open` and `EMAIL.OPEN` are one."""
    return event_type.removeprefix("_").lower()


def split_holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a ConditionalSplit's Condition holds."""
    combine = any if condition.get("Operator") == "ANY" else all
    asked = condition.get("Conditions") or ()
    return not asked or combine(holds(one, facts) for one in asked)


def holds(condition: Mapping[str, Any], facts: Facts) -> bool:
    """Whether a SimpleCondition holds."""
    if segment := condition.get("SegmentCondition"):
        return facts.member(segment["SegmentId"])
    dimensions = dimensions_of(condition)
    if dimensions is not None:
        return compile_dimensions(dimensions)(facts.endpoint)
    event = condition.get("EventCondition") or {}
    activity, dimensions = event.get("MessageActivity", ""), event.get("Dimensions") or {}
    if attributes := dimensions.get("Attributes"):
        answer = facts.answers.get(activity, {})
        return all(_answered(answer.get(name), wanted) for name, wanted in attributes.items())
    known = facts.events.get(activity, ())
    return any(event_name(wanted) in known for wanted in (dimensions.get("EventType") or {}).get("Values") or ())


def event_conditions(conditions: Collection[Mapping[str, Any]]) -> list[str]:
    """The ids of the message activities whose events are asked for."""
    return [one["EventCondition"]["MessageActivity"] for one in conditions if one.get("EventCondition")]


def _answered(value: str | None, wanted: Mapping[str, Any]) -> bool:
    return (value in wanted["Values"]) == ((wanted.get("AttributeType") or "INCLUSIVE") == "INCLUSIVE")
