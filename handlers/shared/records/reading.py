"""The records of a CSV file (RFC 4180), read as a stream from any record's first byte, in memory that does not grow with it.

A value in quotes may hold separators, quotes (written twice) and line breaks of any kind. A record that is no CSV, is no
text or is longer than RECORD_BYTES is told as such, as one; records of blanks alone are passed over. Where quotes leave
open which lines are rows, reading ends with a FileError (`quotes.py`; a `QuoteScan` of the file says so beforehand).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handlers.shared.records.dialect import (
    BYTE_ORDER_MARK,
    LINE_BREAKS,
    NOT_TEXT,
    RECORD_BYTES,
    Dialect,
    Place,
    is_utf8,
)
from handlers.shared.records.quotes import QuoteScan, line_count

_TOO_LONG = f"is longer than {RECORD_BYTES:,} bytes"
_NUL = "holds a NUL character"
_STRAY = {
    own.encode(): f"holds a line break of another kind outside of quotes: the file's lines end in {words}"
    for own, words in LINE_BREAKS.items()
}
_NOT_CSV = "is not CSV: something stands behind a closing quote"
_new = tuple.__new__  # makes a NamedTuple in half the time, which counts where there is one for each line


class Record(NamedTuple):
    """A record: its values, and what is wrong with it ("": nothing). line, start: where it begins; end: where the next one does.

    What is not UTF-8 in its values is lone surrogates there.
    """

    line: int
    values: list[str]
    problem: str
    start: Place
    end: Place


def read_records(  # noqa: PLR0912, PLR0915  one loop: calls for each line are what reading costs
    blocks: Iterable[bytes], dialect: Dialect, start: Place, end: int | None = None
) -> Iterator[Record]:
    """The records that begin at an offset in [start, end). blocks: the file's bytes from `start` on. Raises FileError."""
    separator = dialect.separator
    line_break = dialect.line_break.encode()
    strays = b"\r" if line_break == b"\n" else b"\n"
    spaced = f"{separator} ".encode()
    plain = [False]
    lines = _lines(blocks, line_break, plain)
    offset, line = place = start
    for raw in lines:
        if end is not None and offset >= end:
            return
        if plain[0] and offset and len(raw) <= RECORD_BYTES:
            try:
                values = raw.decode().rstrip("\r\n").split(separator)
            except UnicodeDecodeError:
                pass
            else:
                offset += len(raw)
                line += 1
                first, place = place, _new(Place, (offset, line))
                if values[0].strip() or not _is_blank(values):
                    yield _new(Record, (first.line, values, "", first, place))
                continue
        if offset == 0 and raw.startswith(BYTE_ORDER_MARK):
            raw = raw[len(BYTE_ORDER_MARK) :]  # noqa: PLW2901
            offset = len(BYTE_ORDER_MARK)
            place = Place(offset, line)
        values: list[str] = []
        if b'"' in raw or len(raw) > RECORD_BYTES:
            if not (b' "' in raw and (spaced in raw or raw.startswith(b" "))):
                values = _values(raw, separator)
            if not values:
                record = _Quoted(dialect, place, lines).record(raw)
                offset, line = place = record.end
                if record.problem or not _is_blank(record.values):
                    yield record
                continue
        offset += len(raw)
        line += 1 if strays not in raw else line_count(raw)
        first, place = place, Place(offset, line)
        problem = ""
        if not values:
            content = raw.rstrip(b"\r\n")
            if strays in content:
                problem = _STRAY[line_break]
            try:
                values = content.decode().split(separator)
            except UnicodeDecodeError:
                values, problem = content.decode("utf-8", "surrogateescape").split(separator), NOT_TEXT
        if b"\0" in raw:
            problem = _NUL
        if values[0].strip() or not _is_blank(values):
            yield Record(first.line, values, problem, first, place)


