"""Planning an import: its files become pieces, and these chunks. A CSV file is read once for that: it is cut between records
alone, and refused as a whole where its quotes leave open which lines are rows, before the first row of it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from handlers.engagement.jobs.bucket import Bucket
from handlers.engagement.jobs.chunks import Limits, Piece, SourceFile, pieces_of
from handlers.shared.records.dialect import Dialect, Place, dialect_of, sampled
from handlers.shared.records.endpoint_columns import Header
from handlers.shared.records.errors import FileError
from handlers.shared.records.lines import BLOCK
from handlers.shared.records.quotes import QuoteScan

State = dict[str, Any]


def read_blocks(bucket: Bucket, piece: SourceFile | Piece, first: int, end: int) -> Iterator[bytes]:
    """The bytes of an object in [first, end). Raises FileError where it is gone, changed or closed to us."""
    if first >= end:
        return
    stream = bucket.open(piece.key, piece.etag, first, end - 1)
    try:
        while block := stream.read(BLOCK):
            yield block
    finally:
        stream.close()


class Planning:
    """The plan of one job, as far as it is.

    Args:
        state: JSON that `run` changes; {} at first. With it and the same files, a later `Planning` goes on.
        put: Stores a chunk of this number.
    """

    def __init__(
        self, bucket: Bucket, limits: Limits, state: State, put: Callable[[int, list[Piece]], None], *, csv: bool
    ) -> None:
        self._bucket = bucket
        self._limits = limits
        self._state = state
        self._put = put
        self._csv = csv
        state.setdefault("Planned", "")
        state.setdefault("Chunks", 0)
        state.setdefault("Open", [])

    def run(self, files: Sequence[SourceFile], remaining: Callable[[], float]) -> bool:
        """Plans the files (in S3's order of keys) until all are or until time is over. Returns whether all are."""
        planned = self._state["Planned"].encode()
        for file in files:
            if planned and file.key.encode() <= planned:
                continue
            pieces = self._of_csv(file, remaining) if self._csv else pieces_of(file, self._limits.step)
            if pieces is None:
                return False
            self._add(pieces)
            self._state.update(Planned=file.key, Scan=None)
            if remaining() <= 0 and file is not files[-1]:
                return False
        self._close_chunk()
        return True

    def _of_csv(self, file: SourceFile, remaining: Callable[[], float]) -> list[Piece] | None:
        """The file's pieces, or None where time is over before its end."""
        try:
            return self._scanned(file, remaining)
        except FileError as error:
            return [Piece(file.key, file.etag, file.size, 0, 0, fault=str(error))]

    def _scanned(self, file: SourceFile, remaining: Callable[[], float]) -> list[Piece] | None:
        if file.size == 0:
            raise FileError("the file is empty")
        kept: State | None = self._state.get("Scan")
        if kept and kept["Etag"] == file.etag:
            separator, line_break, start = kept["Dialect"]
            dialect = Dialect(separator, line_break, Place(*start))
            scan = QuoteScan(dialect, self._limits.step, kept["State"])
            cuts = [Place(*cut) for cut in kept["Cuts"]]
            blocks = read_blocks(self._bucket, file, scan.place.offset, file.size)
        else:
            sample, blocks = sampled(read_blocks(self._bucket, file, 0, file.size))
            dialect = dialect_of(sample, Header())
            scan, cuts = QuoteScan(dialect, self._limits.step), []
        for block in blocks:
            scan.feed(block)
            if remaining() <= 0:
                break
        cuts += scan.cuts
        if remaining() <= 0 and scan.place.offset + 1 < file.size:
            self._state["Scan"] = {
                "Etag": file.etag,
                "Dialect": [dialect.separator, dialect.line_break, dialect.start],
                "State": scan.state,
                "Cuts": cuts,
            }
            return None
        scan.close()
        bounds = [dialect.start, *(cut for cut in cuts if dialect.start.offset < cut.offset < file.size)]
        ends = [place.offset for place in bounds[1:]] + [file.size]
        written = (dialect.separator, dialect.line_break, dialect.start)
        return [
            Piece(file.key, file.etag, file.size, place.offset, end, place.line, *written)
            for place, end in zip(bounds, ends, strict=True)
        ]

    def _add(self, pieces: Sequence[Piece]) -> None:
        chunk = self._state["Open"]
        for piece in pieces:
            taken = sum(end - start for _, _, _, start, end, *_ in chunk)
            too_long = taken + piece.end - piece.start > self._limits.step + self._limits.step // 64
            if chunk and (too_long or len(chunk) >= self._limits.pieces):
                self._close_chunk()
                chunk = self._state["Open"]
            chunk.append(list(piece))

    def _close_chunk(self) -> None:
        if self._state["Open"]:
            self._put(self._state["Chunks"], [Piece(*piece) for piece in self._state["Open"]])
            self._state.update(Chunks=self._state["Chunks"] + 1, Open=[])
