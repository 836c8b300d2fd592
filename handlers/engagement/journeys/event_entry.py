"""Who enters a journey because of an event: what PutEvents has put into its inbox, a batch of one shard at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.event_starts.inbox import Arrival
from handlers.engagement.journeys import states
from handlers.engagement.journeys.engine import Position
from handlers.engagement.journeys.entry import Admission, rejected
from handlers.engagement.journeys.groups import grouped
from handlers.engagement.journeys.participants import Entrant, Participants, Remaining
from handlers.engagement.store.endpoints import EndpointStore
from handlers.shared.attribute_values import Item
from handlers.shared.claims import Attempts
from handlers.shared.tables import TRANSACTION_SIZE

COUNTERS = 2
PAGE = 450
"""Of the inbox: so many are considered at a time, from items that are read 100 a call."""


@dataclass(frozen=True)
class _Considered:
    """An event of an endpoint, and what it comes to. entrant: None: it does not enter."""

    arrival: Arrival
    entrant: Entrant | None
    counts: Counter[str]

    @property
    def again(self) -> Position | None:
        """The position of an endpoint that entered before."""
        return self.entrant.position if self.entrant is not None and self.entrant.known else None


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
        while arrivals := self._participants.inbox.page(shard, PAGE):
            if not goes_on():
                return False
            considered, repeated = self._consider(arrivals)
            for number, pack in enumerate(_packed(considered, repeated)):
                if remaining() <= 0:
                    return False
                if not self._enter(shard, *pack):
                    attempts.another()
                    break
                if not number:
                    attempts = Attempts("entries by events")
        return True

    def _consider(self, arrivals: Sequence[Arrival]) -> tuple[list[_Considered], list[Arrival]]:
        """Considers each endpoint of a page once, and leaves its other events for the next one. The second value: events of which it is done."""
        acted = self._participants.acted_on(arrivals)
        repeated = [arrival for arrival in arrivals if arrival.identity in acted]
        first: dict[str, Arrival] = {}
        for arrival in arrivals:
            if arrival.identity not in acted:
                first.setdefault(arrival.endpoint_id.lower(), arrival)
        endpoints = self._endpoints.get([arrival.endpoint_id for arrival in first.values()], users=False)
        known = self._participants.known([name for name, one in endpoints.items() if not rejected(one)])
        return [self._one(arrival, endpoints, known) for arrival in first.values()], repeated

    def _one(
        self, arrival: Arrival, endpoints: Mapping[str, Mapping[str, Any]], known: Mapping[str, Item]
    ) -> _Considered:
        counts: Counter[str] = Counter(ENDPOINT_PRODUCED=1, ENDPOINTS_FROM_USER=int(arrival.user))
        entrant = None
        endpoint = endpoints.get(arrival.endpoint_id)
        if not arrival.member:
            counts["FILTERED_OUT_BY_SEGMENT"] += 1
        elif endpoint is not None:
            entrant = self.consider(endpoint, known.get(arrival.endpoint_id), counts)
        else:  # deleted since
            counts["ENDPOINT_INACTIVE"] += 1
        return _Considered(arrival, entrant, counts)

    def _enter(self, shard: int, considered: Sequence[_Considered], repeated: Sequence[Arrival]) -> bool:
        """Enters, and takes the events out of the inbox. Returns whether it happened."""
        inbox = self._participants.inbox
        moment = self._now + self._paused
        counts: Counter[str] = Counter()
        for one in considered:
            counts.update(one.counts)
        again = [one.again for one in considered if one.again is not None]
        beside = [self._participants.event_action(one.arrival) for one in considered]
        beside += [self._participants.forget_action(position, moment) for position in again]
        beside += [inbox.taken_action(arrival) for arrival in (*(one.arrival for one in considered), *repeated)]
        entrants = [one.entrant for one in considered if one.entrant is not None]
        return self._participants.enter(self._run, shard, entrants, counts, beside)


def _packed(
    considered: Sequence[_Considered], repeated: Sequence[Arrival]
) -> Iterator[tuple[list[_Considered], list[Arrival]]]:
    """As many as a transaction takes, with the counters of run and journey."""
    pack: list[_Considered] = []
    for one in considered:
        if _actions([*pack, one]) > TRANSACTION_SIZE - COUNTERS:
            yield pack, []
            pack = []
        pack.append(one)
    if pack:
        yield pack, []
    room = TRANSACTION_SIZE - COUNTERS
    for start in range(0, len(repeated), room):
        yield [], list(repeated[start : start + room])


def _actions(pack: Sequence[_Considered]) -> int:
    """The event's claim and its entry in the inbox each; who enters, in groups; what is forgotten of those who were there before."""
    entrants = [one.entrant for one in pack if one.entrant is not None]
    again = sum(one.again is not None for one in pack)
    return 2 * len(pack) + len(entrants) + again + len(grouped(entrant.position for entrant in entrants))
