"""Who enters a journey because of an event: what PutEvents has put into its inbox, a batch of one shard at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from handlers.engagement.event_starts.inbox import Arrival
from handlers.engagement.journeys import states
from handlers.engagement.journeys.entry import Admission
from handlers.engagement.journeys.participants import Participants, Remaining
from handlers.engagement.store.endpoints import EndpointStore
from handlers.shared.claims import Attempts

BATCH = 19
"""A participant's two items and what is known of its messages, the event's claim and its entry in the inbox each, and the counters: 97 of a
transaction's 100 actions."""


class EventEntry(Admission):
    """The entry by events.

    Args:
        run: Id of the journey's run.
        now: The journey's time, in milliseconds.
    """

    open_in = (states.ACTIVE, states.CLOSED)
    """Where the journey is closed, those enter whose event came before."""

    def __init__(
        self,
        journey: Mapping[str, Any],
        participants: Participants,
        endpoints: EndpointStore,
        *,
        run: str,
        now: int,
    ) -> None:
        super().__init__(journey, participants, run=run, now=now)
        self._endpoints = endpoints

    def shards(self) -> Collection[int]:
        """The shards in which somebody is to enter."""
        return self._participants.inbox.shards()

    def read(self, shard: int, remaining: Remaining, goes_on: Callable[[], bool]) -> bool:
        """Enters those of a shard, as long as the journey goes on. Returns whether that is done."""
        attempts = Attempts("entries by events")
        while arrivals := self._participants.inbox.page(shard, BATCH):
            if remaining() <= 0 or not goes_on():
                return False
            if self._enter(shard, arrivals):
                attempts = Attempts("entries by events")
            else:
                attempts.another()
        return True

    def _enter(self, shard: int, arrivals: Sequence[Arrival]) -> bool:
        """Considers each endpoint of a batch once, and leaves its other events for the next one. Returns whether it happened."""
        inbox = self._participants.inbox
        known = self._participants.acted_on(arrivals)
        repeated = [arrival for arrival in arrivals if arrival.identity in known]
        first: dict[str, Arrival] = {}
        for arrival in arrivals:
            if arrival.identity not in known:
                first.setdefault(arrival.endpoint_id.lower(), arrival)
        counts: Counter[str] = Counter()
        entrants = self.admit(self._candidates(list(first.values()), counts), counts)
        moment = self._now + self._paused
        again = [entrant.position for entrant in entrants if entrant.known]
        beside = [self._participants.event_action(arrival) for arrival in first.values()]
        beside += [self._participants.forget_action(position, moment) for position in again]
        beside += [inbox.taken_action(arrival) for arrival in (*first.values(), *repeated)]
        return self._participants.enter(self._run, shard, entrants, counts, beside)

    def _candidates(self, arrivals: Sequence[Arrival], counts: Counter[str]) -> list[dict[str, Any]]:
        """The endpoints that are there and were in the segment; all are counted."""
        endpoints = self._endpoints.get([arrival.endpoint_id for arrival in arrivals], users=False)
        found = []
        for arrival in arrivals:
            counts["ENDPOINT_PRODUCED"] += 1
            counts["ENDPOINTS_FROM_USER"] += arrival.user
            if not arrival.member:
                counts["FILTERED_OUT_BY_SEGMENT"] += 1
            elif endpoint := endpoints.get(arrival.endpoint_id):
                found.append(endpoint)
            else:  # deleted since
                counts["ENDPOINT_INACTIVE"] += 1
        return found
