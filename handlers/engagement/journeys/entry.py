"""Who enters a journey. Of a run's segment: shard by shard, page by page, everybody considered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, standing
from handlers.engagement.errors import NotFoundError
from handlers.engagement.journeys import states
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.engine import Engine
from handlers.engagement.journeys.participants import BATCH, Entrant, Participants, Remaining
from handlers.engagement.journeys.schedule import METHODS, local_end, local_start
from handlers.engagement.segments.reader import SegmentReader
from handlers.engagement.sending_times import estimation
from handlers.engagement.sending_times.zones import zone_of
from handlers.engagement.store.shards import SHARDS
from handlers.shared.addresses.written import trimmed
from handlers.shared.attribute_values import Item
from handlers.shared.logging import logger

CANDIDATES_PER_PAGE = 450  # ten batches
MILLISECONDS = 1000
REJECTED = {"OPT_OUT": "ENDPOINT_OPT_OUT", "INACTIVE": "ENDPOINT_INACTIVE"}


class Admission:
    """Who may enter a journey.

    Args:
        run: Id of the run.
        now: The journey's time, in milliseconds.
        later: How long after the journey's first run this one is due.
    """

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        *,
        run: str,
        now: int,
        later: timedelta = timedelta(),
    ) -> None:
        self._journey = journey
        self._participants = participants
        self._run = run
        self._now = now
        self._later = later
        self._paused = journey.get("_PausedMilliseconds", 0)
        self._engine = Engine(journey)
        self._limits = journey.get("Limits") or {}

    def admit(self, endpoints: Sequence[Mapping[str, Any]], counts: Counter[str]) -> list[Entrant]:
        """Those of the endpoints that enter; the others are counted by the reason."""
        known = self._participants.known([endpoint["Id"] for endpoint in endpoints if not rejected(endpoint)])
        found = [self.consider(endpoint, known.get(endpoint["Id"]), counts) for endpoint in endpoints]
        return [entrant for entrant in found if entrant is not None]

    def consider(self, endpoint: Mapping[str, Any], item: Item | None, counts: Counter[str]) -> Entrant | None:
        """An endpoint that enters; None: it does not, and is counted by the reason.

        item: What is known of it, where it entered before.
        """
        starts = self._now
        reason = rejected(endpoint)
        if not reason:
            starts, reason = self._starts(endpoint, counts)
        if not reason:
            reason = self._kept_out(item)
        if reason:
            counts[reason] += 1
            return None
        entries = item["entries"] if item else 0
        position = self._engine.enter(endpoint["Id"], self._run, entries + 1, starts)
        return Entrant(position, entries if item else None)

    def _starts(self, endpoint: Mapping[str, Any], counts: Counter[str]) -> tuple[int, str]:
        """When an endpoint starts, in milliseconds of the journey's time, and why it may not enter; empty: it may."""
        methods = self._journey.get(METHODS) or ()
        local = bool(self._journey.get("LocalTime"))
        if not local and not methods:
            return self._now, ""
        zones = estimation.zones(endpoint, methods)
        if zones and zone_of(endpoint) is None:
            counts["ENDPOINT_ESTIMATED_TIMEZONE"] += 1
        if not local:
            return self._now, ""
        if not zones:
            return self._now, "ENDPOINT_MISSING_TIMEZONE"
        start, end = local_start(self._journey, zones, self._later), local_end(self._journey, zones)
        starts = max(self._now, self._own_time(start)) if start else self._now
        if end and starts >= self._own_time(end):
            return starts, "ENDPOINT_TIMEZONE_MISMATCH"
        return starts, ""

    def _own_time(self, moment: datetime) -> int:
        """A moment in milliseconds of the journey's time."""
        return int(moment.timestamp() * MILLISECONDS) - self._paused

    def _kept_out(self, item: Item | None) -> str:
        """Why somebody who entered before may not enter now; empty: they may."""
        if item is None:
            return ""
        if "run" in item:
            return "ACTIVE_ENDPOINT_REJECTED"
        cap = self._limits.get("EndpointReentryCap") or 0
        if cap and item["entries"] >= cap:
            return "REENTRY_CAP_EXCEEDED"
        interval = self._limits.get("EndpointReentryInterval")
        if interval and self._now - item["last"] < parse_duration(interval).total_seconds() * MILLISECONDS:
            return "REENTRY_CAP_EXCEEDED"
        return ""


class Entry(Admission):
    """The entry of one run of a journey.

    Args:
        run: Id of the run.
        segment: Id and version of the segment that it reads.
        now: The journey's time, in milliseconds.
        later: How long after the journey's first run this one is due.
    """

    open_in = (states.ACTIVE,)

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        reader: SegmentReader,
        *,
        run: str,
        segment: tuple[str, int],
        now: int,
        later: timedelta = timedelta(),
    ) -> None:
        super().__init__(journey, participants, run=run, now=now, later=later)
        self._reader = reader
        self._segment = segment

    def shards(self) -> Collection[int]:
        """The shards in which somebody may be to enter."""
        return range(SHARDS)

    def read(self, shard: int, remaining: Remaining, goes_on: Callable[[], bool]) -> bool:
        """Enters a shard's members, from where it stopped, as long as the journey goes on. Returns whether the shard is done."""
        cursor = self._participants.cursor(self._run, shard)
        while "done" not in cursor:
            if remaining() <= 0 or not goes_on():
                return False
            after = cursor.get("after")
            try:
                page = self._reader.page(*self._segment, shard, after, CANDIDATES_PER_PAGE, consistent=True)
                endpoints, last = page.endpoints, page.last
            except NotFoundError as error:
                logger.error("the segment is gone", extra={"run": self._run, "reason": error.message})
                endpoints, last = [], None
            batches = [endpoints[at : at + BATCH] for at in range(0, len(endpoints), BATCH)] or [[]]
            for number, batch in enumerate(batches, 1):
                following = last if number == len(batches) else batch[-1]["Id"].lower()
                cursor = self._enter(shard, batch, cursor, following)
                if "done" in cursor or cursor.get("after") != following:
                    break
        return True

    def _enter(self, shard: int, endpoints: Sequence[Mapping[str, Any]], cursor: Item, after: str | None) -> Item:
        """Considers a batch. Returns the cursor as it is then."""
        counts: Counter[str] = Counter()
        if endpoints:
            counts["ENDPOINT_PRODUCED"] = len(endpoints)
        entrants = self.admit(endpoints, counts)
        at = self._participants.cursor_action(self._run, shard, cursor, after)
        if self._participants.enter(self._run, shard, entrants, counts, [at]):
            return {"done": 1} if after is None else {"after": after}
        return self._participants.cursor(self._run, shard)


def rejected(endpoint: Mapping[str, Any]) -> str:
    """The metric of an endpoint that may not enter; empty: it may."""
    status = standing(endpoint)
    if status != CLAIMED:
        return REJECTED[status]
    if not endpoint.get("ChannelType"):
        return "ENDPOINT_MISSING_CHANNEL"
    return "" if trimmed(str(endpoint.get("Address") or "")) else "ENDPOINT_MISSING_ADDRESS"
