"""What one worker does in the shards of a journey: it takes some that no other one has, lets people enter, and makes the steps that are due.

Shards are taken together, and their people walk together, so that a journey in whose shards little is due takes few calls.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from handlers.engagement.journeys.entry import Entry
from handlers.engagement.journeys.event_entry import EventEntry
from handlers.engagement.journeys.groups import Group
from handlers.engagement.journeys.participants import Due, Participants, Remaining
from handlers.engagement.journeys.walking import Walking
from handlers.engagement.journeys.watch import Watched
from handlers.shared.batching import batched
from handlers.shared.logging import logger

PEOPLE_AT_A_TIME = 10_000
"""Who walk together, and of how many the shards are taken together, unless one has more: others are left to other workers."""


class Shift:
    """One worker's way through a journey's shards.

    A person whose step fails keeps nobody from theirs but those of the same shard who walk with it; entering that fails keeps nobody.

    Args:
        entry: Who is to enter; None: nobody.
        walking: Makes what walks participants; made anew after it failed.
        walks: States of the journey in which people walk on.
        goes_on: Whether the journey is in one of these states still.
        clock: The journey's time, in milliseconds.
        remaining: Seconds until the worker must have returned.

    Attributes:
        steps: How many were made.
        inside: Whether somebody was seen inside after their step.
        in_time: Whether all shards were looked after before the time was over.
    """

    def __init__(
        self,
        participants: Participants,
        entry: Entry | EventEntry | None,
        walking: Callable[[], Walking],
        *,
        walks: Collection[str],
        goes_on: Callable[..., bool],
        clock: Callable[[], int],
        remaining: Remaining,
        pool: ThreadPoolExecutor,
    ) -> None:
        self._participants = participants
        self._entry = entry
        self._new_walking = walking
        self._walking = walking()
        self._walks = walks
        self._is_in = goes_on
        self._clock = clock
        self._remaining = remaining
        self._pool = pool
        self._errors: list[Exception] = []
        self._stuck: set[int] = set()
        self.steps = 0
        self.inside = False
        self.in_time = True

    def work(self, watched: Watched) -> None:
        """Looks after all shards that no other worker has. Raises what one of them failed with, when the others were looked after."""
        entering = set(self._entry.shards()) if self._entry else set[int]()
        alone = entering if isinstance(self._entry, Entry) else set[int]()
        for shards in _taken_together(watched.due, entering, alone):
            if self._remaining() <= 0:
                self.in_time = False
                break
            lease = self._participants.lease(shards)
            if lease is None:
                continue
            try:
                self._work_off(lease.shards, watched.due, entering)
            finally:
                self._participants.release(lease)
        if self._errors:
            raise self._errors[0]

    def _work_off(self, shards: frozenset[int], found: Mapping[int, Due], entering: set[int]) -> None:
        """Makes the steps of shards that are due, as long as the journey runs."""
        if self._entry is not None:
            for shard in entering & shards:
                self._enter(self._entry, shard)
        # What was found before the lease was taken may have been another worker's step, half of it.
        due = {shard: found[shard] for shard in shards - entering if not found[shard].torn}
        due |= self._due(shards - due.keys())
        while due and self._goes_on():
            again = {shard for shard, one in due.items() if one.more}
            for number, groups in enumerate(batched(_groups(due), _people, PEOPLE_AT_A_TIME)):
                if number and not self._goes_on():
                    return
                again |= self._walk(groups)
            due = self._due(again)

    def _enter(self, entry: Entry | EventEntry, shard: int) -> None:
        try:
            entry.read(shard, self._remaining, lambda: self._is_in(*entry.open_in))
        except Exception as error:  # noqa: BLE001 - whatever it is: `work` raises it
            self._fail(shard, error)

    def _due(self, shards: Collection[int]) -> dict[int, Due]:
        """Who is due in shards in which no step failed."""
        asked = sorted(set(shards) - self._stuck)
        found = zip(asked, self._pool.map(partial(self._participants.due, now=self._clock()), asked), strict=True)
        return {shard: one for shard, one in found if one.groups}

    def _walk(self, groups: list[Group]) -> frozenset[int]:
        """Makes a step of each. Returns the shards in which somebody is to make another one at once."""
        shards: dict[int, list[Group]] = {}
        for group in groups:
            shards.setdefault(group.shard, []).append(group)
        try:
            walked = self._walking.walk(groups, self._clock, self._goes_on)
        except Exception as error:  # noqa: BLE001 - whatever it is: `work` raises it
            self._walking = self._new_walking()
            if len(shards) == 1:
                self._stuck |= shards.keys()
                self._fail(next(iter(shards)), error)
                return frozenset()
            logger.warning("steps failed, those of each shard are made by themselves", exc_info=error)
            return frozenset().union(*(self._walk(own) for own in shards.values() if self._remaining() > 0))
        self.steps += walked.steps
        self.inside |= walked.inside
        return walked.again

    def _goes_on(self) -> bool:
        return self._remaining() > 0 and self._is_in(*self._walks)

    def _fail(self, shard: int, error: Exception) -> None:
        told = type(error) in map(type, self._errors)  # sixteen shards may fail of one thing
        logger.error("shard failed", exc_info=None if told else error, extra={"shard": shard})
        self._errors.append(error)


def _taken_together(due: Mapping[int, Due], entering: Collection[int], alone: Collection[int]) -> Iterator[list[int]]:
    """The shards in which there is something to do, in any order. alone: those that a worker is at for long."""

    def people(shard: int) -> int:
        coming = due[shard].people if shard in due else 0
        return PEOPLE_AT_A_TIME + 1 if shard in alone else coming

    shards = sorted(due.keys() | set(entering))
    return batched(random.sample(shards, len(shards)), people, PEOPLE_AT_A_TIME)


def _groups(due: Mapping[int, Due]) -> Iterator[Group]:
    return (group for one in due.values() for group in one.groups)


def _people(group: Group) -> int:
    return len(group.positions)
