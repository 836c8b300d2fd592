"""Splitting the files of an import job into chunks of about equal work."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from handlers.shared.records.dialect import START, Dialect, Place

CHUNK_BYTES = 1024 * 1024  # below it, a chunk's start-up outweighs the time that working side by side saves
MAX_CHUNKS = 1000
PIECES_PER_CHUNK = 200


class SourceFile(NamedTuple):
    """An object to import. `etag` pins the version that was planned."""

    key: str
    size: int
    etag: str


class Piece(NamedTuple):
    """A byte range of a file: the lines or records that begin at an offset in [start, end).

    line: the number of the line at `start`, where it is known (0: it is not). separator, line_break: of a CSV file (its
    dialect); header: where its header begins (offset, line). fault: why nothing of the file can be imported.
    """

    key: str
    etag: str
    size: int
    start: int
    end: int
    line: int = 0
    separator: str = ","
    line_break: str = "\n"
    header: Sequence[int] = START
    fault: str = ""

    @property
    def dialect(self) -> Dialect:
        """How the file is written."""
        return Dialect(self.separator, self.line_break, Place(*self.header))


class Limits(NamedTuple):
    """Of a chunk: bytes, and pieces."""

    step: int
    pieces: int


def limits(files: Sequence[SourceFile]) -> Limits:
    """What keeps the chunks of these files at most MAX_CHUNKS."""
    # A chunk may end half full before a piece that does not fit: half the number of chunks leaves room for that.
    step = max(CHUNK_BYTES, -(-sum(file.size for file in files) // (MAX_CHUNKS // 4)))
    return Limits(step, max(PIECES_PER_CHUNK, -(-len(files) // (MAX_CHUNKS // 4))))


def pieces_of(file: SourceFile, step: int) -> list[Piece]:
    """The pieces of a file whose lines are its records."""
    return [Piece(file.key, file.etag, file.size, start, end) for start, end in _ranges(file.size, step)]


def _ranges(size: int, step: int) -> list[tuple[int, int]]:
    count = max(1, -(-size // step))
    bounds = [size * index // count for index in range(count + 1)]
    return list(pairwise(bounds))
