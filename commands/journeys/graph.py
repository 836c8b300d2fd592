"""A journey as a graph: its activities from the start on, what became of participants at each, and how many went which way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.engagement.journeys.activities import MESSAGES, Activity, body_of, kind_of, kinds_of

LEFT = ""
"""Where a way out of the journey leads."""
WAITS = "WAIT_"
"""What the names of counters that tell of waiting begin with."""


@dataclass(frozen=True)
class Edge:
    """A way. label: `TRUE`, `Branch 2 (30 %)`, or nothing; count: how many took it."""

    target: str
    label: str
    count: int


@dataclass(frozen=True)
class Node:
    """An activity. title: its kind and what it is about; counts: GetJourneyExecutionActivityMetrics."""

    id: str
    title: str
    counts: Mapping[str, int] = field(default_factory=dict)
    edges: tuple[Edge, ...] = ()


def ordered(journey: Mapping[str, Any]) -> list[str]:
    """The ids of activities that can be reached, in the order of their first being met from the start on."""
    activities: Mapping[str, Activity] = journey.get("Activities") or {}
    found: dict[str, None] = {}
    waiting = [journey.get("StartActivity") or ""]
    while waiting:
        identifier = waiting.pop()
        if identifier in activities and identifier not in found:
            found[identifier] = None
            waiting += reversed([target for _, target, _ in _ways(activities[identifier])])
    return list(found)


def nodes(
    journey: Mapping[str, Any],
    counts: Callable[[str], Mapping[str, int]],
    each: Callable[[Callable[[str], Node], Iterable[str]], Iterable[Node]] = map,
) -> list[Node]:
    """The whole graph. counts: an activity's, by its id. each: calls for all activities, at once perhaps, in their order."""
    activities: Mapping[str, Activity] = journey.get("Activities") or {}
    return list(each(lambda identifier: node(identifier, activities[identifier], counts(identifier)), ordered(journey)))


def node(identifier: str, activity: Activity, counts: Mapping[str, int]) -> Node:
    """An activity with what was counted of it."""
    edges = tuple(Edge(target, label, _taken(activity, counter, counts)) for label, target, counter in _ways(activity))
    return Node(identifier, _title(activity), counts, edges)


def _ways(activity: Activity) -> list[tuple[str, str, str]]:
    """(label, target or LEFT, the counter of those who took it; "" where all of a message's outcomes lead on)."""
    if not kinds_of(activity):
        return []
    kind, body = kind_of(activity), body_of(activity)
    following = body.get("NextActivity") or LEFT
    if kind == "ConditionalSplit":
        return [
            (answer.upper(), body.get(f"{answer}Activity") or LEFT, f"Branch_{answer.upper()}")
            for answer in ("True", "False")
        ]
    if kind in ("MultiCondition", "RandomSplit"):
        found = []
        for number, branch in enumerate(body.get("Branches") or (), 1):
            share = f" ({branch['Percentage']} %)" if kind == "RandomSplit" else ""
            found.append((f"Branch {number}{share}", branch.get("NextActivity") or LEFT, f"Branch_{number}"))
        if kind == "MultiCondition":
            found.append(("Else", body.get("DefaultActivity") or LEFT, "Branch_Else"))
        return found
    if kind == "Holdout":
        return [("passed", following, "PASSED"), (f"held out ({body['Percentage']} %)", LEFT, "HOLDOUT")]
    return [("", following, "")]


def _taken(activity: Activity, counter: str, counts: Mapping[str, int]) -> int:
    if counter:
        return counts.get(counter, 0)
    if kind_of(activity) in MESSAGES:
        return sum(number for name, number in counts.items() if not name.startswith(WAITS))
    return counts.get("WAIT_FINISHED", 0) + counts.get("WAIT_SKIPPED", 0)


def _title(activity: Activity) -> str:
    kind = kind_of(activity) if kinds_of(activity) else "nothing"
    body = body_of(activity) if kinds_of(activity) else {}
    wait = body.get("WaitTime") or body.get("EvaluationWaitTime") or {}
    about = body.get("TemplateName") or body.get("DeliveryUri") or wait.get("WaitFor") or wait.get("WaitUntil") or ""
    return f"{kind} {about}".strip()
