"""Following the quotes of a CSV file byte by byte, block by block, without holding its records.

By RFC 4180 and Python's csv module, a quote opens a value at its beginning only (spaces before it are passed over): in
`5" pipe` it is a character like others. What is no CSV costs as little as is certain. Text behind a closing quote, as in
`"Bob" Smith`, spoils its record where the record's quotes come in pairs: then its last line ends outside of all quotes,
however they were meant. Everything else leaves open which lines are rows and which are text of a value, and the file is
refused as a whole: a quote that is not closed, and, with such a spoilt record, a value that ends in a quote but begins
with none.
"""

from __future__ import annotations

import re
from typing import Any

from handlers.shared.records.dialect import BYTE_ORDER_MARK, START, Dialect, Place
from handlers.shared.records.errors import FileError

QUOTED_BYTES = 64 * 1024 * 1024
"""A quote that is open for longer is taken for one that is never closed."""

FIELD_START, FIELD, INSIDE, CLOSING, CLOSED, SPOILT = range(6)
"""Where a scan stands: before a value (or spaces of it); in one without quotes; in quotes; behind a quote in quotes; behind
a carriage return that follows a closing quote; in the rest of a line whose record is spoilt."""

_QUOTE, _SPACE, _CR = 0x22, 0x20, 0x0D


def line_count(data: bytes) -> int:
    """Line breaks as an editor counts them: LF, CR LF, and CR alone."""
    if b"\r" not in data:
        return data.count(b"\n")
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


