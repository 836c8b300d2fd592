"""Reading the lines of a byte range of a text object, in bounded memory.

A range owns the lines that begin inside it, so ranges that cover an object split its lines without loss or repetition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

LINE_LIMIT = 256 * 1024  # bytes; an endpoint record may hold 15 KB
BLOCK = 256 * 1024


class Stream(Protocol):
    """What botocore's StreamingBody offers of a file: `read(n)` gives at most n bytes, none at the end."""

    def read(self, amt: int | None = None, /) -> bytes: ...

    def close(self) -> None: ...


class Line(NamedTuple):
    """A line without its line end. `data` is None where the line is longer than LINE_LIMIT bytes."""

    number: int  # counted from 1 at the first line that the range owns
    data: bytes | None
    end: int  # offset of the first byte behind the line, or behind what was read of one that is too long


def read_lines(open_range: Callable[[int, int], Stream], start: int, end: int, size: int) -> Iterator[Line]:
    """The lines that begin at an offset in [start, end) of an object of `size` bytes.

    open_range(first, last) opens the bytes first..last, both included. It is called once; the stream is closed at the end.
    """
    if start >= end:
        return
    # The byte before the range tells whether a line begins at its first byte. The last line may reach behind the range.
    first = max(start - 1, 0)
    last = min(end + LINE_LIMIT, size) - 1
    stream = open_range(first, last)
    try:
        yield from _split(stream, first, start, end)
    finally:
        stream.close()


def _split(stream: Stream, first: int, start: int, end: int) -> Iterator[Line]:
    buffer = b""
    position = first  # offset of the buffer's first byte: where the line in progress begins
    owned = start == 0
    dropped = 0  # bytes of the line in progress that were given up because it is too long
    number = 0
    while block := stream.read(BLOCK):
        buffer += block
        begin = 0
        while (newline := buffer.find(b"\n", begin)) >= 0:
            behind = position + dropped + newline + 1 - begin
            if owned:
                number += 1
                too_long = dropped + newline - begin > LINE_LIMIT
                yield Line(number, None if too_long else buffer[begin:newline].removesuffix(b"\r"), behind)
            owned, dropped, begin, position = True, 0, newline + 1, behind
            if position >= end:
                return
        buffer = buffer[begin:]
        if len(buffer) > LINE_LIMIT or not owned:
            dropped += len(buffer)
            buffer = b""
    length = dropped + len(buffer)
    if owned and length:
        yield Line(number + 1, None if length > LINE_LIMIT else buffer.removesuffix(b"\r"), position + length)
