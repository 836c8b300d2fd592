"""Reading a piece of an import file, and writing its rows in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from handlers.engagement.jobs.bucket import Bucket
from handlers.engagement.jobs.chunks import Piece
from handlers.engagement.jobs.import_plan import read_blocks
from handlers.engagement.jobs.import_results import Result, add_failure, add_good
from handlers.engagement.jobs.import_writer import ImportWriter, Row
from handlers.engagement.jobs.rows import csv_endpoint, decoded, is_user_reference, parse_json_row, user_ids
from handlers.shared.records.dialect import BYTE_ORDER_MARK, NOT_TEXT, RECORD_BYTES, Place
from handlers.shared.records.endpoint_columns import Columns, csv_columns
from handlers.shared.records.errors import FileError, RowError
from handlers.shared.records.lines import LINE_LIMIT, Line, read_lines
from handlers.shared.records.reading import read_records

ROWS_PER_WRITE = 500  # five of the API's batches, so that their calls overlap
ROWS_PER_KEEP = 2000
"""Rows between two stored places, and so the most that a lost chunk may have written without counting it."""

Remaining = Callable[[], float]  # seconds until this step must have returned


class _Taken(NamedTuple):
    """A row as it was read: its line, where the next one begins, and how to make an endpoint of it (raises RowError)."""

    line: int
    end: Place
    parse: Callable[[], dict[str, Any]]


class PieceReading:
    """Reads one piece from its start, or from the place of a cursor (offset, and line), and writes its rows.

    Lines of a CSV file are the file's; those of a JSON file are counted from the piece's first one.
    """

    def __init__(
        self,
        bucket: Bucket,
        piece: Piece,
        form: str,
        writer: ImportWriter,
        *,
        result: Result,
        place: Sequence[int] | None,
    ) -> None:
        self.bucket = bucket
        self.piece = piece
        self.form = form
        self.writer = writer
        self.result = result
        self.report = result["Pieces"][-1]
        self.start = Place(piece.start, piece.line) if place is None else Place(*place)
        self.rows: list[Row] = []
        self.only_users = False

    def run(self, remaining: Remaining, keep: Callable[[Place], None]) -> Place | None:
        """Reads until the end of the piece (None) or until time is over (the place to go on at).

        keep: Hears from time to time of the place before which everything is written and counted.
        """
        kept = self.report["Lines"]
        try:
            for row in self._csv() if self.form == "CSV" else self._json():
                self._take(row)
                if len(self.rows) >= ROWS_PER_WRITE:
                    self._write()
                    if remaining() <= 0:
                        return row.end
                    if row.line - kept >= ROWS_PER_KEEP or not kept:
                        kept = row.line
                        keep(row.end)
        except FileError as error:
            self.report["Fault"] = str(error)
        self._write()
        return None

    def _csv(self) -> Iterator[_Taken]:
        piece = self.piece
        if piece.fault:
            raise FileError(piece.fault)
        header = Place(*piece.header)
        records = read_records(
            read_blocks(self.bucket, piece, self.start.offset, piece.end), piece.dialect, self.start, piece.end
        )
        columns = self._columns() if self.start.offset != header.offset else None
        for record in records:
            if columns is None:
                columns = csv_columns(record, piece.dialect)
                self.only_users = columns.only_users
                continue
            yield _Taken(record.line, record.end, lambda record=record, columns=columns: csv_endpoint(record, columns))

    def _columns(self) -> Columns:
        """The columns of a file whose header is not in what is read."""
        header = Place(*self.piece.header)
        last = min(self.piece.size, header.offset + RECORD_BYTES + 2)
        blocks = read_blocks(self.bucket, self.piece, header.offset, last)
        columns = csv_columns(next(read_records(blocks, self.piece.dialect, header)), self.piece.dialect)
        self.only_users = columns.only_users
        return columns

    def _json(self) -> Iterator[_Taken]:
        if self.piece.size == 0:
            raise FileError("the file is empty")
        before = self.report["Lines"]

        def open_range(first: int, last: int) -> Any:
            return self.bucket.open(self.piece.key, self.piece.etag, first, last)

        for line in read_lines(open_range, self.start.offset, self.piece.end, self.piece.size):
            number = before + line.number
            self.report["Lines"] = number
            first_of_file = self.start.offset == 0 and line.number == 1
            if (text := _json_text(line, first_of_file=first_of_file)) is None or text.strip():
                yield _Taken(number, Place(line.end, 0), lambda text=text, line=line: _json_endpoint(text, line))

    def _take(self, row: _Taken) -> None:
        try:
            endpoint = row.parse()
            if self.only_users or (self.form == "JSON" and is_user_reference(endpoint)):
                self.rows.append(Row(row.line, {}, user_ids(endpoint)))
                return
            self.writer.check(endpoint)
        except RowError as error:
            add_failure(self.result, row.line, str(error))
            return
        self.rows.append(Row(row.line, endpoint))

    def _write(self) -> None:
        if not self.rows:
            return
        outcome = self.writer.write(self.rows)
        self.rows = []
        add_good(self.result, outcome.channels, outcome.good, outcome.opted_out)
        for line, what in outcome.failures:
            add_failure(self.result, line, what)


def _json_text(line: Line, *, first_of_file: bool) -> str | None:
    """A line's text; None where it has none. Raises FileError where the file is no text."""
    if line.data is None:
        return None
    text = decoded(line.data.removeprefix(BYTE_ORDER_MARK) if first_of_file else line.data)
    if text is None and first_of_file:
        raise FileError(NOT_TEXT)
    return text


def _json_endpoint(text: str | None, line: Line) -> dict[str, Any]:
    if text is None:
        raise RowError(f"is longer than {LINE_LIMIT} bytes" if line.data is None else NOT_TEXT)
    return parse_json_row(text)
