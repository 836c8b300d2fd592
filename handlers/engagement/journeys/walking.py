"""The steps of participants whose time has come, of any shards, as many as the worker looks after at a time.

What a step decides by a condition is stored before a message is sent by it, and a message's end before the next condition is asked: whatever
is killed in between, a participant walks one way.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any

from handlers.engagement.campaigns.endpoints import RunEndpoints
from handlers.engagement.campaigns.ledger import BATCH
from handlers.engagement.errors import NotFoundError
from handlers.engagement.journeys.conditions import Facts
from handlers.engagement.journeys.engine import Counts, Engine, Position, Step, Walk
from handlers.engagement.journeys.groups import Group, Move
from handlers.engagement.journeys.message_times import WAITING
from handlers.engagement.journeys.messages import Held, Later, Messenger, Sent
from handlers.engagement.journeys.participants import Participants, Remaining
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.shards import shard_of

MILLISECONDS = 1000
ENDPOINTS_AT_A_TIME = 1000
"""Held in memory: as much as 15 KB each."""
Groups = dict[tuple[Walk, str, int], list[Position]]
"""Participants who stand before a message, by walk, activity and shard."""


@dataclass(frozen=True)
class Walked:
    """What became of participants.

    Args:
        steps: How many were decided.
        again: The shards of those who are to make another step at once.
        inside: Whether somebody is inside still.
    """

    steps: int
    again: frozenset[int]
    inside: bool


@dataclass
class _Read:
    """Endpoints as they were read. readers: Run id -> what reads its. at: Monotonic seconds of reading."""

    readers: Mapping[str, RunEndpoints]
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)


class Walking:
    """Walks a journey's participants.

    Args:
        messenger: Makes what sends its messages, when the first one is to be sent.
        segments: Run id -> id and version of the segment that it read.
        remaining: Seconds until the worker must have returned.
    """

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        reader: SegmentReader,
        messenger: Callable[[], Messenger],
        *,
        segments: Mapping[str, tuple[str, int]],
        remaining: Remaining,
    ) -> None:
        self._engine = Engine(journey)
        self._participants = participants
        self._reader = reader
        self._new_messenger = messenger
        self._made: Messenger | None = None
        self._segments = segments
        self._remaining = remaining

    @property
    def _messenger(self) -> Messenger:
        if self._made is None:
            self._made = self._new_messenger()
        return self._made

    def walk(self, due: Sequence[Group], clock: Callable[[], int], goes_on: Callable[[], bool]) -> Walked:
        """Makes a step of each participant of these groups, who are all different: of those who come to a message, before others' are decided.

        Args:
            clock: The journey's time, in milliseconds.
            goes_on: Asked between messages: whether the journey still goes on.
        """
        positions = [position for group in due for position in group.positions]
        steps: dict[str, Step] = {}
        moved, sent = 0, False
        for start in range(0, len(positions), ENDPOINTS_AT_A_TIME):
            if self._remaining() <= 0 or (sent and not goes_on()):
                break
            if self._step(positions[start : start + ENDPOINTS_AT_A_TIME], steps, clock, goes_on):
                moved, sent = moved + self._move(due[moved:], steps), True
        self._move(due[moved:], steps)
        now = clock()
        stand = [step.position for step in steps.values() if step.position is not None]
        return Walked(len(steps), frozenset(shard_of(at.id) for at in stand if at.due <= now), bool(stand))

    def _step(
        self,
        positions: Sequence[Position],
        steps: dict[str, Step],
        clock: Callable[[], int],
        goes_on: Callable[[], bool],
    ) -> bool:
        """Decides steps, and sends to those who come to a message. Returns whether there were some."""
        now = clock()
        read = _Read({run: self._endpoints(run) for run in {position.run for position in positions}})
        for run, reader in read.readers.items():
            read.endpoints |= reader.get([position.id for position in positions if position.run == run])
        facts = self._facts(positions, read.endpoints)
        for position in positions:
            if position.id in read.endpoints:
                steps[position.id] = self._engine.step(position, now, facts[position.id])
            else:
                steps[position.id] = Step(None, counts=self._engine.gone(position))  # deleted on its way
        return self._send(positions, steps, read, clock, goes_on)

    def _move(self, groups: Sequence[Group], steps: Mapping[str, Step]) -> int:
        """Makes the steps of the first groups, as far as those of all their people are decided. Returns how many groups these are."""
        decided = list(takewhile(lambda group: all(one.id in steps for one in group.positions), groups))
        self._participants.move(_moves(decided, steps))
        return len(decided)

    def ends(self, groups: Sequence[Group], now: int) -> list[Move]:
        """How the walks of participants end who are taken out of the journey. now: in milliseconds of its time."""
        positions = [position for group in groups for position in group.positions]
        steps = {position.id: Step(None, counts=self._engine.gone(position)) for position in positions}
        self._settle(positions, steps, {group.run: self._endpoints(group.run) for group in groups}, now)
        return _moves(groups, steps)

    def _send(
        self,
        positions: Sequence[Position],
        steps: dict[str, Step],
        read: _Read,
        clock: Callable[[], int],
        goes_on: Callable[[], bool],
    ) -> bool:
        """Sends to those who stand before a message, and lets them go on to the next wait, condition or message. Whether there were some."""
        groups: Groups = {}
        gone: list[Position] = []
        for position in positions:
            step = steps[position.id]
            if position.id not in read.endpoints:
                gone.append(position)
            elif step.position is not None and step.sends and not step.decided:
                _stand(groups, self._engine.walk(position), step.position)
        self._settle(gone, steps, read.readers, clock())
        batches = [
            (walk, activity, group[start : start + BATCH])
            for (walk, activity, _), group in groups.items()
            for start in range(0, len(group), BATCH)
        ]
        for number, (walk, activity, batch) in enumerate(batches):
            if number and not goes_on():
                break  # who is left stands before the message
            known = {at.id: read.endpoints[at.id] for at in batch}
            outcomes = self._messenger.send(walk, activity, batch, known, read.readers[walk.run], read_at=read.at)
            now = clock()
            for at in batch:
                steps[at.id] = self._after(at, outcomes[at.id], Counter(steps[at.id].counts), now)
        return bool(batches)

    def _after(self, at: Position, outcome: Sent | Later | Held, counts: Counts, now: int) -> Step:
        """Where somebody stands after what came of a message. counts: of the step before it."""
        if isinstance(outcome, Held):
            counts[at.activity, WAITING] += not at.waiting
            # It arrives anew: the day in which a channel that fails is tried begins when the hold ends.
            return Step(replace(at, arrived=outcome.due, due=outcome.due, waiting=True), counts=counts)
        counts.update(self._engine.gone(at))
        if isinstance(outcome, Later):
            due = now + int(outcome.seconds * MILLISECONDS)
            return Step(replace(at, due=due, waiting=False), counts=counts)
        sent = self._engine.sent(at, outcome.metric, now)
        counts.update(sent.counts)
        if sent.position is not None:
            sent = self._engine.step(sent.position, now, None)
            counts.update(sent.counts)
        return Step(sent.position, counts=counts)

    def _settle(
        self, leaving: Sequence[Position], steps: Mapping[str, Step], readers: Mapping[str, RunEndpoints], now: int
    ) -> None:
        """Counts what had become of a message to those who leave before it: whoever sent it may have died before that was counted."""
        groups: Groups = {}
        for position in leaving:
            if (at := self._before_message(position, now)) is not None:
                _stand(groups, self._engine.walk(at), at)
        for (walk, activity, _), group in groups.items():
            for identifier, outcome in self._messenger.settle(walk, activity, group, readers[walk.run]).items():
                if isinstance(outcome, Sent) and outcome.metric:
                    steps[identifier].counts[activity, outcome.metric] += 1

    def _before_message(self, position: Position, now: int) -> Position | None:
        """Where a participant stands before a message, or comes to one with the step that is due: it is sent before the step is made."""
        if self._engine.is_message(position):
            return position
        step = self._engine.step(position, now, None) if position.due <= now else Step(None)
        return step.position if step.sends else None

    def _facts(self, positions: Sequence[Position], endpoints: Mapping[str, dict[str, Any]]) -> dict[str, Facts]:
        told = self._participants.facts(positions) if self._engine.asks_for_events() else {}
        members: dict[str, set[str]] = {}
        for segment in self._engine.segments():
            try:
                members[segment] = self._reader.among(segment, list(endpoints.values()))
            except NotFoundError:
                members[segment] = set()  # a segment that is gone has no members
        facts = {}
        for position in positions:
            events, answers = told.get(position.id, ({}, {}))
            endpoint = endpoints.get(position.id, {})
            mine = {segment for segment, ids in members.items() if endpoint.get("Id") in ids}
            facts[position.id] = Facts(
                endpoint=endpoint,
                member=mine.__contains__,
                events=events,
                answers=answers,
            )
        return facts

    def _endpoints(self, run: str) -> RunEndpoints:
        return RunEndpoints(self._reader.endpoints, self._reader, self._segments[run])


def _stand(groups: Groups, walk: Walk, at: Position) -> None:
    groups.setdefault((walk, at.activity, shard_of(at.id)), []).append(at)


def _moves(groups: Sequence[Group], steps: Mapping[str, Step]) -> list[Move]:
    moves = []
    for group in groups:
        mine = [steps[position.id] for position in group.positions]
        counts: Counts = Counter()
        for step in mine:
            counts.update(step.counts)
        moves.append(Move(group, [step.position for step in mine], counts))
    return moves
