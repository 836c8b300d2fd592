"""Splitting the files of an import job into chunks of about equal work."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

CHUNK_BYTES = 1024 * 1024  # below it, a chunk's start-up outweighs the time that working side by side saves
MAX_CHUNKS = 1000
PIECES_PER_CHUNK = 200


class SourceFile(NamedTuple):
    """An object to import. `etag` pins the version that was planned."""

    key: str
    size: int
    etag: str


class Piece(NamedTuple):
    """A byte range of a file: the lines that begin at an offset in [start, end)."""

    key: str
    etag: str
    size: int
    start: int
    end: int


def plan_chunks(files: Sequence[SourceFile]) -> list[list[Piece]]:
    """At most MAX_CHUNKS lists of pieces, in the files' order. A small file stays in one piece; small files share a chunk."""
    # A chunk may end half full before a piece that does not fit: half the number of chunks leaves room for that.
    step = max(CHUNK_BYTES, -(-sum(file.size for file in files) // (MAX_CHUNKS // 4)))
    per_chunk = max(PIECES_PER_CHUNK, -(-len(files) // (MAX_CHUNKS // 4)))
    chunks: list[list[Piece]] = []
    room = 0
    for file in files:
        for start, end in _ranges(file.size, step):
            length = end - start
            if not chunks or length > room or len(chunks[-1]) >= per_chunk:
                chunks.append([])
                room = step
            chunks[-1].append(Piece(file.key, file.etag, file.size, start, end))
            room -= length
    return chunks


def _ranges(size: int, step: int) -> list[tuple[int, int]]:
    count = max(1, -(-size // step))
    bounds = [size * index // count for index in range(count + 1)]
    return list(pairwise(bounds))
