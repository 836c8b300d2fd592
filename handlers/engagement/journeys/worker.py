"""The worker: looks after journeys that run. Any number of workers at a time: each takes shards that no other one has.

A journey's definition, state and current run are one document; people are in handlers/engagement/journeys/participants.py.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from handlers.engagement.event_starts.inbox import JOURNEY, LATE_MILLISECONDS
from handlers.engagement.event_starts.kinds import event_start_of
from handlers.engagement.identifiers import now as written_now
from handlers.engagement.journeys import states
from handlers.engagement.journeys.entry import Entry
from handlers.engagement.journeys.event_entry import EventEntry
from handlers.engagement.journeys.messages import Messenger
from handlers.engagement.journeys.participants import Participants, Remaining
from handlers.engagement.journeys.runs import after_first, is_over, journey_time, next_run, run_document, segment_of
from handlers.engagement.journeys.shift import Shift
from handlers.engagement.journeys.walking import Walking
from handlers.engagement.journeys.watch import watch
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.store.registry import ActiveJourneys, EventStarts, JourneyRuns, Journeys, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS
from handlers.shared.logging import logger

SENDS_AT_A_TIME = 16
MILLISECONDS = 1000
FOREVER = 10**15
WALKS = (states.ACTIVE, states.CLOSED, states.COMPLETED)
"""States in which who is inside walks on; of a completed journey those whom a slow worker entered last."""


def work(
    tables: Tables, environment: Any, remaining: Remaining, clock: Callable[[], float] = time.time
) -> dict[str, int]:
    """Looks after all journeys once, until that is done or time is over. A journey that fails stops no other.

    Args:
        environment: JourneyEnvironment.
        remaining: Seconds until the worker must have returned.
        clock: Epoch seconds.

    Returns:
        `{"Journeys", "Steps", "Failed", "Overdue"}`: how many journeys were looked after, steps were made, journeys failed,
        participants were found that had been due for more than an hour.
    """
    journeys = [(each["ApplicationId"], each["JourneyId"]) for each in ActiveJourneys(tables.registry).all()]
    random.shuffle(journeys)
    steps = failed = looked = overdue = 0
    with ThreadPoolExecutor(SENDS_AT_A_TIME) as pool:
        for application_id, journey_id in journeys:
            if remaining() <= 0:
                break
            looked += 1
            work_of = JourneyWork(tables, environment, application_id, journey_id, clock=clock)
            try:
                steps += work_of.run(pool, remaining)
            except Exception:  # noqa: BLE001 - whatever it is: the function's failure tells, when the others were looked after
                logger.exception("journey failed", extra={"application": application_id, "journey": journey_id})
                failed += 1
            overdue += work_of.overdue
    done = {"Journeys": looked, "Steps": steps, "Failed": failed, "Overdue": overdue}
    logger.info("journeys looked after", extra={name.lower(): number for name, number in done.items()})
    return done


class JourneyWork:
    """What one worker does for one journey. overdue: how many participants it found that had been due for more than an hour."""

    def __init__(
        self,
        tables: Tables,
        environment: Any,
        application_id: str,
        journey_id: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tables = tables
        self._environment = environment
        self._application_id = application_id
        self._id = journey_id
        self._clock = clock
        self._journeys = Journeys(tables.registry, application_id)
        self._runs = JourneyRuns(tables.registry, application_id, journey_id)
        self._active = ActiveJourneys(tables.registry)
        self._starts = EventStarts(tables.registry)
        self._participants = Participants(tables.sends, journey_id)
        self.overdue = 0

    def run(self, pool: ThreadPoolExecutor, remaining: Remaining) -> int:
        """Does what there is to do. Returns how many steps were made."""
        journey = self._journeys.get(self._id)
        state = journey.get("State") if journey else None
        if journey is None:
            self._take_away(remaining)
        elif state == states.CANCELLED:
            self._take_out(journey, pool, remaining)
        elif state == states.COMPLETED and not self._participants.anybody():
            self._active.remove_journey(self._application_id, self._id)
        elif state in WALKS:
            if state == states.ACTIVE:
                journey = self._open_run(journey)
            return self._walk(journey, pool, remaining)
        return 0

    def _now(self) -> int:
        return int(self._clock() * MILLISECONDS)

    def _open_run(self, journey: dict[str, Any]) -> dict[str, Any]:
        """Opens the run that is due. Returns the journey as it is then."""
        segment = segment_of(journey)
        latest = (Segments(self._tables.registry, self._application_id).get(segment) or {}).get("Version")
        run = next_run(journey, self._now(), latest)
        if run is None:
            return journey

        def change(document: dict[str, Any]) -> None:
            former = document.get("_Run")
            if document.get("State") == states.ACTIVE and (former or {"Number": -1})["Number"] == run["Number"] - 1:
                document["_Run"] = run

        self._runs.documents.put(self._runs.pk, run["Id"], run_document(run, segment), new=True)
        logger.info("run opened", extra={"journey": self._id, "run": run["Id"]})
        return self._journeys.update(self._id, change) or journey

    def _walk(self, journey: dict[str, Any], pool: ThreadPoolExecutor, remaining: Remaining) -> int:
        watched = watch(self._participants, journey_time(journey, self._now()), pool)
        self.overdue = watched.overdue
        run = journey.get("_Run")
        if run is None:
            self._end(journey, inside=False)
            return 0
        reader = SegmentReader(self._tables, self._application_id)
        shift = Shift(
            self._participants,
            self._entry(journey, run, reader),
            lambda: self._walking(journey, reader, pool, remaining),
            walks=WALKS,
            goes_on=self._goes_on,
            clock=lambda: journey_time(journey, self._now()),
            remaining=remaining,
            pool=pool,
        )
        shift.work(watched)
        if shift.in_time:
            self._end(journey, inside=shift.inside)
        return shift.steps

    def _walking(
        self, journey: dict[str, Any], reader: SegmentReader, pool: ThreadPoolExecutor, remaining: Remaining
    ) -> Walking:
        def messenger() -> Messenger:
            return Messenger(
                self._tables,
                self._environment,
                journey,
                self._participants,
                pool=pool,
                remaining=remaining,
                clock=lambda: journey_time(journey, self._now()) / MILLISECONDS,
            )

        segments = _Segments(self._runs, journey)
        return Walking(journey, self._participants, reader, messenger, segments=segments, remaining=remaining)

    def _entry(self, journey: dict[str, Any], run: dict[str, Any], reader: SegmentReader) -> Entry | EventEntry | None:
        """Who is to enter now; None: nobody."""
        now = journey_time(journey, self._now())
        if event_start_of(journey) is not None:
            return EventEntry(journey, self._participants, reader.endpoints, run=run["Id"], now=now)
        if journey["State"] != states.ACTIVE or run["Read"]:
            return None
        segment = (segment_of(journey), run["Version"])
        later = after_first(journey, run)
        return Entry(journey, self._participants, reader, run=run["Id"], segment=segment, now=now, later=later)

    def _goes_on(self, *allowed: str) -> bool:
        """Whether the journey still is in one of these states: somebody may have paused, cancelled or deleted it."""
        journey = self._journeys.get(self._id)
        return journey is not None and journey.get("State") in allowed

    def _end(self, journey: dict[str, Any], *, inside: bool) -> None:
        """Notes that a run was read, closes a journey that nobody enters any more, and completes one in which nobody is.

        inside: Whether somebody was seen in it.
        """
        now = self._now()
        run = journey.get("_Run")
        over, by_events = is_over(journey, now), event_start_of(journey) is not None
        read = over if by_events else run is not None and (run["Read"] or self._participants.has_read(run["Id"]))
        closes = journey["State"] == states.ACTIVE and (over or (read and not journey.get("RefreshFrequency")))
        completes = (
            (closes or journey["State"] == states.CLOSED)
            and not inside
            and not self._participants.anybody()
            and not (by_events and self._may_come(journey, now))
        )

        def change(document: dict[str, Any]) -> None:
            mine = document.get("_Run")
            if read and mine and run and mine["Id"] == run["Id"]:
                mine["Read"] = True
            if closes and document.get("State") == states.ACTIVE:
                document.update(State=states.CLOSED, LastModifiedDate=written_now())
            if completes and document.get("State") == states.CLOSED:
                document.update(State=states.COMPLETED, LastModifiedDate=written_now())

        if closes or completes or (read and run and not run["Read"]):
            self._journeys.update(self._id, change)
        if by_events and (closes or completes):
            self._starts.forget(self._application_id, JOURNEY, self._id)

    def _may_come(self, journey: dict[str, Any], now: int) -> bool:
        """Whether somebody whose event came before the end is still to enter."""
        return is_over(journey, now) and (
            not is_over(journey, now - LATE_MILLISECONDS) or bool(self._participants.inbox.shards())
        )

    def _take_out(self, journey: dict[str, Any], pool: ThreadPoolExecutor, remaining: Remaining) -> None:
        """Ends the walks of everybody inside a journey that was cancelled."""
        walking = self._walking(journey, SegmentReader(self._tables, self._application_id), pool, remaining)
        lease = self._participants.lease(range(SHARDS))
        if lease is None:
            return
        try:
            for shard in lease.shards:
                self._participants.inbox.clear(shard)
                while inside := self._participants.due(shard, FOREVER).groups:
                    if remaining() <= 0:
                        return
                    ends = walking.ends(inside, journey_time(journey, self._now()))
                    self._participants.move(ends, left="CANCELLED")
        finally:
            self._participants.release(lease)
        if len(lease.shards) == SHARDS:
            self._starts.forget(self._application_id, JOURNEY, self._id)
            self._active.remove_journey(self._application_id, self._id)

    def _take_away(self, remaining: Remaining) -> None:
        """Deletes everything of a journey that was deleted. Until it is done no other worker gets a shard."""
        lease = self._participants.lease(range(SHARDS))
        if lease is None:
            return
        for shard in range(SHARDS):
            if shard not in lease.shards or remaining() <= 0:
                self._participants.release(lease)
                return
            self._participants.clear(shard)
        self._runs.clear()
        self._participants.clear_rest()
        self._starts.forget(self._application_id, JOURNEY, self._id)
        self._active.remove_journey(self._application_id, self._id)
        logger.info("journey taken away", extra={"journey": self._id})


class _Segments(dict[str, tuple[str, int]]):
    """Run id -> the segment that it read, each asked for once."""

    def __init__(self, runs: JourneyRuns, journey: dict[str, Any]) -> None:
        super().__init__()
        self._runs = runs
        self._segment = segment_of(journey)
        if run := journey.get("_Run"):
            self[run["Id"]] = (self._segment, run["Version"] or 0)

    def __missing__(self, run: str) -> tuple[str, int]:
        document = self._runs.get(run)
        found = tuple(document["_Segment"]) if document else (self._segment, 1)
        self[run] = (str(found[0]), int(found[1]))
        return self[run]
