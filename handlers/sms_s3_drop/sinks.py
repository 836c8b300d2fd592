"""The two ways of a file's rows: into the queue, and, once the deadline is over, out of it."""

from __future__ import annotations

from handlers.shared.claims import Standing
from handlers.shared.overlapped import overlap
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.ledger import BLOCK, EXPIRED, LOST, UNKNOWN, Ledger, Result
from handlers.sms_s3_drop.outgoing import Outgoing
from handlers.sms_s3_drop.reading import Refused
from handlers.sms_s3_drop.runs import Runs


class Queueing:
    """Puts texts into the queue."""

    def __init__(self, outgoing: Outgoing, ledger: Ledger) -> None:
        self._outgoing = outgoing
        self._refused = Refused(ledger, lambda rows: Runs(ledger.table).count_settled(ledger.run, rows))

    def put(self, text: Text) -> None:
        self._outgoing.put(text)

    def refuse(self, result: Result) -> None:
        self._refused.add(result)

    def oldest(self) -> int | None:
        return min(
            (row for row in (self._outgoing.oldest(), self._refused.oldest) if row is not None),
            default=None,
        )

    def flush(self) -> None:
        self._outgoing.flush()
        self._refused.flush()


class Closing:
    """Settles every row that has no result, so that no sender sends it any more.

    Args:
        reason: Why rows that nobody claimed are not sent.
    """

    def __init__(self, ledger: Ledger, reason: str) -> None:
        self._ledger = ledger
        self._reason = reason
        self._block = -1
        self._settled: set[int] = set()
        self._texts: list[Text] = []
        self._refused = Refused(ledger)

    def put(self, text: Text) -> None:
        if text.row not in self._of_block(text.row):
            self._texts.append(text)

    def refuse(self, result: Result) -> None:
        if result.row not in self._of_block(result.row):
            self._refused.add(result)

    def oldest(self) -> int | None:
        rows = [text.row for text in self._texts[:1]]
        return min([*rows, *([] if self._refused.oldest is None else [self._refused.oldest])], default=None)

    def flush(self) -> None:
        overlap(self._close, self._texts)
        self._texts = []
        self._refused.flush()

    def _of_block(self, row: int) -> set[int]:
        if row // BLOCK != self._block:
            self.flush()
            self._block = row // BLOCK
            self._settled = {result.row for result in self._ledger.results(self._block)}
        return self._settled

    def _close(self, text: Text) -> None:
        standing = self._ledger.claim_row(text.row)
        if standing is Standing.CLAIMED:
            self._ledger.settle(Result.of(text, EXPIRED, self._reason))
        elif standing is Standing.LOST:
            self._ledger.settle(Result.of(text, UNKNOWN, LOST))
