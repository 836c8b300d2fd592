"""Sending to claimed recipients: each on fresh data, emails by as few calls as take them, and texts no faster than the number that
they come from may send."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.content import Content
from handlers.engagement.campaigns.delivery import Delivery, Message, Pace, Prepared
from handlers.engagement.campaigns.freshness import Freshness
from handlers.engagement.campaigns.push_dispatch import PushDispatch
from handlers.shared import pace as reservations
from handlers.shared.backoff import backoff
from handlers.shared.claims import ContendedError
from handlers.shared.logging import logger
from handlers.shared.messages.push_content import is_push
from handlers.shared.origination_rates import Rates
from handlers.shared.overlapped import taken_in_turn

TRIES = 3
"""Of a message at once, where no rate is known; what is throttled or failed for now after them waits."""
FIRST_PAUSE_SECONDS = 0.2
SLICE_SECONDS = 1.0
"""How much of a number's time is reserved at once, so that processes take turns and what was read stays fresh."""


class Dispatch:
    """Sends messages.

    Args:
        rates: What each origination identity may send.
        pace: Reservations of their time, shared by all processes of the service.
        limit: The campaign's own MessagesPerSecond, this chunk's share of it.
        left: Seconds that are left for sending.
    """

    def __init__(
        self,
        delivery: Delivery,
        freshness: Freshness,
        rates: Rates,
        pace: reservations.Pace,
        *,
        limit: Pace,
        pool: ThreadPoolExecutor,
        left: Callable[[], float],
    ) -> None:
        self.freshness = freshness
        self._delivery = delivery
        self._rates = rates
        self._pace = pace
        self._limit = limit
        self._pool = pool
        self._left = left
        self._together = delivery.at_once
        self._push = PushDispatch(delivery.push, freshness, limit=limit, pool=pool)

    def send(self, recipients: Sequence[Recipient], content: Content, identity: Mapping[str, str]) -> None:
        """Sends to recipients of one treatment; the status of each tells what became of it, `again` whether it may be tried again.

        Args:
            identity: What a message's events say of its campaign: ids by name.
        """
        by_origination: dict[str, list[Prepared]] = {}
        self._push.send([recipient for recipient in recipients if is_push(recipient.channel)], content, identity)
        for recipient in (recipient for recipient in recipients if not is_push(recipient.channel)):
            message = self._delivery.prepare(recipient, content, identity)
            if isinstance(message, str):
                recipient.status = message
            else:
                by_origination.setdefault(message.origination, []).append((recipient, message))
        for origination, prepared in by_origination.items():
            if origination:
                self._within_rate(origination, prepared)
            else:
                self._at_once(prepared)

    def _at_once(self, prepared: Sequence[Prepared]) -> None:
        """Sends what has no rate of its own: what fits calls for several messages by these, and what is left one by one."""
        groups = list(self._delivery.together(prepared)) if self._limit.at_once > 1 and self._together.size > 1 else []
        grouped = {id(recipient) for group in groups for recipient, _ in group}
        alone = [pair for pair in prepared if id(pair[0]) not in grouped]
        for left in self._pool.map(self._deliver_together, groups):
            alone += left
        self.freshness.refresh([recipient for recipient, _ in alone])
        taken_in_turn(self._pool, lambda pair: self._deliver(*pair, tries=TRIES), alone)

    def _deliver_together(self, group: Sequence[Prepared]) -> list[Prepared]:
        """Sends a group by one call, by more where fewer may leave at once. Returns those that are left to be sent one by one."""
        alone: list[Prepared] = []
        remaining = list(group)
        for attempt in range(TRIES):
            if attempt:
                backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
            failed: list[Prepared] = []
            while remaining:
                size = int(min(self._together.size, self._limit.at_once))
                if size == 1:
                    return alone + [_afresh(pair) for pair in failed + remaining]
                part, remaining = remaining[:size], remaining[size:]
                self._limit.wait(len(part))
                self.freshness.refresh([recipient for recipient, _ in part])
                part = [pair for pair in part if pair[0].status == CLAIMED]
                if not part:
                    continue
                alone += self._delivery.send_together(part)
                again = [pair for pair in part if pair[0].again]
                self._together.note(len(part), sum(recipient.status == "THROTTLED" for recipient, _ in again))
                failed += again
            if not failed or attempt == TRIES - 1:
                break
            remaining = [_afresh(pair) for pair in failed]
        return alone

    def settle(self) -> None:
        """Writes what results say of endpoints. Called when the ledger has the results."""
        self._push.settle()

    def _within_rate(self, origination: str, prepared: Sequence[Prepared]) -> None:
        rate = self._rates.of(origination)
        for group in _slices(prepared, rate):
            start = self._reserved(origination, sum(message.parts for _, message in group) / rate)
            if start is None:
                for recipient, _ in group:
                    recipient.status, recipient.again = "THROTTLED", True
                continue
            self._pace.wait_until(start)
            self.freshness.refresh([recipient for recipient, _ in group])
            moments, moment = [], start
            for _, message in group:
                moments.append(moment)
                moment += message.parts / rate
            taken_in_turn(self._pool, self._deliver_at, list(zip(group, moments, strict=True)))

    def _reserved(self, origination: str, seconds: float) -> float | None:
        """When the identity is free for so many seconds; None where that is not before this step must end."""
        left = self._left()
        try:
            start = self._pace.reserve(origination, seconds, left)
        except (ClientError, BotoCoreError, ContendedError) as error:
            logger.warning("the number's time is not known", extra={"error": type(error).__name__})
            return None
        return start if start + seconds <= self._pace.clock() + left else None

    def _deliver_at(self, timed: tuple[Prepared, float]) -> None:
        pair, moment = timed
        self._pace.wait_until(moment)
        self._deliver(*pair, tries=1)

    def _deliver(self, recipient: Recipient, message: Message, *, tries: int) -> None:
        for attempt in range(tries):
            if attempt:
                backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
                recipient.status, recipient.again = CLAIMED, False
            self._limit.wait()
            self.freshness.refresh([recipient])
            if recipient.status != CLAIMED:
                return
            self._delivery.send(recipient, message)
            if not recipient.again:
                return


def _afresh(pair: Prepared) -> Prepared:
    """To be tried again."""
    pair[0].status, pair[0].again = CLAIMED, False
    return pair


def _slices(prepared: Sequence[Prepared], rate: float) -> Iterator[list[Prepared]]:
    """Groups of messages that take about a second, or of one that takes longer."""
    group: list[Prepared] = []
    parts = 0
    for pair in prepared:
        if group and (parts + pair[1].parts) / rate > SLICE_SECONDS:
            yield group
            group, parts = [], 0
        group.append(pair)
        parts += pair[1].parts
    if group:
        yield group
