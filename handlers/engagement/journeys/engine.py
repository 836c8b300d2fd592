"""The engine: one participant's way through a journey, as pure functions of the definition, the moment and what is known of it.

Times are epoch milliseconds of the journey's clock, which stands still while the journey is paused. Chance is a hash of journey, activity,
participant and entry: a step that is made again goes the same way.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from handlers.engagement.event_starts.kinds import event_start_of
from handlers.engagement.identifiers import parse_time
from handlers.engagement.journeys import activities as kinds
from handlers.engagement.journeys.conditions import Facts, event_conditions, holds, split_holds
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.message_times import WAITING

CHANNEL_EVENTS_TAKE = timedelta(hours=1)
ANSWERS_TAKE = timedelta(minutes=15)
"""How long a split waits that asks for events of a message, or for a function's answer, and names no EvaluationWaitTime."""
PERCENT = 100
DECISIONS = ("ConditionalSplit", "MultiCondition")

Counts = Counter[tuple[str, str]]


@dataclass(frozen=True)
class Position:
    """Where a participant stands.

    Args:
        id: The endpoint's.
        run: Id of the run with which it entered.
        entry: Which of its entries it is, from 1.
        arrived: When it came to the activity.
        due: When the next step is to be made.
        waiting: Whether the activity's wait has begun, so that it is over when the step is due.
    """

    id: str
    run: str
    entry: int
    activity: str
    arrived: int
    due: int
    waiting: bool = False


@dataclass(frozen=True)
class Walk:
    """One way through the journey, on which each message is sent once.

    entry: Which of a participant's entries it is, where it may enter more than once in a run, from 1; otherwise 1.
    """

    run: str
    entry: int

    def ledger(self, journey_id: str, activity_id: str) -> str:
        """What the ledger calls a message activity's messages of this walk."""
        name = f"J#{journey_id}#{self.run}#{activity_id}"
        return name if self.entry == 1 else f"{name}#{self.entry}"


def enters_again(journey: Mapping[str, Any]) -> bool:
    """Whether somebody may enter a journey more than once in a run: where events start it."""
    return event_start_of(journey) is not None


@dataclass(frozen=True)
class Step:
    """What a step came to.

    position: Where the participant stands now; None: it has left the journey.
    sends: Whether it stands before a message, which is to be sent to it; then `Engine.sent` goes on.
    decided: Whether a condition was asked: asked again, it might go another way.
    counts: (activity id, metric) -> what to add.
    """

    position: Position | None
    sends: bool = False
    decided: bool = False
    counts: Counts = field(default_factory=Counter)


