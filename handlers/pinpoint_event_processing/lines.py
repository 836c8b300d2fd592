"""Lines of an object that is read as it comes: memory holds one line at the most, whatever the object's size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LONGEST_LINE = 4 * 1024 * 1024
"""A stream record has 1 MB; what is longer than four of them is no event."""


@dataclass(frozen=True)
class Line:
    """One line without its end, numbered from 1. `whole` is False where only its first part is kept: it was too long."""

    number: int
    data: bytes
    whole: bool = True


def lines(chunks: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[Line]:
    """The lines that are not blank."""
    number, kept, whole = 1, bytearray(), True
    for chunk in chunks:
        parts = chunk.split(b"\n")
        for at, part in enumerate(parts):
            if at:
                if kept.strip():
                    yield Line(number, bytes(kept), whole)
                number, kept, whole = number + 1, bytearray(), True
            room = longest - len(kept)
            kept += part[:room]
            whole = whole and len(part) <= room
    if kept.strip():
        yield Line(number, bytes(kept), whole)
