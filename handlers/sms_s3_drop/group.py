"""The queued texts of one origination identity, sent one after the other and never faster than its rate.

A text takes its parts divided by the rate: the next one starts that long after the last one's answer, so that no delay on
the way brings two closer together. The batch is held until its last text has taken its time, because the queue hands
out no more of a message group before; texts that this function has no time for come again at once. A fast identity's
texts overlap (handlers/sms_s3_drop/fast_group.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

from handlers.shared.claims import Standing
from handlers.shared.message_parts import message_parts
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.desk import CALL_SECONDS, LONGEST_PAUSE_SECONDS, Desk
from handlers.sms_s3_drop.fast_group import send_overlapping
from handlers.sms_s3_drop.ledger import Result

FAST = 10
"""Parts a second from which on texts overlap."""
PLANNED = 0.9
"""Of the time left: what is reserved and not used for lack of time, the number waits for in vain."""


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
            return send_overlapping(self._desk, texts, takes, start)
        return self._in_turn(texts, takes, start)

    def _in_turn(self, texts: Sequence[Text], takes: Sequence[float], start: float) -> list[int]:
        pace, done = self._desk.pace, []
        for text, seconds in zip(texts, takes, strict=True):
            if not self._desk.has_time(start, seconds):
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

    def _deliver(self, text: Text, seconds: float) -> tuple[int, bool]:
        """In how many seconds the text must come again (0: it has a result now), and whether it took its time."""
        ledger = self._desk.ledger_of(text.run)
        claim = ledger.claim(text)
        if claim.standing is not Standing.CLAIMED:
            if result := self._desk.unsendable(text, claim):
                ledger.settle(result)
            return 0, False
        answer = self._desk.try_to_send([text], seconds)[text]
        if answer.again and (pause := self._desk.hand_back(text)):
            return pause, True
        ledger.settle(Result.of(text, answer.status, answer.reason, answer.message_id))
        return 0, True
