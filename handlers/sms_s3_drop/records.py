"""The records of a CSV file, read as a stream from any record's first byte, in memory that does not grow with the file.

Lines end in LF, CR LF or CR; a value in quotes may hold all of them (RFC 4180). What is no CSV costs as little as can be
said for sure: where a quote is still open after RECORD_BYTES or at the end of the file, the line that opens it is bad and
the next line is a record again; where something stands behind a closing quote, all lines of that record are bad.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

RECORD_BYTES = 32 * 1024
"""More than a row can need: 1,530 characters of text, three values of 800, all of them quotes or emoji."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TOO_LONG = f"is longer than {RECORD_BYTES:,} bytes"
_OPEN_QUOTE = f"has a quote that is not closed within {RECORD_BYTES:,} bytes"
_OPEN_AT_END = "has a quote that is not closed before the end of the file"
_NOT_CSV = "is not CSV: something stands behind a closing quote"
_CONTINUED = "belongs to the row that begins in line {line}, which is not CSV"


class Place(NamedTuple):
    """Where a record begins: byte offset, and the number of its line (from 1)."""

    offset: int
    line: int


class Record(NamedTuple):
    """A record: its values, or what is wrong with it. `end` is the place of the next one."""

    line: int
    values: list[str]
    problem: str
    start: Place
    end: Place


class _Line(NamedTuple):
    text: str
    size: int
    too_long: bool


class _OversizeError(Exception):
    pass


def read_records(blocks: Iterable[bytes], start: Place) -> Iterator[Record]:
    """The records from `start` on. blocks: the file's bytes from that offset on. Lines without anything are passed over."""
    source = _lines(blocks, at_start=start.offset == 0)
    waiting: deque[_Line] = deque()
    place = start
    while True:
        first = waiting.popleft() if waiting else next(source, None)
        if first is None:
            return
        end = Place(place.offset + first.size, place.line + 1)
        if first.too_long:
            yield Record(place.line, [], _TOO_LONG, place, end)
        elif '"' not in first.text:
            content = first.text.rstrip("\r\n")
            if content:
                yield Record(place.line, content.split(","), "", place, end)
        else:
            taken = [first]
            for record in _quoted(taken, waiting, source, place):
                yield record
                end = record.end
        place = end


def _quoted(taken: list[_Line], waiting: deque[_Line], source: Iterator[_Line], place: Place) -> Iterator[Record]:
    """The record that begins with the line in `taken`; lines that it turns out not to own go back into `waiting`."""

    def feed() -> Iterator[str]:
        yield taken[0].text
        size = taken[0].size
        while (line := waiting.popleft() if waiting else next(source, None)) is not None:
            taken.append(line)
            size += line.size
            if size > RECORD_BYTES or line.too_long:
                raise _OversizeError
            yield line.text

    try:
        values = next(csv.reader(feed(), strict=True))
    except _OversizeError:
        problem = _OPEN_QUOTE
    except csv.Error as error:
        problem = _OPEN_AT_END if "end of data" in str(error) else _NOT_CSV
    else:
        size = sum(line.size for line in taken)
        yield Record(place.line, values, "", place, Place(place.offset + size, place.line + len(taken)))
        return
    own = taken if problem == _NOT_CSV else taken[:1]
    waiting.extendleft(reversed(taken[len(own) :]))
    first = place.line
    for at, line in enumerate(own):
        end = Place(place.offset + line.size, place.line + 1)
        yield Record(place.line, [], problem if at == 0 else _CONTINUED.format(line=first), place, end)
        place = end


def _lines(blocks: Iterable[bytes], *, at_start: bool) -> Iterator[_Line]:
    """The lines with their ends. What is not UTF-8 in them becomes lone surrogates; a line that is too long has no text."""
    buffer = b""
    dropped = 0
    mark = len(BYTE_ORDER_MARK) if at_start else 0
    for block in blocks:
        buffer += block
        # A CR at the end of a block may be half of a CR LF.
        whole = buffer[:-1] if buffer.endswith(b"\r") else buffer
        parts = whole.splitlines(keepends=True)
        if parts and not parts[-1].endswith((b"\n", b"\r")):
            parts.pop()
        length = 0
        for part in parts:
            length += len(part)
            yield _line(part, dropped, mark)
            dropped = mark = 0
        buffer = buffer[length:]
        if len(buffer) > RECORD_BYTES and not buffer.endswith(b"\r"):
            dropped += len(buffer)
            buffer = b""
    if buffer or dropped:
        yield _line(buffer, dropped, mark)


def _line(part: bytes, dropped: int, mark: int) -> _Line:
    size = len(part) + dropped
    if size > RECORD_BYTES:
        return _Line("", size, True)
    if mark and part.startswith(BYTE_ORDER_MARK):
        part = part[mark:]
    return _Line(part.decode("utf-8", "surrogateescape"), size, False)
