"""The activities of a journey: kinds, what each leads to, and what the service runs.

An activity is an object with its kind's member (`{"EMAIL": {...}}`) and perhaps a Description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Activity = Mapping[str, Any]
MESSAGES = ("EMAIL", "SMS", "PUSH", "CUSTOM")
"""Message activities that the service runs."""
RUN = (*MESSAGES, "Wait", "ConditionalSplit", "MultiCondition", "RandomSplit", "Holdout")
NOT_RUN = {
    "ContactCenter": "contact center activities are not offered by the hosted engagement service",
}
TYPES = {
    **dict.fromkeys(("EMAIL", "SMS", "PUSH", "CUSTOM"), "MESSAGE"),
    "Wait": "WAIT",
    "ConditionalSplit": "CONDITIONAL_SPLIT",
    "MultiCondition": "MULTI_CONDITIONAL_SPLIT",
    "RandomSplit": "RANDOM_SPLIT",
    "Holdout": "HOLDOUT",
    "ContactCenter": "CONTACT_CENTER",
}
"""ActivityType of the execution metrics."""


def kinds_of(activity: Activity) -> list[str]:
    """The kinds that an activity has; a valid one has exactly one."""
    return [name for name in TYPES if name in activity]


def kind_of(activity: Activity) -> str:
    """The kind of a valid activity."""
    return kinds_of(activity)[0]


def body_of(activity: Activity) -> Mapping[str, Any]:
    """The members of a valid activity's kind."""
    return activity[kind_of(activity)]


def targets(activity: Activity) -> Iterator[tuple[str, str]]:
    """(member's path, activity id) of everything that an activity leads to."""
    for kind in kinds_of(activity):
        body = activity[kind]
        for name in ("NextActivity", "TrueActivity", "FalseActivity", "DefaultActivity"):
            if body.get(name):
                yield f"{kind}.{name}", body[name]
        for at, branch in enumerate(body.get("Branches") or ()):
            if branch.get("NextActivity"):
                yield f"{kind}.Branches[{at}].NextActivity", branch["NextActivity"]


def conditions(activity: Activity) -> list[tuple[str, Mapping[str, Any]]]:
    """(path, SimpleCondition) of everything that a split asks."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for at, condition in enumerate(
        ((activity.get("ConditionalSplit") or {}).get("Condition") or {}).get("Conditions") or ()
    ):
        found.append((f"ConditionalSplit.Condition.Conditions[{at}]", condition))
    for at, branch in enumerate((activity.get("MultiCondition") or {}).get("Branches") or ()):
        found.append((f"MultiCondition.Branches[{at}].Condition", branch.get("Condition") or {}))
    return found


def dimensions_of(condition: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """SegmentDimensions of a SimpleCondition, whose name on the wire begins with a small letter; None where it has none."""
    return condition.get("segmentDimensions", condition.get("SegmentDimensions"))
