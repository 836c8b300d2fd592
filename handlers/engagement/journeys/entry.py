"""Who of a run's segment enters a journey: shard by shard, page by page, everybody considered once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, standing
from handlers.engagement.errors import NotFoundError
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.engine import Engine
from handlers.engagement.journeys.participants import BATCH, Entrant, Participants, Remaining
from handlers.engagement.segments.reader import SegmentReader
from handlers.shared.addresses.written import trimmed
from handlers.shared.attribute_values import Item
from handlers.shared.logging import logger

CANDIDATES_PER_PAGE = 450  # ten batches
MILLISECONDS = 1000
REJECTED = {"OPT_OUT": "ENDPOINT_OPT_OUT", "INACTIVE": "ENDPOINT_INACTIVE"}


class Entry:
    """The entry of one run of a journey.

    Args:
        run: Id of the run.
        segment: Id and version of the segment that it reads.
        now: The journey's time, in milliseconds.
    """

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        reader: SegmentReader,
        *,
        run: str,
        segment: tuple[str, int],
        now: int,
    ) -> None:
        self._participants = participants
        self._reader = reader
        self._run = run
        self._segment = segment
        self._now = now
        self._engine = Engine(journey)
        self._limits = journey.get("Limits") or {}

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
        fitting = []
        for endpoint in endpoints:
            if reason := _rejected(endpoint):
                counts[reason] += 1
            else:
                fitting.append(endpoint)
        known = self._participants.known([endpoint["Id"] for endpoint in fitting])
        entrants = []
        for endpoint in fitting:
            item = known.get(endpoint["Id"])
            if reason := self._kept_out(item):
                counts[reason] += 1
                continue
            entries = item["entries"] if item else 0
            position = self._engine.enter(endpoint["Id"], self._run, entries + 1, self._now)
            entrants.append(Entrant(position, entries if item else None))
        if self._participants.enter(self._run, shard, entrants, counts, cursor=cursor, after=after):
            return {"done": 1} if after is None else {"after": after}
        return self._participants.cursor(self._run, shard)

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


def _rejected(endpoint: Mapping[str, Any]) -> str:
    """The metric of an endpoint that may not enter; empty: it may."""
    status = standing(endpoint)
    if status != CLAIMED:
        return REJECTED[status]
    if not endpoint.get("ChannelType"):
        return "ENDPOINT_MISSING_CHANNEL"
    return "" if trimmed(str(endpoint.get("Address") or "")) else "ENDPOINT_MISSING_ADDRESS"
