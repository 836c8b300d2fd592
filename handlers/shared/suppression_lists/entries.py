"""Files of addresses: one a line, or CSV with a header that has a column `Address`. Email addresses and phone numbers may be mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from handlers.shared.addresses.e164 import EXAMPLE
from handlers.shared.addresses.email_addresses import NoMailboxError, deliverable
from handlers.shared.addresses.normal_form import EMAIL, normal_form
from handlers.shared.addresses.phone_numbers import UnreadableNumberError, read_number
from handlers.shared.records.dialect import Dialect, Place, dialect_of, names_of, sampled
from handlers.shared.records.numbers import SCIENTIFIC, is_scientific
from handlers.shared.records.reading import Record, read_records

SMS = "SMS"
COLUMNS = ("address", "emailaddress", "phonenumber")
"""Names of the column, without regard to case; the first of these that a header has."""


class NoAddressError(ValueError):
    """The text is neither an email address nor a phone number. The message says why, without the text."""


@dataclass(frozen=True)
class Entry:
    """An address. channel: EMAIL or SMS. address: in its normal form, as messages can be sent to it. line: in its file, from 1."""

    channel: str
    address: str
    line: int = 0


@dataclass(frozen=True)
class BadLine:
    """A line that names no address. reason: why, without what stands there."""

    line: int
    reason: str


def entry_of(text: str, line: int = 0) -> Entry:
    """The address that a text is. Raises NoAddressError."""
    if "@" in text:
        try:
            return Entry(EMAIL, normal_form(EMAIL, deliverable(text)), line)
        except NoMailboxError as error:
            raise NoAddressError(f"the address {error}") from None
    if is_scientific(text.strip()):
        raise NoAddressError(f"the number {SCIENTIFIC}")
    try:
        return Entry(SMS, read_number(text), line)
    except UnreadableNumberError as error:
        why = f"the number {error}" if error.no_country else "is neither an email address nor a phone number"
        raise NoAddressError(f"{why}; allowed are ana@example.com and {EXAMPLE}") from None


class Header:
    """What a file's header may be (handlers/shared/records/dialect.py)."""

    def knows(self, name: str) -> bool:
        return name.lower() in COLUMNS

    def is_complete(self, names: Sequence[str]) -> bool:
        return any(self.knows(name) for name in names)


@dataclass(frozen=True)
class Layout:
    """How a file is written. column: of the address. first: where its first row with an address begins."""

    dialect: Dialect
    column: int
    first: Place


def layout_of(blocks: Iterable[bytes]) -> tuple[Layout, Iterator[bytes]]:
    """The layout of a file, and its blocks from the beginning on. Raises FileError where it is no text, or empty."""
    sample, again = sampled(blocks)
    dialect = dialect_of(sample, Header())
    first = next(read_records([sample[dialect.start.offset :]], dialect, dialect.start))
    names = [name.lower() for name in names_of(first.values)]
    named = [names.index(name) for name in COLUMNS if name in names]
    return Layout(dialect, named[0] if named else 0, first.end if named else first.start), again


def read_entries(blocks: Iterable[bytes], layout: Layout, start: Place) -> Iterator[tuple[Entry | BadLine, Place]]:
    """The addresses of a file and the lines that are none, each with the place behind it. Raises FileError.

    Args:
        blocks: The file's bytes from `start` on.
    """
    for record in read_records(blocks, layout.dialect, start):
        yield _entry(record, layout.column), record.end


def _entry(record: Record, column: int) -> Entry | BadLine:
    if record.problem:
        return BadLine(record.line, record.problem)
    text = record.values[column] if column < len(record.values) else ""
    if not text.strip():
        return BadLine(record.line, "has no address")
    try:
        return entry_of(text, record.line)
    except NoAddressError as error:
        return BadLine(record.line, str(error))
