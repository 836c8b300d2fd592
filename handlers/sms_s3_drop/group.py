"""The queued texts of one origination identity, sent one after the other and never faster than its rate.

A text takes its parts divided by the rate: the next one starts that long after the last one's answer, so that no delay on
the way brings two closer together. The batch is held until its last text has taken its time, because the queue hands
out no more of a message group before. A fast identity's texts overlap, each at its own time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from handlers.shared.logging import logger
from handlers.shared.message_parts import message_parts
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.ledger import DUPLICATE, LOST, UNKNOWN, Ledger, Result, Standing
from handlers.sms_s3_drop.pace import Pace
from handlers.sms_s3_drop.sending import Answer

TRIES = 3
"""Calls for one text before it goes back to the queue."""
FAST = 10
"""Parts a second from which on texts overlap."""
WORKERS = 10
CALL_SECONDS = 30
"""What a call and its bookkeeping may take at the worst."""


@dataclass(frozen=True)
class Letter:
    """A text in the queue. last: the queue hands it out for the last time."""

    text: Text
    last: bool


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

    def run(self, letters: Sequence[Letter]) -> list[bool]:
        """Sends what time allows. Returns for each letter whether it has a result; the others must come again."""
        takes = [message_parts(letter.text.message) / self._rate for letter in letters]
        start = self._desk.pace.reserve(self._identity, sum(takes))
        if self._rate >= FAST:
            return self._overlapping(letters, takes, start)
        return self._in_turn(letters, takes, start)

    def _in_turn(self, letters: Sequence[Letter], takes: Sequence[float], start: float) -> list[bool]:
        pace, done = self._desk.pace, []
        for letter, seconds in zip(letters, takes, strict=True):
            if not self._has_time(start, seconds):
                break
            pace.wait_until(start)
            settled, used = self._deliver(letter, seconds)
            # A row that was not sent (it has a result already, or is a duplicate) takes no time.
            start = max(start, pace.clock()) + seconds if used else start
            done.append(settled)
            if not settled:
                break
        pace.wait_until(start)
        return done + [False] * (len(letters) - len(done))

    def _overlapping(self, letters: Sequence[Letter], takes: Sequence[float], start: float) -> list[bool]:
        starts = [start + sum(takes[:at]) for at in range(len(takes))]

        def one(at: int) -> bool:
            if not self._has_time(starts[at], takes[at]):
                return False
            self._desk.pace.wait_until(starts[at])
            return self._deliver(letters[at], takes[at])[0]

        with ThreadPoolExecutor(min(WORKERS, len(letters)), thread_name_prefix="texts") as pool:
            done = list(pool.map(one, range(len(letters))))
        self._desk.pace.wait_until(start + sum(takes))
        return done

    def _has_time(self, start: float, seconds: float) -> bool:
        waiting = max(0.0, start - self._desk.pace.clock())
        return self._desk.left() > waiting + seconds + CALL_SECONDS

    def _deliver(self, letter: Letter, seconds: float) -> tuple[bool, bool]:
        """Whether the letter has a result now, and whether it took its time."""
        text = letter.text
        ledger = self._desk.ledger_of(text.run)
        claim = ledger.claim(text)
        if claim.standing is Standing.SETTLED:
            return True, False
        if claim.standing is Standing.LOST:
            ledger.settle(Result.of(text, UNKNOWN, LOST))
            return True, False
        if claim.standing is Standing.DUPLICATE:
            ledger.settle(Result.of(text, DUPLICATE, f"is equal in every column to the row in line {claim.line}"))
            return True, False
        answer = self._send(text, seconds)
        if answer.again and not letter.last:
            ledger.release(text)
            logger.warning("text goes back to the queue", extra={"run": text.run, "row": text.row})
            return False, True
        ledger.settle(Result.of(text, answer.status, answer.reason, answer.message_id))
        return True, True

    def _send(self, text: Text, seconds: float) -> Answer:
        pace = self._desk.pace
        answer = self._desk.send(text)
        for attempt in range(1, TRIES):
            pause = max(seconds, 0.2 * 2**attempt)
            if not answer.again or self._desk.left() < pause + CALL_SECONDS:
                break
            pace.wait_until(pace.clock() + pause)
            answer = self._desk.send(text)
        return answer
