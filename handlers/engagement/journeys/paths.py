"""The activities of a journey as a graph: which come before which, and whether they lead in a circle."""

from __future__ import annotations

from collections.abc import Mapping

from handlers.engagement.journeys.activities import Activity, targets

Activities = Mapping[str, Activity]


def cycle(activities: Activities) -> list[str]:
    """Ids of activities that lead back to the first of them, which ends the list too; empty: there is no circle."""
    following = _following(activities)
    done: set[str] = set()
    for start in activities:
        path: list[str] = []
        waiting: list[tuple[str, bool]] = [(start, False)]
        while waiting:
            identifier, left = waiting.pop()
            if left:
                path.pop()
                done.add(identifier)
            elif identifier in path:
                return [*path[path.index(identifier) :], identifier]
            elif identifier not in done:
                path.append(identifier)
                waiting.append((identifier, True))
                waiting += [(target, False) for target in following[identifier]]
    return []


def ancestors(activities: Activities) -> dict[str, frozenset[str]]:
    """By id, the activities that a participant may have passed before it. There must be no circle."""
    leading: dict[str, set[str]] = {identifier: set() for identifier in activities}
    for identifier, following in _following(activities).items():
        for target in following:
            leading[target].add(identifier)
    known: dict[str, frozenset[str]] = {}

    def before(identifier: str) -> frozenset[str]:
        if identifier not in known:
            known[identifier] = frozenset(leading[identifier]).union(*map(before, leading[identifier]))
        return known[identifier]

    # Depth is bounded by the number of activities; more than Python's own limit never are published.
    return {identifier: before(identifier) for identifier in activities} if len(activities) <= 500 else {}


def _following(activities: Activities) -> dict[str, list[str]]:
    return {
        identifier: [target for _, target in targets(activity) if target in activities]
        for identifier, activity in activities.items()
    }
