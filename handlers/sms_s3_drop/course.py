"""The course of a run, phase by phase: reading, sending, closing (where the deadline passes), reporting.

What is under way is stored as it goes on, so that any call of `go_on` may be the last of its process.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from handlers.shared.claims import Standing
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Table
from handlers.sms_s3_drop.columns import Defaults
from handlers.sms_s3_drop.ledger import BLOCK, EXPIRED, LOST, SENT, UNKNOWN, Ledger, Result
from handlers.sms_s3_drop.outgoing import Outgoing
from handlers.sms_s3_drop.reading import Reading
from handlers.sms_s3_drop.reports import ERRORS, RESULTS, Report, report_key
from handlers.sms_s3_drop.runs import CLOSING, DONE, READING, REFUSED, REPORTING, SENDING, START, Run, Runs
from handlers.sms_s3_drop.sinks import Closing, Queueing

ROWS_AHEAD = 40_000
"""Rows that a file may have in the queue. A FIFO queue looks at its first 120,000 messages alone for groups that may go
on, so that one slow identity with more than that would hold up all others."""
ROWS_BETWEEN_LOOKS = 10_000
BLOCKS_AT_ONCE = 8
LONGEST_WAIT_SECONDS = 3600
WAIT_SHARE = 0.05
"""Of a run's age: how late its end may be noticed."""


@dataclass(frozen=True)
class Course:
    """What a run needs on its way. is_late: whether this process must come to an end. clock: epoch seconds."""

    table: Table
    s3: Any
    sqs: Any
    queue_url: str
    defaults: Defaults
    prefix: str
    deadline_hours: int
    keep_days: int
    poll_seconds: int
    is_late: Callable[[], bool]
    clock: Callable[[], float] = time.time

    def go_on(self, run: Run) -> tuple[Run, int]:
        """Takes the run as far as it goes now. Returns it, and in how many seconds there may be more to do.

        Raises FileError where the file has no rows that can be read.
        """
        while run.phase != DONE:
            run, wait = self._phases[run.phase](self, run)
            if wait or self.is_late():
                return run, max(wait, 1)
        return run, 1

    def refuse(self, run: Run) -> None:
        """Notes that nothing of the file can be read, so that a later run of the same content tries again."""
        Runs(self.table).put(replace(run, phase=REFUSED))

    def _ledger(self, run: Run) -> Ledger:
        return Ledger(self.table, run.id, self.keep_days)

    def _is_over(self, run: Run) -> bool:
        return self.clock() >= run.started + self.deadline_hours * 3600

    def _read(self, run: Run) -> tuple[Run, int]:
        runs = Runs(self.table)

        def stop(row: int) -> bool:
            looks = row % ROWS_BETWEEN_LOOKS == 0
            return self.is_late() or self._is_over(run) or (looks and self._wait_for_room(run, row) > 0)

        if self._is_over(run):
            return self._begin_closing(run), 0
        if wait := self._wait_for_room(run, run.row):
            return run, wait
        with Outgoing(self.sqs, self.queue_url) as outgoing:
            sink = Queueing(outgoing, self._ledger(run))
            run, ended = Reading(self.s3, runs, self.defaults).go_on(run, sink, stop)
        if ended:
            return runs.put(replace(run, phase=SENDING, rows=run.row)), 0
        return run, self._wait_for_room(run, run.row)

    def _wait_for_room(self, run: Run, row: int) -> int:
        """Seconds until about half of what is in the queue is sent; 0 where there is room.

        No longer than the run is old: the younger it is, the less its past says about how fast its texts go out.
        """
        if row < ROWS_AHEAD:
            return 0
        sent = Runs(self.table).settled_hint(run.id)
        if row - sent < ROWS_AHEAD:
            return 0
        age = max(self.clock() - run.started, 1)
        half_sent = ROWS_AHEAD / 2 / max(sent / age, 0.5)
        return int(min(LONGEST_WAIT_SECONDS, max(self.poll_seconds, min(half_sent, age))))

    def _send(self, run: Run) -> tuple[Run, int]:
        """Counts what is settled, from the first block that was not."""
        ledger, settled = self._ledger(run), run.settled
        blocks = -(-run.rows // BLOCK)
        while settled < blocks:
            asked = range(settled, min(settled + BLOCKS_AT_ONCE, blocks))
            counts = overlap(ledger.settled, asked)
            whole = [count == min(BLOCK, run.rows - block * BLOCK) for block, count in zip(asked, counts, strict=True)]
            complete = whole.index(False) if False in whole else len(whole)
            settled += complete
            if complete < len(whole) or self.is_late():
                break
        run = Runs(self.table).put(replace(run, settled=settled, phase=REPORTING if settled == blocks else SENDING))
        if run.phase == REPORTING:
            return run, 0
        if self._is_over(run):
            return self._begin_closing(run), 0
        waited = (self.clock() - run.started) * WAIT_SHARE
        return run, int(min(LONGEST_WAIT_SECONDS, max(self.poll_seconds, waited)))

    def _begin_closing(self, run: Run) -> Run:
        """The file is read once more, for the lines of the rows that have no result."""
        return Runs(self.table).put(replace(run, phase=CLOSING, place=START, row=0, columns=None, problem=""))

    def _close(self, run: Run) -> tuple[Run, int]:
        runs = Runs(self.table)
        reason = f"was not sent within {self.deadline_hours} hours"
        sink = Closing(self._ledger(run), reason)
        rows_known = run.rows
        run, ended = Reading(self.s3, runs, self.defaults).go_on(run, sink, lambda _row: self.is_late())
        if not ended:
            return run, 1
        run = replace(run, rows=max(run.row, rows_known), phase=REPORTING)
        if run.problem:
            self._close_unread(run, reason)
        return runs.put(run), 0

    def _close_unread(self, run: Run, reason: str) -> None:
        """Settles rows of a file that cannot be read any more: their lines are not known."""
        ledger = self._ledger(run)
        for block in range(run.row // BLOCK, -(-run.rows // BLOCK)):
            known = {result.row for result in ledger.results(block)}
            for row in range(max(run.row, block * BLOCK), min(run.rows, (block + 1) * BLOCK)):
                if row in known:
                    continue
                standing = ledger.claim_row(row)
                if standing is not Standing.SETTLED:
                    lost = standing is Standing.LOST
                    ledger.settle(Result(row, 0, UNKNOWN if lost else EXPIRED, "", LOST if lost else reason))

    def _report(self, run: Run) -> tuple[Run, int]:
        runs = Runs(self.table)
        for kind, name in ((RESULTS, "results"), (ERRORS, "errors")):
            state = dict(run.report.get(name, {}))
            if state.get("done"):
                continue
            place = (run.source.bucket, report_key(kind, self.prefix, run.source.key))
            report = Report(self.s3, self._ledger(run), place, kind, rows=run.rows, problem=run.problem)

            def keep(state: dict[str, Any], run: Run = run, name: str = name) -> None:
                runs.put(replace(run, report={**run.report, name: state}))

            if kind == ERRORS and not run.problem and run.report["results"]["counts"].get(SENT, 0) == run.rows:
                report.remove()
            elif not report.go_on(state, self.is_late, keep):
                return replace(run, report={**run.report, name: state}), 1
            run = runs.put(replace(run, report={**run.report, name: {**state, "done": True}}))
        return runs.put(replace(run, phase=DONE)), 0

    _phases = {READING: _read, SENDING: _send, CLOSING: _close, REPORTING: _report}
