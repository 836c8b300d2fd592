"""The message activities of a journey: sent by the campaigns' own claims, channels and functions, each with the journey's ids.

A message activity of a walk is to the ledger what a campaign's run is: who has a claim gets nothing again. Who certainly got nothing for now
waits on the ledger's list, and the participant stays before the message; after a day it walks on without. Who is held until quiet time
ends stays there too, without a claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.campaigns.audience import CLAIMED, DEFAULT_TREATMENT, Recipient
from handlers.engagement.campaigns.batch import EventBuffer
from handlers.engagement.campaigns.content import Content, ContentError, load_contents, pin_templates
from handlers.engagement.campaigns.delivery import Delivery, Pace
from handlers.engagement.campaigns.dispatch import Dispatch
from handlers.engagement.campaigns.endpoints import RunEndpoints
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.freshness import Freshness
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.waiting import FIRST_PAUSE_SECONDS, WaitingList
from handlers.engagement.caps.counters import Counters
from handlers.engagement.caps.definitions import DAILY_CAP, journey_caps
from handlers.engagement.events import EventWriter
from handlers.engagement.identifiers import now
from handlers.engagement.journeys import activities as kinds
from handlers.engagement.journeys.engine import Position, Walk
from handlers.engagement.journeys.message_times import MISSING_TIMEZONE, MessageTimes
from handlers.engagement.journeys.participants import Participants, Remaining
from handlers.engagement.journeys.sending import JourneySending, message_of
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import shard_of
from handlers.engagement.templates.store import TemplateStore
from handlers.shared import pace as reservations
from handlers.shared.claims import ContendedError
from handlers.shared.logging import logger

LONGEST_TRYING_MILLISECONDS = 24 * 3600 * 1000
MILLISECONDS = 1000
BATCH_SECONDS = 45
CONTENT_SECONDS = 5
"""How long templates are used as they were read."""
METRICS = {
    **{
        name: name
        for name in (
            "SUCCESS", "QUIET_TIME", "THROTTLED", "TRANSIENT_FAILURE", "FAILURE_PERMANENT", "UNSUPPORTED_CHANNEL",
            "CUSTOM_DELIVERY_FAILURE", "UNKNOWN",
        )
    },
    DAILY_CAP: "DAILY_CAP_EXCEEDED",
    "FAILURE": "SERVICE_FAILURE",
    MISSING_TIMEZONE: "QUIET_TIME",
    CLAIMED: "UNKNOWN",
}  # fmt: skip
"""What a status counts as among the activity's metrics; others (opted out, INACTIVE, a duplicate) count for nothing."""


@dataclass(frozen=True)
class Sent:
    """The participant may walk on. metric: what counts for the activity, None: nothing."""

    metric: str | None


@dataclass(frozen=True)
class Later:
    """The participant stays before the message. seconds: until the next try."""

    seconds: float


@dataclass(frozen=True)
class Held:
    """The participant stays before the message until it may go out. due: then, in milliseconds of the journey's time."""

    due: int


Outcomes = dict[str, Sent | Later | Held]


