"""One batch of a campaign that events trigger: who is to get its message for which event, sent, and taken out of the inbox."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.batch import Sending
from handlers.engagement.campaigns.endpoints import RunEndpoints
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.event_ledger import EventLedger
from handlers.engagement.event_starts.inbox import Arrival, Inbox

BATCH = 48
DROPPED_SECONDS = 300


class EventSending(Sending):
    """Sends to endpoints for their events. An event that is not delivered in time is dropped, as EXPIRED.

    arrived: When each one's event came, in epoch milliseconds, by endpoint id in lower case.
    longest: How many seconds after that it is sent to at the latest.
    """

    def __init__(self, **members: Any) -> None:
        super().__init__(**members)
        self.arrived: dict[str, int] = {}
        self.longest: float = DROPPED_SECONDS

    def _status(self, endpoint: Mapping[str, Any], moment: datetime) -> str:
        late = moment.timestamp() * 1000 > self.arrived[endpoint["Id"].lower()] + 1000 * self.longest
        status = super()._status(endpoint, moment)
        return "EXPIRED" if late and status == CLAIMED else status


class EventBatches:
    """Works off a campaign's inbox, a batch of one shard at a time.

    Args:
        goes_on: Whether there is time, and the campaign still sends.
    """

    def __init__(
        self,
        inbox: Inbox,
        ledger: EventLedger,
        sending: EventSending,
        endpoints: RunEndpoints,
        *,
        goes_on: Callable[[], bool],
    ) -> None:
        self._inbox = inbox
        self._ledger = ledger
        self._sending = sending
        self._endpoints = endpoints
        self._goes_on = goes_on

    def work_off(self, shard: int) -> int:
        """Goes through a shard once. Returns how many events were settled; the others stay, for the next time."""
        settled, after = 0, None
        while self._goes_on():
            page = self._inbox.page(shard, BATCH, after)
            if not page:
                break
            after = page[-1].key
            done: list[Arrival] = []
            for group in _of_one_event_each(page, done):
                done += self._send(group, shard)
            self._sending.events.flush()
            self._inbox.take(done)
            settled += len(done)
        return settled

    def _send(self, arrivals: Sequence[Arrival], shard: int) -> list[Arrival]:
        """Sends to the endpoints of events. Returns the events that are settled."""
        self._ledger.turn_to(arrivals)
        known = self._ledger.entries([arrival.endpoint_id for arrival in arrivals])
        repeated = [one for one in arrivals if _is_settled_before(known.get(one.endpoint_id, {}), one.at)]
        new = [one for one in arrivals if one not in repeated]
        self._sending.arrived = {one.endpoint_id.lower(): one.at for one in new}
        read_at = time.monotonic()
        endpoints = self._endpoints.get([one.endpoint_id for one in new])
        recipients = self._sending.consider(list(endpoints.values()), read_at)
        if recipients:
            self._sending.send(recipients, shard)
        self._settle([one for one in recipients if one.status == CLAIMED], shard)
        waiting = {one.id.lower() for one in recipients if one.again}
        return [*repeated, *(one for one in new if one.endpoint_id.lower() not in waiting)]

    def _settle(self, lost: Sequence[Recipient], shard: int) -> None:
        """Reports claims without a result as UNKNOWN: the shard is this worker's, so whoever claimed them is dead."""
        for recipient in lost:
            recipient.status = "UNKNOWN"
        if lost:
            self._ledger.record([Outcome(one.id, one.treatment_id, "UNKNOWN") for one in lost], shard)
            self._sending.tell(lost)


def _of_one_event_each(page: Sequence[Arrival], repeated: list[Arrival]) -> list[list[Arrival]]:
    """Groups in which each endpoint is once, in the order of its events. What comes twice is added to `repeated`."""
    groups: list[dict[str, Arrival]] = []
    seen: set[str] = set()
    for arrival in page:
        if arrival.identity in seen:
            repeated.append(arrival)
            continue
        seen.add(arrival.identity)
        key = arrival.endpoint_id.lower()
        group = next((group for group in groups if key not in group), None)
        if group is None:
            groups.append(group := {})
        group[key] = arrival
    return [list(group.values()) for group in groups]


def _is_settled_before(entry: Mapping[str, Any], arrival: float) -> bool:
    """Whether an event had its result when it came: it came before, too."""
    return bool(entry) and entry["status"] != CLAIMED and entry.get("at", math.inf) < arrival