class QuoteScan:
    """A scan of a file from its first byte. It raises FileError where the file cannot be divided into records for sure.

    Args:
        step: Bytes between two cuts, at the least; 0: none are wanted.
        state: What `state` was when an earlier scan of the same file stopped.
        place: Where it begins, if not at the file's first byte.
    """

    def __init__(
        self, dialect: Dialect, step: int = 0, state: dict[str, Any] | None = None, place: Place = START
    ) -> None:
        self._separator = ord(dialect.separator)
        self._break = dialect.line_break.encode()
        self._break_byte = self._break[0]
        separator = re.escape(dialect.separator.encode())
        plain = rb'[^"' + separator + self._break + rb"]*+"
        value = rb'(?:"[^"]*+(?:""[^"]*+)*+"' + (rb"\r*+" if self._break == b"\n" else b"") + rb"|" + plain + rb")"
        record = rb"(?:" + value + separator + rb")*+" + value + self._break
        self._record = re.compile(record)
        self._records = re.compile(rb"(?:" + record + rb")*+")
        self._step = step
        self._offset, self._line = place
        self._at = FIELD_START
        self._is_new = True  # whether a record begins with the next byte
        self._quotes = 0  # of the record in progress
        self._opened = Place(0, 0)
        self._spoilt_line = 0
        self._held = b""
        self._last_cut = 0
        self.cuts: list[Place] = []
        """Places where records begin, each `step` bytes or more behind the one before. The caller may take them out."""
        if state:
            self._offset, self._line, self._at, self._quotes, self._spoilt_line, self._last_cut = state["at"]
            self._opened, self._is_new = Place(*state["opened"]), state["new"]

    @property
    def state(self) -> dict[str, Any]:
        """Where the scan stands, for JSON. It goes on at `place`."""
        place = [self._offset, self._line, self._at, self._quotes, self._spoilt_line, self._last_cut]
        return {"at": place, "opened": list(self._opened), "new": self._is_new}

    @property
    def place(self) -> Place:
        """How far the scan is; the byte that it goes on at where it is resumed from its state."""
        return Place(self._offset, self._line)

    def feed(self, block: bytes) -> None:
        """Takes the file's next bytes."""
        data = self._held + block
        if self._offset == 0 and data.startswith(BYTE_ORDER_MARK):
            self._offset, data = len(BYTE_ORDER_MARK), data[len(BYTE_ORDER_MARK) :]
        # What follows tells whether a CR is half of a CR LF, and whether a quote ends a value.
        self._held = data[-1:] if data.endswith((b"\r", b'"')) else b""
        self._take(data[: len(data) - len(self._held)])

    def is_outside(self) -> bool:
        """Whether what was fed so far, a line's end last, ends outside of quotes."""
        self._take(self._held)
        self._held = b""
        return self._at == FIELD_START

    def close(self) -> None:
        """Says that the file ends here."""
        self._take(self._held)
        self._held = b""
        if self._at == INSIDE:
            raise self._unclosed("before the end of the file")
        if self._at == SPOILT:
            self._end_spoilt_line()

    def _take(self, data: bytes) -> None:
        if not data:
            return
        size, at = len(data), 0
        record_start = -1  # of the record in progress, where that is in this block
        while at < size:
            if self._at == FIELD_START and (data[at - 1] == self._break_byte if at else self._is_new):
                at = record_start = self._whole_records(data, at)
                self._quotes = 0
                if at == size:
                    break
            if self._at <= FIELD:
                at, record_start = self._unquoted(data, at, record_start)
            elif self._at == INSIDE:
                quote = data.find(b'"', at)
                at = size if quote < 0 else quote + 1
                self._at = INSIDE if quote < 0 else CLOSING
            elif self._at == SPOILT:
                end = data.find(self._break, at)
                if end < 0:
                    break
                self._count(data, record_start, end)
                self._end_spoilt_line()
                self._at, at = FIELD_START, end
            else:
                at = self._behind_quote(data, at)
        if self._at == INSIDE and self._opened.line == 0:
            opened = self._opened.offset
            self._opened = Place(opened, self._line + line_count(data[: opened - self._offset]))
        self._is_new = self._at == FIELD_START and data[-1] == self._break_byte
        self._count(data, record_start, size)
        self._line += line_count(data)
        self._offset += size
        if self._at == INSIDE and self._offset - self._opened.offset > QUOTED_BYTES:
            raise self._unclosed(f"within {QUOTED_BYTES:,} bytes")

    def _whole_records(self, data: bytes, at: int) -> int:
        """Passes over records that are whole, and plain CSV. Returns where the first other one begins."""
        while self._step and (wanted := self._last_cut + self._step - self._offset) < len(data):
            at = self._end_of(self._records, data, at, max(wanted, at))
            if at < wanted:
                end = self._end_of(self._record, data, at, len(data))
                if end == at:
                    return at
                at = end
            if at >= wanted:
                self._last_cut = self._offset + at
                self.cuts.append(Place(self._last_cut, self._line + line_count(data[:at])))
        return self._end_of(self._records, data, at, len(data))

    def _end_of(self, pattern: re.Pattern[bytes], data: bytes, at: int, end: int) -> int:
        match = pattern.match(data, at, end)
        return match.end() if match else at

    def _unquoted(self, data: bytes, at: int, record_start: int) -> tuple[int, int]:
        """Goes on to the next value in quotes. Returns where, and where the record in progress begins."""
        gap = at
        while True:
            quote = data.find(b'"', at)
            end = len(data) if quote < 0 else quote
            newline = data.rfind(self._break, gap, end)
            if newline >= 0:
                record_start = newline + 1
                self._quotes = 0
                if self._step:
                    self._cut(data, gap, newline)
                if quote >= 0:
                    self._at = FIELD_START
                    return record_start, record_start
            if quote < 0:
                self._at = self._value_begun(data, gap, end)
                return end, record_start
            if self._value_begun(data, gap, quote) == FIELD_START:
                self._opened = Place(self._offset + quote, 0)
                self._at = INSIDE
                return quote + 1, record_start
            if self._spoilt_line and data[quote + 1 : quote + 2] in (
                b"",
                self._break,
                b"\r",
                bytes((self._separator,)),
            ):
                raise self._uncertain(self._line + line_count(data[:quote]))
            at = quote + 1

    def _value_begun(self, data: bytes, start: int, end: int) -> int:
        """FIELD_START where nothing but spaces of a value stands before `end`, else FIELD. Its beginning may be in an earlier block."""
        at = end
        while at > start and data[at - 1] == _SPACE:
            at -= 1
        if at > start:
            return FIELD_START if data[at - 1] in (self._separator, self._break_byte) else FIELD
        return self._at

    def _behind_quote(self, data: bytes, at: int) -> int:
        byte = data[at]
        if byte == _QUOTE and self._at == CLOSING:
            self._at = INSIDE
        elif byte == self._break_byte:
            self._at = FIELD_START
            return at  # the line's end belongs to what follows
        elif byte == self._separator and self._at == CLOSING:
            self._at = FIELD_START
            return at
        elif byte == _CR:
            self._at = CLOSED
        else:
            self._spoilt_line = self._line + line_count(data[:at])
            self._at = SPOILT
            return at
        return at + 1

    def _count(self, data: bytes, record_start: int, end: int) -> None:
        """Adds the quotes of the record in progress that are in this block."""
        self._quotes += data.count(b'"', max(record_start, 0), end)

    def _end_spoilt_line(self) -> None:
        if self._quotes % 2:
            raise self._uncertain(self._spoilt_line)
        self._quotes = 0

    def _cut(self, data: bytes, start: int, last: int) -> None:
        """Notes places behind line breaks from `start` on; `last` is the last line break that is one of a record."""
        while True:
            newline = data.find(self._break, max(start, self._last_cut + self._step - 1 - self._offset), last + 1)
            if newline < 0:
                return
            self._last_cut = self._offset + newline + 1
            self.cuts.append(Place(self._last_cut, self._line + line_count(data[: newline + 1])))

    def _unclosed(self, where: str) -> FileError:
        return FileError(
            f"has a quote in line {self._opened.line} that is not closed {where}, so that nobody can say which lines behind "
            "it are rows; close it, or write it twice and the whole value in quotes"
        )

    def _uncertain(self, line: int) -> FileError:
        return FileError(
            f"has quotes in line {line} that cannot be paired, so that nobody can say which lines behind it are rows; a value "
            "that holds quotes goes into quotes, and each of its own is written twice"
        )
