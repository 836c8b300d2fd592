"""Reading a run's file from where it stands: rows that can be sent go one way, all others are settled with the reason.

The place is stored as reading goes on, never beyond what has arrived: a reader that is killed is followed by one that
goes on there, and whatever it does twice has been done to the same row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from handlers.shared.records.dialect import Dialect, Place, dialect_of, sampled
from handlers.shared.records.errors import FileError, RowError
from handlers.shared.records.reading import Record, read_records
from handlers.sms_s3_drop.columns import (
    LONGEST_CONTEXT,
    Columns,
    Defaults,
    FileRefusedError,
    Header,
    Text,
    columns_of,
    text_of,
)
from handlers.sms_s3_drop.ledger import INVALID, Ledger, Result
from handlers.sms_s3_drop.runs import Run, Runs
from handlers.sms_s3_drop.source import read_blocks

ROWS_PER_LOOK = 2000
"""Rows between two looks at the clock, and two stored places."""
REFUSED_AT_ONCE = 400
ROWS_WAITING = 10_000
"""Rows that a text may wait for others of its number to share a call with: their places are kept in memory meanwhile."""


class Sink(Protocol):
    """Where texts go."""

    def put(self, text: Text) -> None: ...

    def refuse(self, result: Result) -> None: ...

    def oldest(self) -> int | None:
        """The lowest row that has not arrived yet."""
        ...

    def flush(self) -> None: ...


class Reading:
    """Reads one run's file into a sink."""

    def __init__(self, s3: Any, runs: Runs, defaults: Defaults) -> None:
        self._s3 = s3
        self._runs = runs
        self._defaults = defaults

    def go_on(self, run: Run, sink: Sink, stop: Callable[[int], bool]) -> tuple[Run, bool]:
        """Reads until the end of the file or until `stop(rows read so far)`. Returns the run as stored, and whether it is at its end.

        A file that is replaced or deleted meanwhile ends there; the run's problem then says so. Raises FileError
        where the file has no rows.
        """
        columns, dialect = None, Dialect()
        if run.columns is None:
            sample, _ = sampled(read_blocks(self._s3, run.source, 0))
            dialect = dialect_of(sample, Header())
            run = replace(run, place=dialect.start)
        else:
            columns = Columns(**run.columns)
            dialect = columns.dialect
        row, end = run.row, run.place
        # Where each row begins that has not arrived yet, oldest first.
        places: dict[int, Place] = {}
        try:
            for record in read_records(read_blocks(self._s3, run.source, end.offset), dialect, end):
                end = record.end
                if columns is None:
                    columns = self._columns(record, dialect)
                    run = replace(run, columns=columns.as_json())
                    if columns.has_header:
                        continue
                places[row] = record.start
                self._take(run.id, row, record, columns, sink)
                row += 1
                if row % ROWS_PER_LOOK == 0:
                    late = stop(row)
                    oldest = sink.oldest()
                    if late or (oldest is not None and row - oldest >= ROWS_WAITING):
                        sink.flush()
                    run = self._keep(run, row, end, places, sink)
                    if late:
                        return run, False
        except FileError as error:
            if columns is None:
                raise
            run = replace(run, problem=f"not read beyond line {end.line}: the file {error}")
        sink.flush()
        if columns is None:
            raise FileRefusedError("is empty")
        return self._runs.put(replace(run, row=row, place=end)), True

    def _columns(self, first: Record, dialect: Dialect) -> Columns:
        if first.problem:
            raise FileRefusedError(f"has a first row that {first.problem}")
        return columns_of(first.values, dialect)

    def _take(self, run: str, row: int, record: Record, columns: Columns, sink: Sink) -> None:
        try:
            text = self._text(run, row, record, columns)
        except RowError as error:
            ids = [_printable(columns.value(record.values, name)[:LONGEST_CONTEXT]) for name in ("id_1", "id_2")]
            sink.refuse(Result(row, record.line, INVALID, "", str(error), *ids))
        else:
            sink.put(text)

    def _text(self, run: str, row: int, record: Record, columns: Columns) -> Text:
        if record.problem:
            raise RowError(record.problem)
        return text_of(columns, record.values, run=run, row=row, line=record.line, defaults=self._defaults)

    def _keep(self, run: Run, row: int, end: Place, places: dict[int, Place], sink: Sink) -> Run:
        oldest = sink.oldest()
        if oldest is None:
            places.clear()
            return self._runs.put(replace(run, row=row, place=end))
        for arrived in [known for known in places if known < oldest]:
            del places[arrived]
        return self._runs.put(replace(run, row=oldest, place=places[oldest]))


class Refused:
    """Results of rows that nobody sends, written many at a time. tell: hears how many have been written."""

    def __init__(self, ledger: Ledger, tell: Callable[[int], None] = lambda _: None) -> None:
        self._ledger = ledger
        self._tell = tell
        self._results: list[Result] = []

    def add(self, result: Result) -> None:
        self._results.append(result)
        if len(self._results) >= REFUSED_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if not self._results:
            return
        self._ledger.settle_all(self._results)
        self._tell(len(self._results))
        self._results = []

    @property
    def oldest(self) -> int | None:
        return self._results[0].row if self._results else None


def _printable(value: str) -> str:
    """A value that may not be UTF-8, as text that can be stored."""
    return value.encode("utf-8", "replace").decode()