def _values(raw: bytes, separator: str) -> list[str]:
    """The values of a line that is one record with quotes; none where it is not, or may not be."""
    if len(raw) > RECORD_BYTES:
        return []
    try:
        return next(csv.reader((raw.decode(),), delimiter=separator, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return []


class _Quoted:
    """Reads one record that has quotes, or is too long, from its first line on; takes from `lines` what else it needs."""

    def __init__(self, dialect: Dialect, place: Place, lines: Iterator[bytes]) -> None:
        self._dialect = dialect
        self._place = place
        self._lines = lines
        self._taken: list[bytes] = []
        self._size = 0

    def record(self, first: bytes) -> Record:
        """The record. Raises FileError where it is not certain where it ends."""
        problem, values = "", []
        try:
            values = self._parsed(self._texts(first), spaces=True)
        except _OversizeError:
            problem = _TOO_LONG
        except csv.Error as error:
            problem = self._in_words(error)
        if problem:
            end = self._end()
            last = end.line - 1
            where = f" (lines {self._place.line} to {last})" if last > self._place.line else ""
            return Record(self._place.line, [], problem + where, self._place, end)
        whole = b"".join(self._taken)
        if not self._has_spaces_before_quotes(whole):
            text = whole.decode("utf-8", "surrogateescape")
            if text[:1] == " " or f"{self._dialect.separator} " in text:
                lines = (raw.decode("utf-8", "surrogateescape") for raw in self._taken)
                values = self._parsed(lines, spaces=False)
        end = Place(self._place.offset + len(whole), self._place.line + line_count(whole))
        problem = _NUL if b"\0" in whole else "" if is_utf8("".join(values)) else NOT_TEXT
        return Record(self._place.line, values, problem, self._place, end)

    def _parsed(self, texts: Iterator[str], *, spaces: bool) -> list[str]:
        return next(csv.reader(texts, delimiter=self._dialect.separator, strict=True, skipinitialspace=spaces))

    def _texts(self, raw: bytes | None) -> Iterator[str]:
        while raw is not None:
            self._taken.append(raw)
            self._size += len(raw)
            if self._size > RECORD_BYTES:
                raise _OversizeError
            yield raw.decode("utf-8", "surrogateescape")
            raw = next(self._lines, None)

    def _has_spaces_before_quotes(self, whole: bytes) -> bool:
        return b' "' in whole and (whole[:1] == b" " or f"{self._dialect.separator} ".encode() in whole)

    def _end(self) -> Place:
        """Where a record ends that is none, followed by its quotes alone."""
        scan = QuoteScan(self._dialect, place=self._place)
        raw: bytes | None = None
        for raw in self._taken:
            scan.feed(raw)
        self._taken.clear()
        line_break = self._dialect.line_break.encode()
        while raw is not None and not (raw.endswith(line_break) and scan.is_outside()):
            raw = next(self._lines, None)
            if raw is not None:
                scan.feed(raw)
        if raw is None:
            scan.close()
        return scan.place

    def _in_words(self, error: csv.Error) -> str:
        text = str(error)
        if "new-line" in text:
            return _STRAY[self._dialect.line_break.encode()]
        return _TOO_LONG if "field larger" in text else _NOT_CSV


class _OversizeError(Exception):
    pass


def _has_one_line_break(data: bytes, line_break: bytes) -> bool:
    if line_break == b"\r":
        return b"\n" not in data
    # A CR at the very end may be one half of the next block's first line break.
    return data.count(b"\r") == data.count(b"\r\n") + data.endswith(b"\r")


def _is_blank(values: list[str]) -> bool:
    return not any(value.strip() for value in values)


def _lines(blocks: Iterable[bytes], line_break: bytes, plain: list[bool]) -> Iterator[bytes]:
    """The lines with their ends; one that is longer than RECORD_BYTES in several parts.

    plain: its one member is set while lines come that hold no quote, no NUL and no line break of another kind.
    """
    rest = b""
    for block in blocks:
        data = rest + block
        plain[0] = b'"' not in data and b"\0" not in data and _has_one_line_break(data, line_break)
        parts = data.split(line_break)
        rest = parts.pop()
        for part in parts:
            yield part + line_break
        plain[0] = False
        if len(rest) > RECORD_BYTES:
            yield rest
            rest = b""
    if rest:
        yield rest
