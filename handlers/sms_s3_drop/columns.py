"""The columns of a dropped file, and a row of it as a text message or as the reason why it is none.

Columns are found by the names of the header row, in any order and any case; names that are not known are passed over.
A first row that names none of them is no header of ours: the columns are then in the reference's order, and the row is
taken for a header in other words where its first value has no digit, and for data where it has one.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.shared.addresses.e164 import EXAMPLE, is_e164
from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.message_parts import excess
from handlers.shared.records.dialect import Dialect, is_utf8, names_of
from handlers.shared.records.errors import FileError, RowError
from handlers.shared.records.numbers import SCIENTIFIC, is_scientific

ORDER = ("sms_number", "message", "external_campaign_id", "short_code", "message_type", "id_1", "id_2")
"""The reference's order."""
NEEDED = ("sms_number", "message")
CONTEXT = ("external_campaign_id", "id_1", "id_2")
MESSAGE_TYPES = ("TRANSACTIONAL", "PROMOTIONAL")

_SHORT_CODE_OR_NAME = re.compile(r"[0-9]{3,8}|(?=[A-Za-z0-9_-]*[A-Za-z])[A-Za-z0-9_-]{1,11}")
LONGEST_CONTEXT = 800


class FileRefusedError(FileError):
    """Nothing of the file can be read. The text says why."""


class RowRefusedError(RowError):
    """The row can never be sent. The text says why."""


@dataclass(frozen=True)
class Text:
    """One row of a file that can be sent. row: counted from 0 over all rows; line: where it begins in the file, from 1."""

    run: str
    row: int
    line: int
    number: str
    message: str
    origination: str
    message_type: str
    external_campaign_id: str
    id_1: str
    id_2: str

    def to_json(self) -> str:
        return json.dumps(vars(self), separators=(",", ":"))

    @staticmethod
    def from_json(text: str) -> Text:
        """Raises ValueError, KeyError or TypeError where it is none."""
        return Text(**json.loads(text))

    @property
    def context(self) -> dict[str, str]:
        """What is sent along and comes back in delivery events; empty values are not."""
        return {name: value for name in CONTEXT if (value := getattr(self, name))}

    @property
    def digest(self) -> str:
        """The same for rows that are equal in every column."""
        parts = (self.number, self.message, self.origination, self.message_type, *(getattr(self, n) for n in CONTEXT))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Columns:
    """Which value of a row is which column. count: columns with a name; width: with those at the end that
    have none. has_header: the first row is no data."""

    places: Mapping[str, int]
    count: int
    has_header: bool
    separator: str = ","
    line_break: str = "\n"
    width: int = 0

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return Dialect(self.separator, self.line_break)

    def value(self, values: Sequence[str], name: str) -> str:
        """A column's value, without space around it (the message as it is); empty where the file has no such column."""
        place = self.places.get(name)
        if place is None or place >= len(values):
            return ""
        return values[place] if name == "message" else values[place].strip()

    def as_json(self) -> dict[str, Any]:
        return {
            "places": dict(self.places),
            "count": self.count,
            "has_header": self.has_header,
            "separator": self.separator,
            "line_break": self.line_break,
            "width": self.width,
        }


class Header:
    """What a dropped file's header may be (handlers/shared/records/dialect.py)."""

    def knows(self, name: str) -> bool:
        return _normal(name) in ORDER

    def is_complete(self, names: Sequence[str]) -> bool:
        return set(NEEDED) <= {_normal(name) for name in names}


def _normal(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def columns_of(first_row: Sequence[str], dialect: Dialect | None = None) -> Columns:
    """The columns by the file's first row. Raises FileRefusedError."""
    dialect = dialect or Dialect()
    written = (dialect.separator, dialect.line_break)
    names = [_normal(name) for name in names_of(first_row)]
    known = [name for name in names if name in ORDER]
    if not known:
        is_data = any(character.isdigit() for character in first_row[0])
        return Columns({name: place for place, name in enumerate(ORDER)}, len(ORDER), not is_data, *written)
    twice = sorted({name for name in known if known.count(name) > 1})
    if twice:
        raise FileRefusedError(f"the header names {', '.join(twice)} more than once")
    lacking = [name for name in NEEDED if name not in known]
    if lacking:
        raise FileRefusedError(
            f"the header, separated by {dialect.separated}, lacks {', '.join(lacking)}; its columns may be {', '.join(ORDER)}"
        )
    return Columns({name: names.index(name) for name in known}, len(names), True, *written, len(first_row))


@dataclass(frozen=True)
class Defaults:
    """For rows that name none. Empty: such rows are refused."""

    origination: str = ""
    message_type: str = ""


def text_of(columns: Columns, values: Sequence[str], *, run: str, row: int, line: int, defaults: Defaults) -> Text:
    """The row as a text message. Raises RowError."""
    if len(values) != columns.count:
        values = columns.dialect.fitted(list(values), columns.count, columns.width)
    joined = "\0".join(values)
    if joined.count("\0") != len(values) - 1:
        raise RowRefusedError("holds a NUL character")
    if not is_utf8(joined):
        raise RowRefusedError("is not UTF-8 text")
    return Text(
        run=run,
        row=row,
        line=line,
        number=_number(columns.value(values, "sms_number")),
        message=_message(columns.value(values, "message")),
        origination=_origination(columns.value(values, "short_code") or defaults.origination),
        message_type=_message_type(columns.value(values, "message_type") or defaults.message_type),
        **{name: _context(name, columns.value(values, name)) for name in CONTEXT},
    )


def _number(value: str) -> str:
    if is_e164(value):
        return value
    number = normal_form("SMS", value)
    if not number:
        raise RowRefusedError("sms_number is empty")
    if is_scientific(value):
        raise RowRefusedError(f"sms_number {SCIENTIFIC}")
    if not is_e164(number):
        raise RowRefusedError(f"sms_number is not in E.164 format; allowed is for example {EXAMPLE}")
    return number


def _message(value: str) -> str:
    if not value.strip():
        raise RowRefusedError("message is empty")
    if too_long := excess(value):
        raise RowRefusedError(f"message {too_long}")
    if "{{" in value:
        raise RowRefusedError("message holds {{, which SendMessages would take for a variable")
    return value


def _origination(value: str) -> str:
    if not value:
        raise RowRefusedError("short_code is empty, and no origination number is configured for such rows")
    if not (is_e164(value) or _SHORT_CODE_OR_NAME.fullmatch(value)):
        raise RowRefusedError(
            "short_code is no origination identity; allowed are +12065550100, a short code of 3 to 8 digits, or a sender id"
        )
    return value


def _message_type(value: str) -> str:
    kind = value.upper()
    if not kind:
        raise RowRefusedError("message_type is empty, and none is configured for such rows")
    if kind not in MESSAGE_TYPES:
        raise RowRefusedError(f"message_type is {value[:40]!r}; allowed are {', '.join(MESSAGE_TYPES)}")
    return kind


def _context(name: str, value: str) -> str:
    if len(value) > LONGEST_CONTEXT:
        raise RowRefusedError(f"{name} has {len(value):,} characters; allowed are {LONGEST_CONTEXT}")
    return value
