"""How a CSV file is written: what separates its values, what ends its lines, and where its header begins.

The header decides: of comma, semicolon, tab and bar, the one under which it names most columns. A first line `sep=;`, as
spreadsheets write and read it, decides before the header and is passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from handlers.shared.records.errors import FileError, RowError

RECORD_BYTES = 256 * 1024
"""The longest record; an endpoint may hold 15 KB, a text message 1,600 characters."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
NOT_TEXT = "is not UTF-8 text"
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LINE_BREAKS = {"\n": "line feeds (LF)", "\r": "carriage returns (CR)"}
SAMPLE_BYTES = RECORD_BYTES + 2
LINES_LOOKED_AT = 50
"""How far a header is looked for behind lines that are none."""

_OTHERS = {
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"\x1f\x8b": "compressed (gzip)",
    b"PK\x03\x04": "a ZIP archive or a workbook",
}
"""What a file is that begins so."""
_NO_TEXT = f"{NOT_TEXT}: it begins with what is no text in UTF-8; allowed is CSV in UTF-8"
_DECLARATION = re.compile(r'"?sep=(.*?)"?', re.IGNORECASE)

csv.field_size_limit(RECORD_BYTES + 1)


class Place(NamedTuple):
    """Where a record begins: byte offset, and the number of its line (from 1)."""

    offset: int
    line: int


START = Place(0, 1)


class Header(Protocol):
    """What a kind of file knows about its header. Names come as they stand in the file, without space around them."""

    def knows(self, name: str, /) -> bool:
        """Whether a column may have this name."""
        ...

    def is_complete(self, names: Sequence[str], /) -> bool:
        """Whether these are a whole header."""
        ...


class Dialect(NamedTuple):
    """How a file is written. start: where the header begins, or the first row of a file without one."""

    separator: str = ","
    line_break: str = "\n"
    start: Place = START

    @property
    def separated(self) -> str:
        """The separator in words, in the plural."""
        return SEPARATORS.get(self.separator, repr(self.separator))

    def fitted(self, values: list[str], count: int, width: int = 0) -> list[str]:
        """A row's values for `count` columns: spreadsheets leave out blanks at the end of a row.

        width: columns of the header with the unnamed ones at its end, which must be blank. A row with more values than
        that holds a separator that is text, even where its last values are blank. Raises RowError.
        """
        if len(values) == count:
            return values
        if len(values) < count:
            return values + [""] * (count - len(values))
        if len(values) > max(count, width) or any(value.strip() for value in values[count:]):
            what = "a comma" if self.separator == "," else f"one of the {self.separated}"
            raise RowError(
                f"has {len(values)} values where the file has {count} columns, separated by {self.separated} "
                f"(a value that holds {what} goes into quotes)"
            )
        return values[:count]


def refuse_others(beginning: bytes) -> None:
    """Raises FileError for what can be told by its first bytes to be no CSV file in UTF-8."""
    for mark, kind in _OTHERS.items():
        if beginning.startswith(mark):
            raise FileError(f"is {kind}; allowed is CSV in UTF-8")


