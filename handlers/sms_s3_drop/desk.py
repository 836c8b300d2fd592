"""What senders of texts share: a try, what it comes to, and a text that goes back to the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from handlers.shared.backoff import doubled
from handlers.shared.claims import Standing
from handlers.shared.logging import logger
from handlers.shared.pace import Pace
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.ledger import DUPLICATE, LOST, UNKNOWN, Claim, Ledger, Result
from handlers.sms_s3_drop.sending import Answer, RefusedTogetherError

CALLS = 3
"""Calls before a text goes back to the queue: one try."""
TRIES = 10
"""After so many in vain, a text's failure is its result."""
PAUSE_SECONDS = 5
LONGEST_PAUSE_SECONDS = 300
TROUBLE_SECONDS = 60
"""The pause of what met trouble that is not its own."""
CALL_SECONDS = 30
"""What a call and its bookkeeping may take at the worst."""


@dataclass(frozen=True)
class Desk:
    """What sending needs. left: seconds that the function has left."""

    ledger_of: Callable[[str], Ledger]
    pace: Pace
    send: Callable[[Sequence[Text]], dict[Text, Answer]]
    left: Callable[[], float]

    def has_time(self, start: float, seconds: float) -> bool:
        """Whether the function has time for what begins at a moment and takes so long."""
        waiting = max(0.0, start - self.pace.clock())
        return self.left() > waiting + seconds + CALL_SECONDS

    def try_to_send(self, texts: Sequence[Text], seconds: float, *, together: bool = True) -> dict[Text, Answer]:
        """Sends texts: calls, as often as belongs to one try, for those that were not sent. A text has no answer where its time came too late.

        Args:
            texts: As one call takes them.
            seconds: That they take at their identity's rate.
            together: Whether they go by one call. Refused for good, they go one by one, which finds the one that is why.
        """
        answers = self._sent(texts, together=together)
        for attempt in range(1, CALLS):
            again = [text for text, answer in answers.items() if answer.again]
            pause = max(seconds, doubled(attempt, first=0.2))
            if not again or self.left() < pause + CALL_SECONDS:
                break
            self.pace.wait_until(self.pace.clock() + pause)
            answers |= self._sent(again, together=together)
        return answers

    def _sent(self, texts: Sequence[Text], *, together: bool) -> dict[Text, Answer]:
        if together or len(texts) == 1:
            try:
                return self.send(texts)
            except RefusedTogetherError as error:
                logger.warning("refused together", extra={"error": str(error), "texts": len(texts)})
        answers: dict[Text, Answer] = {}
        for text in texts:
            if self.left() < CALL_SECONDS:
                break
            answers |= self.send([text])
        return answers

    def unsendable(self, text: Text, claim: Claim) -> Result | None:
        """The result of a row that was not claimed: its sender died, or it is a duplicate; None: it has one."""
        if claim.standing is Standing.LOST:
            return Result.of(text, UNKNOWN, LOST)
        if claim.standing is Standing.BLOCKED:
            return Result.of(text, DUPLICATE, f"is equal in every column to the row in line {claim.line}")
        return None

    def hand_back(self, text: Text) -> int:
        """Gives a text back that was certainly not sent. Returns in how many seconds it comes again; 0: it was tried often enough."""
        ledger = self.ledger_of(text.run)
        tries = ledger.count_try(text)
        if tries >= TRIES:
            return 0
        ledger.release(text)
        logger.warning("text goes back to the queue", extra={"run": text.run, "row": text.row, "tries": tries})
        return int(doubled(tries, PAUSE_SECONDS, LONGEST_PAUSE_SECONDS))
