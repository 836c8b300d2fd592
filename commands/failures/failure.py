"""One failure of a place: what a person sees of it, without personal data unless that is asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.aws_errors import code_of

_ADDRESS = re.compile(r"[^\s@<>,;:\"'()]+@[^\s@<>,;:\"'()]+")
_NUMBER = re.compile(r"\+[0-9][0-9 ().-]{5,}[0-9]")


def told(error: ClientError | BotoCoreError) -> str:
    """An error of AWS in a few words."""
    return f"{error.operation_name}: {code_of(error)}" if isinstance(error, ClientError) else type(error).__name__


@dataclass
class Failure:
    """id: of the message, object or execution. since: epoch seconds. source: where it came from.

    data: the content, which may be personal. handle: what deleting it needs. details: more for `show`.
    """

    id: str
    since: float
    reason: str
    source: str
    data: str = ""
    handle: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    def told(self, *, with_data: bool) -> dict[str, Any]:
        """As JSON. Without data, addresses and numbers are left out of the reason too."""
        answer = {
            "id": self.id,
            "since": iso(self.since),
            "reason": self.reason if with_data else withheld(self.reason),
            "source": self.source,
            **self.details,
        }
        return {**answer, "data": self.data} if with_data else answer


def withheld(text: str) -> str:
    """A text without the addresses and phone numbers in it."""
    return _NUMBER.sub("(number)", _ADDRESS.sub("(address)", text))


def iso(seconds: float) -> str:
    """UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def age(seconds: float) -> str:
    """A length of time, in its largest unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"