def sampled(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first SAMPLE_BYTES of a file, and all of its blocks again."""
    source = iter(blocks)
    taken: list[bytes] = []
    size = 0
    for block in source:
        taken.append(block)
        size += len(block)
        if size >= SAMPLE_BYTES:
            break

    def again() -> Iterator[bytes]:
        yield from taken
        taken.clear()
        yield from source

    return b"".join(taken)[:SAMPLE_BYTES], again()


def names_of(values: Sequence[str]) -> list[str]:
    """A header's names, without space around them, and without unnamed columns at its end."""
    names = [value.strip() for value in values]
    while names and not names[-1]:
        names.pop()
    return names


def dialect_of(sample: bytes, header: Header) -> Dialect:
    """How the file is written that begins with `sample` (SAMPLE_BYTES, or all of it).

    Raises FileError where its beginning is no text, where it is empty, and where a later line than the first is its header.
    """
    refuse_others(sample)
    mark = len(BYTE_ORDER_MARK) if sample.startswith(BYTE_ORDER_MARK) else 0
    lines = sample[mark:].splitlines(keepends=True)
    if not b"".join(lines).strip():
        raise FileError("is empty" if not sample[mark:] else "is empty: it holds no row")
    declared = _declared(lines[0])
    skipped = 0 if declared is None else 1
    tries = [
        _Try(separator, lines, skipped, header)
        for separator in (SEPARATORS if declared is None else dict.fromkeys([declared, *SEPARATORS]))
    ]
    chosen = tries[0]
    if declared is None:
        chosen = max(tries, key=lambda attempt: (attempt.known, not attempt.problem))
    if declared is not None and not chosen.known:
        for other in tries[1:]:
            if other.known and header.is_complete(other.names):
                raise FileError(
                    f"says sep={declared} in its first line, but its header is separated by {SEPARATORS[other.separator]}"
                )
    if chosen.problem:
        raise FileError(chosen.problem)
    if not header.is_complete(chosen.names):
        for attempt in tries:
            if later := attempt.later_header():
                raise FileError(
                    f"names its columns in line {later}, behind other lines; remove what stands before line {later}"
                )
    start = Place(mark + sum(len(line) for line in lines[: chosen.line - 1]), chosen.line)
    return Dialect(chosen.separator, chosen.line_break, start)


class _Try:
    """The first row under one separator. known: how many of its values name columns."""

    def __init__(self, separator: str, lines: list[bytes], skipped: int, header: Header) -> None:
        self.separator = separator
        self.names: list[str] = []
        self.known = 0
        self.line = skipped + 1
        self.line_break = "\n"
        self.problem = ""
        self._header = header
        self._records = _records(lines, skipped, separator)
        try:
            first = next(self._records, None)
        except csv.Error as error:
            self.problem = f"has a first row that {_in_words(error)}"
            return
        if first is None:
            self.problem = "has no header"
            return
        self.line, last, values = first
        if last == len(lines) and sum(len(line) for line in lines) >= RECORD_BYTES:
            self.problem = f"has a header that is longer than {RECORD_BYTES:,} bytes"
            return
        text = "".join(values)
        if "\0" in text or not is_utf8(text):
            self.problem = _NO_TEXT
            return
        self.names = names_of(values)
        self.known = sum(header.knows(name) for name in self.names)
        self.line_break = _line_break(lines, last)

    def later_header(self) -> int:
        """The line of a header behind the first row; 0: there is none near."""
        try:
            for line, _, values in self._records:
                if line > self.line + LINES_LOOKED_AT:
                    break
                if self._header.is_complete(names_of(values)):
                    return line
        except csv.Error:
            pass
        return 0


def is_utf8(text: str) -> bool:
    """Whether the bytes were that this text was made of; those that were not are lone surrogates in it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _records(lines: list[bytes], skipped: int, separator: str) -> Iterator[tuple[int, int, list[str]]]:
    """(first line, last line, values) of the records that hold something."""
    texts = (line.decode("utf-8", "surrogateescape") for line in lines[skipped:])
    reader = csv.reader(texts, delimiter=separator, strict=True, skipinitialspace=True)
    before = 0
    for values in reader:
        first, before = before + 1, reader.line_num
        if any(value.strip() for value in values):
            yield skipped + first, skipped + before, values


def _declared(line: bytes) -> str | None:
    """The separator that a first line `sep=;` names, or None. Raises FileError where it names what cannot separate."""
    match = _DECLARATION.fullmatch(line.decode("utf-8", "replace").rstrip("\r\n"))
    if match is None:
        return None
    # A spreadsheet that opened such a file may have written the line with empty values behind it.
    named = match[1][:1] if match[1].strip(match[1][:1]) == "" else match[1]
    if len(named) != 1 or named.isalnum() or named == '"' or not named.isascii():
        raise FileError(f"begins with {match[0][:40]!r}; allowed behind sep= is one character, such as ; or ,")
    return named


def _line_break(lines: list[bytes], last: int) -> str:
    """CR where the header's last line ends in CR alone. A CR CR LF, as a wrong conversion makes it, ends in LF."""
    if not lines[last - 1].endswith(b"\r"):
        return "\n"
    behind = b"".join(lines[last : last + 2])
    return "\n" if re.match(rb"\r*\n", behind) else "\r"


def _in_words(error: csv.Error) -> str:
    if "end of data" in str(error):
        return "has a quote that is not closed"
    if "field larger" in str(error):
        return f"is longer than {RECORD_BYTES:,} bytes"
    return "is not CSV: something stands behind a closing quote"