class Messenger:
    """Sends the messages of one journey.

    Args:
        environment: JourneyEnvironment.
        remaining: Seconds until the worker must have returned.
        clock: Seconds of the journey's time.
    """

    def __init__(
        self,
        tables: Tables,
        environment: Any,
        journey: Mapping[str, Any],
        participants: Participants,
        *,
        pool: ThreadPoolExecutor,
        remaining: Remaining,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tables = tables
        self._environment = environment
        self._journey = journey
        self._participants = participants
        self._pool = pool
        self._remaining = remaining
        self._clock = clock
        self._paused = journey.get("_PausedMilliseconds", 0)
        self._counters: Counters | None = None
        self._contents: dict[str, tuple[float, dict[str, Content]]] = {}
        self._rate = (journey.get("Limits") or {}).get("MessagesPerSecond")
        self._limit = Pace(self._rate)
        self._pace = reservations.Pace(tables.sends)
        self._delivery = Delivery(environment)
        writer = EventWriter.for_application(tables, environment, journey["ApplicationId"])
        self._events = EventBuffer(writer, environment.account_id)

    def send(
        self,
        walk: Walk,
        activity_id: str,
        positions: Sequence[Position],
        known: Mapping[str, dict[str, Any]],
        endpoints: RunEndpoints,
        *,
        read_at: float,
    ) -> Outcomes:
        """Sends a message activity to participants of one walk and one shard, those that have endpoints. By id, what came of it.

        Args:
            known: The endpoints, by id, as they were read.
            endpoints: Reads them again right before they are sent to.
            read_at: When they were read, monotonic seconds.
        """
        try:
            contents = self._contents_of(activity_id)
        except ContentError as error:
            logger.error("message has no content", extra={"journey": self._journey["Id"], "reason": str(error)})
            former = self.settle(walk, activity_id, positions, endpoints, known)
            return {
                name: outcome if isinstance(outcome, Sent) and outcome.metric else Sent("FAILURE_PERMANENT")
                for name, outcome in former.items()
            }
        sending = self._sending(walk, activity_id, endpoints, contents)
        considered = sending.recipients([known[position.id] for position in positions], read_at)
        recipients = [recipient for recipient in considered if not recipient.due]
        held: Outcomes = {one.id: Held(one.due - self._paused) for one in considered if one.due}
        positions = [position for position in positions if position.id not in held]
        self._tell_who_was_held(sending, positions, recipients, self._paused)
        wanting = sum(recipient.status == CLAIMED for recipient in recipients)
        if not self._reserved(wanting):
            self._events.flush()
            return held | {position.id: Later(FIRST_PAUSE_SECONDS) for position in positions}
        shard = shard_of(next(iter(known)))
        if recipients:
            sending.send(recipients, shard)
            if any(recipient.again for recipient in recipients):
                self._work_off_waiting(sending, shard, endpoints)
        outcomes = self._outcomes(sending, positions, recipients, known, shard)
        self._events.flush()
        return held | outcomes

    def settle(
        self,
        walk: Walk,
        activity_id: str,
        positions: Sequence[Position],
        endpoints: RunEndpoints,
        known: Mapping[str, dict[str, Any]] | None = None,
    ) -> Outcomes:
        """What had become of a message to participants of one walk and one shard who get none any more, by id. `Sent(None)`: nothing.

        known: Their endpoints, as far as they were read.
        """
        sending = self._sending(walk, activity_id, endpoints, {})
        outcomes = self._outcomes(sending, positions, [], known or {}, shard_of(positions[0].id))
        self._events.flush()
        return outcomes

    def _outcomes(
        self,
        sending: JourneySending,
        positions: Sequence[Position],
        recipients: Sequence[Recipient],
        known: Mapping[str, dict[str, Any]],
        shard: int,
    ) -> Outcomes:
        """What came of the messages to recipients, and to those who cannot be sent to any more but had been when a worker died."""
        outcomes: Outcomes = {position.id: Sent(None) for position in positions}
        entries = sending.ledger.entries(list(outcomes))
        arrived = {position.id: position.arrived for position in positions}
        lost: list[Recipient] = []
        considered = {recipient.id for recipient in recipients}
        former = [
            Recipient(known.get(name) or {"Id": name}, DEFAULT_TREATMENT, entry["status"], at=entry.get("at", 0))
            for name, entry in entries.items()
            if name not in considered and not entry.get("waits")
        ]
        sending.tell(former)
        for recipient in [*recipients, *former]:
            entry = entries.get(recipient.id, {})
            status = entry.get("status", recipient.status)
            if entry.get("waits"):
                if self._clock() * MILLISECONDS - arrived[recipient.id] < LONGEST_TRYING_MILLISECONDS:
                    outcomes[recipient.id] = Later(FIRST_PAUSE_SECONDS)
                    continue
                self._give_up(sending, recipient, shard)
            elif status == CLAIMED:  # the shard is this worker's: whoever claimed it is dead
                recipient.status, recipient.at = "UNKNOWN", entry.get("at", 0)
                lost.append(recipient)
            outcomes[recipient.id] = Sent(METRICS.get(status))
        if lost:
            sending.ledger.record([Outcome(one.id, DEFAULT_TREATMENT, "UNKNOWN") for one in lost], shard)
            sending.tell(lost)
        return outcomes

    def _work_off_waiting(self, sending: JourneySending, shard: int, endpoints: RunEndpoints) -> None:
        """Sends to those of the ledger's list whose time has come."""
        waiting = WaitingList(sending.ledger, shard)
        if entries := waiting.due(int(self._wall() * MILLISECONDS), 0):
            read_at = time.monotonic()
            known = endpoints.get([entry.endpoint_id for entry in entries])
            if held := sending.held(entries, known):
                waiting.postpone(held)
            later = {entry.key for entry, _ in held}
            if entries := [entry for entry in entries if entry.key not in later]:
                sending.send_waiting(entries, known, read_at, waiting)

    @staticmethod
    def _tell_who_was_held(
        sending: JourneySending, positions: Sequence[Position], recipients: Sequence[Recipient], paused: int
    ) -> None:
        """Tells the stream of those whose hold is over."""
        were_held = {position.id: position.due for position in positions if position.waiting}
        for recipient in recipients:
            if recipient.id in were_held:
                sending.tell_wait_finished(recipient, were_held[recipient.id] + paused)

    def _caps(self) -> Counters:
        """What counts the journey's messages, by the application's settings as they were at its first message."""
        if self._counters is None:
            settings = Apps(self._tables.registry).settings(self._journey["ApplicationId"])
            self._counters = Counters(self._tables.sends, journey_caps(self._journey, settings), self._wall)
        return self._counters

    def _wall(self) -> float:
        """Epoch seconds."""
        return self._clock() + self._paused / MILLISECONDS

    def _give_up(self, sending: JourneySending, recipient: Recipient, shard: int) -> None:
        """Takes somebody off the ledger's list for whom it was tried for a day, and tells."""
        waiting = WaitingList(sending.ledger, shard)
        after: str | None = None
        while entries := waiting.page(after):
            for entry in entries:
                if entry.endpoint_id == recipient.id:
                    final = Recipient(recipient.endpoint, DEFAULT_TREATMENT, entry.status, at=entry.since)
                    waiting.claim([(entry, final)])
                    sending.tell([final])
                    return
            after = entries[-1].key

    def _reserved(self, messages: int) -> bool:
        """Waits until the journey's MessagesPerSecond allows so many; False where that is not before the worker must end."""
        if not self._rate or not messages:
            return True
        seconds, left = messages / self._rate, self._remaining() + BATCH_SECONDS
        try:
            start = self._pace.reserve(f"JOURNEY#{self._journey['Id']}", seconds, left)
        except (ClientError, BotoCoreError, ContendedError) as error:
            logger.warning("the journey's pace is not known", extra={"error": type(error).__name__})
            return False
        if start + seconds > self._pace.clock() + left:
            return False
        self._pace.wait_until(start)
        return True

    def _contents_of(self, activity_id: str) -> dict[str, Content]:
        """A message's content. Raises ContentError."""
        read_at, contents = self._contents.get(activity_id, (0.0, {}))
        if not contents or time.monotonic() - read_at > CONTENT_SECONDS:
            store = TemplateStore(self._tables.registry)
            activity = self._journey["Activities"][activity_id]
            message = message_of(kinds.kind_of(activity), kinds.body_of(activity))
            pushes = bool(self._environment.push_application_id)
            contents = load_contents(store, message, pin_templates(store, message), pushes=pushes)
            self._contents[activity_id] = time.monotonic(), contents
        return contents

    def _sending(
        self, walk: Walk, activity_id: str, endpoints: RunEndpoints, contents: Mapping[str, Content]
    ) -> JourneySending:
        """contents: None are needed where nothing is sent any more."""
        kind = kinds.kind_of(self._journey["Activities"][activity_id])
        campaign = {
            "ApplicationId": self._journey["ApplicationId"],
            "Id": self._journey["Id"],
        }
        dispatch = Dispatch(
            self._delivery,
            Freshness(endpoints),
            self._environment.rates,
            self._pace,
            limit=self._limit,
            pool=self._pool,
            left=lambda: self._remaining() + BATCH_SECONDS,
        )
        return JourneySending(
            run=walk.run,
            kind=kind,
            participants=self._participants,
            times=MessageTimes(self._journey, kind),
            clock=self._wall,
            campaign=campaign,
            contents=contents,
            activities={DEFAULT_TREATMENT: activity_id},
            settings={},
            scheduled=now(),
            expires=None,
            ledger=Ledger(
                self._tables.sends, walk.ledger(self._journey["Id"], activity_id), self._caps(), clock=self._wall
            ),
            dispatch=dispatch,
            events=self._events,
        )
