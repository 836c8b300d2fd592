"""The queued texts of one origination identity, sent one after the other and never faster than its rate.

A text takes its parts divided by the rate: the next one starts that long after the last one's answer, so that no delay on
the way brings two closer together. The batch is held until its last text has taken its time, because the queue hands
out no more of a message group before; texts that this function has no time for come again at once. A fast identity's
texts overlap, each at its own time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate
from math import ceil

from handlers.shared.backoff import doubled
from handlers.shared.claims import Standing
from handlers.shared.logging import logger
from handlers.shared.message_parts import message_parts
from handlers.shared.pace import Pace
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.ledger import DUPLICATE, LOST, UNKNOWN, Ledger, Result
from handlers.sms_s3_drop.sending import Answer

CALLS = 3
"""Calls for one text before it goes back to the queue: one try."""
TRIES = 10
"""After so many in vain, a text's failure is its result."""
PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 300
FAST = 10
"""Parts a second from which on texts overlap."""
WORKERS = 10
PLANNED = 0.9
"""Of the time left: what is reserved and not used for lack of time, the number waits for in vain."""
CALL_SECONDS = 30
"""What a call and its bookkeeping may take at the worst."""


@dataclass(frozen=True)
class Desk:
    """What sending needs. left: seconds that the function has left."""

    ledger_of: Callable[[str], Ledger]
    pace: Pace
    send: Callable[[Text], Answer]
    left: Callable[[], float]


class GroupSender:
    """Sends letters of one origination identity.

    Args:
        rate: Message parts a second.
    """

    def __init__(self, desk: Desk, identity: str, rate: int) -> None:
        self._desk = desk
        self._identity = identity
        self._rate = rate

    def run(self, texts: Sequence[Text]) -> list[int]:
        """Sends what time allows. Returns for each text 0 where it has a result, else in how many seconds it must come again."""
        takes = [message_parts(text.message) / self._rate for text in texts]
        left = self._desk.left() - CALL_SECONDS
        fitting = sum(total <= left * PLANNED for total in accumulate(takes))
        pause = 1
        done: list[int] = []
        if fitting:
            seconds = sum(takes[:fitting])
            start = self._desk.pace.reserve(self._identity, seconds, left)
            waiting = start - self._desk.pace.clock()
            if waiting + seconds > left:
                # A sender that died has the identity's next seconds.
                pause = min(LONGEST_PAUSE_SECONDS, ceil(waiting))
            else:
                done = self._send_all(texts[:fitting], takes[:fitting], start)
                pause = max([pause, *done])
        return done + [pause] * (len(texts) - len(done))

    def _send_all(self, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
        # Of equal rows, the first one is sent: they must not race.
        differ = len({text.digest for text in texts}) == len(texts)
        if self._rate >= FAST and differ:
            return self._overlapping(texts, takes, start)
        return self._in_turn(texts, takes, start)

    def _in_turn(self, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
        pace, done = self._desk.pace, []
        for text, seconds in zip(texts, takes, strict=True):
            if not self._has_time(start, seconds):
                break
            pace.wait_until(start)
            again, used = self._deliver(text, seconds)
            # A row that was not sent (it has a result already, or is a duplicate) takes no time.
            start = max(start, pace.clock()) + seconds if used else start
            done.append(again)
            if again:
                break
        pace.wait_until(start)
        return done

    def _overlapping(self, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
        starts = [start + sum(takes[:at]) for at in range(len(takes))]

        def one(at: int) -> int:
            if not self._has_time(starts[at], takes[at]):
                return 1
            self._desk.pace.wait_until(starts[at])
            return self._deliver(texts[at], takes[at])[0]

        with ThreadPoolExecutor(min(WORKERS, len(texts)), thread_name_prefix="texts") as pool:
            done = list(pool.map(one, range(len(texts))))
        self._desk.pace.wait_until(start + sum(takes))
        return done

    def _has_time(self, start: float, seconds: float) -> bool:
        waiting = max(0.0, start - self._desk.pace.clock())
        return self._desk.left() > waiting + seconds + CALL_SECONDS

    def _deliver(self, text: Text, seconds: float) -> tuple[int, bool]:
        """In how many seconds the text must come again (0: it has a result now), and whether it took its time."""
        ledger = self._desk.ledger_of(text.run)
        claim = ledger.claim(text)
        if claim.standing is Standing.SETTLED:
            return 0, False
        if claim.standing is Standing.LOST:
            ledger.settle(Result.of(text, UNKNOWN, LOST))
            return 0, False
        if claim.standing is Standing.BLOCKED:
            ledger.settle(Result.of(text, DUPLICATE, f"is equal in every column to the row in line {claim.line}"))
            return 0, False
        answer = self._send(text, seconds)
        if answer.again and (tries := ledger.count_try(text)) < TRIES:
            ledger.release(text)
            logger.warning("text goes back to the queue", extra={"run": text.run, "row": text.row, "tries": tries})
            return int(doubled(tries, PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)), True
        ledger.settle(Result.of(text, answer.status, answer.reason, answer.message_id))
        return 0, True

    def _send(self, text: Text, seconds: float) -> Answer:
        pace = self._desk.pace
        answer = self._desk.send(text)
        for attempt in range(1, CALLS):
            pause = max(seconds, doubled(attempt, first=0.2))
            if not answer.again or self._desk.left() < pause + CALL_SECONDS:
                break
            pace.wait_until(pace.clock() + pause)
            answer = self._desk.send(text)
        return answer