class Engine:
    """Walks participants through one journey (JourneyResponse of a published one)."""

    def __init__(self, journey: Mapping[str, Any]) -> None:
        self._journey = journey["Id"]
        self._enters_again = enters_again(journey)
        self.activities: Mapping[str, kinds.Activity] = journey["Activities"]
        self._start = journey["StartActivity"]

    def enter(self, endpoint_id: str, run: str, entry: int, now: int) -> Position:
        """The position of a participant that enters."""
        return Position(endpoint_id, run, entry, self._start, now, now)

    def step(self, position: Position, now: int, facts: Facts | None) -> Step:
        """Goes on as far as the participant comes at this moment: to a wait, before a message, or out of the journey.

        Without facts it stops before a split with conditions, too.
        """
        counts: Counts = Counter()
        decided = False
        at: Position | None = position
        while at is not None:
            activity = self.activities[at.activity]
            kind, body = kinds.kind_of(activity), kinds.body_of(activity)
            if kind in kinds.MESSAGES:
                return Step(at, sends=True, decided=decided, counts=counts)
            if not at.waiting and (due := self._due(kind, body, at)) is not None:
                if due > now:
                    if kind == "Wait":
                        counts[at.activity, "WAIT_STARTED"] += 1
                    return Step(replace(at, waiting=True, due=due), decided=decided, counts=counts)
                if kind == "Wait":
                    counts[at.activity, "WAIT_SKIPPED"] += 1
                    at = _moved(at, body.get("NextActivity"), now)
                    continue
            if kind in DECISIONS:
                if facts is None:
                    break
                decided = True
            target = self._target(kind, body, at, facts or Facts(), counts)
            at = _moved(at, target, now)
        return Step(at, decided=decided, counts=counts)

    def sent(self, position: Position, metric: str | None, now: int) -> Step:
        """Goes on behind a message, whatever became of it. The participant then is to be stepped on at once.

        metric: What counts for the activity; None: nothing.
        """
        counts: Counts = Counter({(position.activity, metric): 1} if metric else {})
        target = kinds.body_of(self.activities[position.activity]).get("NextActivity")
        return Step(_moved(position, target, now), counts=counts)

    def gone(self, position: Position) -> Counts:
        """What it counts that somebody does not wait any more: for the end of a hold before a message, or because it is gone."""
        kind = kinds.kind_of(self.activities[position.activity])
        metric = "WAIT_STARTED" if kind == "Wait" else WAITING if kind in kinds.MESSAGES else None
        return Counter({(position.activity, metric): -1} if metric and position.waiting else {})

    def walk(self, position: Position) -> Walk:
        """The walk that a participant is on. A run reads everybody of its segment once; events let somebody enter again in theirs."""
        return Walk(position.run, position.entry if self._enters_again else 1)

    def is_message(self, position: Position) -> bool:
        """Whether a participant stands before a message."""
        return kinds.kind_of(self.activities[position.activity]) in kinds.MESSAGES

    def asks_for_events(self) -> bool:
        """Whether a split of the journey asks for events or answers of messages."""
        return any(self._asked(activity) for activity in self.activities.values())

    def segments(self) -> set[str]:
        """Ids of the segments that splits ask for."""
        return {
            condition["SegmentCondition"]["SegmentId"]
            for activity in self.activities.values()
            for _, condition in kinds.conditions(activity)
            if condition.get("SegmentCondition")
        }

    def _asked(self, activity: kinds.Activity) -> list[str]:
        return event_conditions([condition for _, condition in kinds.conditions(activity)])

    def _due(self, kind: str, body: Mapping[str, Any], at: Position) -> int | None:
        """When the activity's wait is over; None: it has none."""
        if kind == "Wait":
            return _over(body["WaitTime"], at.arrived)
        if kind not in DECISIONS:
            return None
        wait = body.get("EvaluationWaitTime") or {}
        if wait.get("WaitFor") or wait.get("WaitUntil"):
            return _over(wait, at.arrived)
        asked = [kinds.kind_of(self.activities[name]) for name in self._asked({kind: body})]
        if not asked:
            return None
        length = ANSWERS_TAKE if set(asked) == {"CUSTOM"} else CHANNEL_EVENTS_TAKE
        return at.arrived + _milliseconds(length)

    def _target(self, kind: str, body: Mapping[str, Any], at: Position, facts: Facts, counts: Counts) -> str | None:
        """Where an activity that is no message leads to, now that its wait is over."""
        if kind == "Wait":
            counts[at.activity, "WAIT_STARTED"] -= 1
            counts[at.activity, "WAIT_FINISHED"] += 1
            return body.get("NextActivity")
        if kind == "Holdout":
            out = self._chance(at) < body["Percentage"]
            counts[at.activity, "HOLDOUT" if out else "PASSED"] += 1
            return None if out else body.get("NextActivity")
        if kind == "RandomSplit":
            return self._random_branch(body["Branches"], at, counts)
        if kind == "ConditionalSplit":
            true = split_holds(body.get("Condition") or {}, facts)
            counts[at.activity, f"Branch_{'TRUE' if true else 'FALSE'}"] += 1
            return body.get("TrueActivity" if true else "FalseActivity")
        for number, branch in enumerate(body.get("Branches") or (), 1):
            if holds(branch.get("Condition") or {}, facts):
                counts[at.activity, f"Branch_{number}"] += 1
                return branch.get("NextActivity")
        counts[at.activity, "Branch_Else"] += 1
        return body.get("DefaultActivity")

    def _random_branch(self, branches: list[Mapping[str, Any]], at: Position, counts: Counts) -> str | None:
        chance, bound = self._chance(at), 0
        for number, branch in enumerate(branches, 1):
            bound += branch["Percentage"]
            if chance < bound:
                counts[at.activity, f"Branch_{number}"] += 1
                return branch.get("NextActivity")
        raise ValueError(f"the branches of {at.activity} add up to {bound} per cent")

    def _chance(self, at: Position) -> int:
        """0 to 99."""
        seed = f"{self._journey}/{at.activity}/{at.id.lower()}/{at.entry}"
        return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=8).digest(), "big") % PERCENT


def _moved(at: Position, target: str | None, now: int) -> Position | None:
    return None if target is None else replace(at, activity=target, arrived=now, due=now, waiting=False)


def _over(wait: Mapping[str, Any], arrived: int) -> int:
    if wait.get("WaitFor"):
        return arrived + _milliseconds(parse_duration(wait["WaitFor"]))
    return int(parse_time(wait["WaitUntil"]).timestamp() * 1000)


def _milliseconds(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
