"""The steps of participants whose time has come, a batch of one shard at a time.

What a step decides by a condition is stored before a message is sent by it, and a message's end before the next condition is asked: whatever
is killed in between, a participant walks one way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from handlers.engagement.campaigns.endpoints import RunEndpoints
from handlers.engagement.errors import NotFoundError
from handlers.engagement.journeys.conditions import Facts
from handlers.engagement.journeys.engine import Engine, Position, Step, Walk
from handlers.engagement.journeys.message_times import WAITING
from handlers.engagement.journeys.messages import Held, Later, Messenger, Sent
from handlers.engagement.journeys.participants import Move, Participants
from handlers.engagement.segments.reader import SegmentReader

RUNS = 8
"""Of how many runs a batch may be: each has counters of its own in the transaction."""
MILLISECONDS = 1000
Groups = dict[tuple[Walk, str], list[Position]]
"""Participants who stand before a message, by walk and activity."""


class Walking:
    """Walks a journey's participants.

    Args:
        segments: Run id -> id and version of the segment that it read.
    """

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        reader: SegmentReader,
        messenger: Messenger,
        segments: Mapping[str, tuple[str, int]],
    ) -> None:
        self._engine = Engine(journey)
        self._participants = participants
        self._reader = reader
        self._messenger = messenger
        self._segments = segments

    def walk(self, shard: int, due: Sequence[Position], now: int) -> None:
        """Makes a step of each of at most 45 participants."""
        runs = list(dict.fromkeys(position.run for position in due))[:RUNS]
        positions = [position for position in due if position.run in runs]
        readers = {run: self._endpoints(run) for run in runs}
        endpoints: dict[str, dict[str, Any]] = {}
        for run, reader in readers.items():
            endpoints |= reader.get([position.id for position in positions if position.run == run])
        facts = self._facts(positions, endpoints)
        steps: dict[str, Step] = {}
        for position in positions:
            if position.id in endpoints:
                steps[position.id] = self._engine.step(position, now, facts[position.id])
            else:
                steps[position.id] = Step(None, counts=self._engine.gone(position))  # deleted on its way
        self._send(positions, steps, endpoints, readers, now)
        self._participants.move(
            shard,
            [Move(position, steps[position.id].position, steps[position.id].counts) for position in positions],
        )

    def ends(self, positions: Sequence[Position]) -> list[Move]:
        """How the walks of participants of one shard end who are taken out of the journey."""
        steps = {position.id: Step(None, counts=self._engine.gone(position)) for position in positions}
        self._settle(positions, steps, {position.run: self._endpoints(position.run) for position in positions})
        return [Move(position, None, steps[position.id].counts) for position in positions]

    def _send(
        self,
        positions: Sequence[Position],
        steps: dict[str, Step],
        endpoints: Mapping[str, dict[str, Any]],
        readers: Mapping[str, RunEndpoints],
        now: int,
    ) -> None:
        """Sends to those who stand before a message, and lets them go on to the next wait, condition or message."""
        groups: Groups = {}
        gone: list[Position] = []
        for position in positions:
            step = steps[position.id]
            if position.id not in endpoints:
                gone.append(position)
            elif step.position is not None and step.sends and not step.decided:
                groups.setdefault((self._engine.walk(position), step.position.activity), []).append(step.position)
        self._settle(gone, steps, readers)
        for (walk, activity), group in groups.items():
            outcomes = self._messenger.send(walk, activity, group, endpoints, readers[walk.run])
            for at in group:
                outcome, counts = outcomes[at.id], Counter(steps[at.id].counts)
                if isinstance(outcome, Held):
                    counts[activity, WAITING] += not at.waiting
                    # It arrives anew: the day in which a channel that fails is tried begins when the hold ends.
                    held = replace(at, arrived=outcome.due, due=outcome.due, waiting=True)
                    steps[at.id] = Step(held, counts=counts)
                    continue
                counts.update(self._engine.gone(at))
                if isinstance(outcome, Later):
                    later = replace(at, due=now + int(outcome.seconds * MILLISECONDS), waiting=False)
                    steps[at.id] = Step(later, counts=counts)
                    continue
                sent = self._engine.sent(at, outcome.metric, now)
                counts.update(sent.counts)
                if sent.position is not None:
                    sent = self._engine.step(sent.position, now, None)
                    counts.update(sent.counts)
                steps[at.id] = Step(sent.position, counts=counts)

    def _settle(
        self, leaving: Sequence[Position], steps: Mapping[str, Step], readers: Mapping[str, RunEndpoints]
    ) -> None:
        """Counts what had become of a message to those who leave before it: whoever sent it may have died before that was counted."""
        groups: Groups = {}
        for position in leaving:
            if self._engine.is_message(position):
                groups.setdefault((self._engine.walk(position), position.activity), []).append(position)
        for (walk, activity), group in groups.items():
            for identifier, outcome in self._messenger.settle(walk, activity, group, readers[walk.run]).items():
                if isinstance(outcome, Sent) and outcome.metric:
                    steps[identifier].counts[activity, outcome.metric] += 1

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
