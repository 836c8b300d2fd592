"""The object with a query's result: CSV, a header row first, every value quoted, NULL as nothing at all.

Format: Amazon Athena User Guide, "Working with query results".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from handlers.shared.records.dialect import RECORD_BYTES, START, Dialect, Place
from handlers.shared.records.endpoint_columns import Columns, csv_columns
from handlers.shared.records.errors import FileError
from handlers.shared.records.quotes import QuoteScan
from handlers.shared.records.reading import Record, read_records

CHUNK_BYTES = 4 * 1024 * 1024
"""Of a result: some 50,000 rows. Less is no reason to work side by side."""
BLOCK_BYTES = 1024 * 1024
DIALECT = Dialect()


class ResultError(ValueError):
    """A query's result that cannot be used. The message says why."""


@dataclass(frozen=True)
class Result:
    """One result. etag pins it: it is read in many calls."""

    bucket: str
    key: str
    size: int
    etag: str

    def records(self, s3: Any, start: Place, end: int) -> Iterator[Record]:
        """Streams the records from one's beginning to another's. Raises FileError."""
        return read_records(self._blocks(s3, start.offset, end), DIALECT, start, end)

    def header(self, s3: Any) -> tuple[Columns, bool]:
        """The header's columns, and whether rows come behind it. Raises FileError where the columns are not an import
        file's."""
        header = next(self.records(s3, START, min(self.size, RECORD_BYTES + 2)), None)
        if header is None:
            raise FileError("the result is empty")
        return csv_columns(header, DIALECT), header.end.offset < self.size

    def ranges(self, s3: Any, max_chunks: int) -> list[tuple[Place, Place]]:
        """Divides it into at most `max_chunks` ranges of whole records, of about equal size: a value in quotes may hold
        line breaks, so all of it is read. Raises FileError where its quotes leave open which lines are rows."""
        scan = QuoteScan(DIALECT, step=max(CHUNK_BYTES, -(-self.size // max_chunks)))
        for block in self._blocks(s3, 0, self.size):
            scan.feed(block)
        scan.close()
        places = [START, *(cut for cut in scan.cuts if cut.offset < self.size), Place(self.size, 0)]
        return list(pairwise(places))

    def _blocks(self, s3: Any, first: int, end: int) -> Iterator[bytes]:
        if first >= end:
            return
        wanted = f"bytes={first}-{end - 1}"
        body = s3.get_object(Bucket=self.bucket, Key=self.key, IfMatch=self.etag, Range=wanted)["Body"]
        try:
            while block := body.read(BLOCK_BYTES):
                yield block
        finally:
            body.close()


def located(s3: Any, url: str) -> Result:
    """The result at an address that Athena gave. Raises ResultError where the statement was no query."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not key.endswith(".csv"):
        raise ResultError("the statement returns no table; allowed is a query (SELECT)")
    answer = s3.head_object(Bucket=bucket, Key=key)
    return Result(bucket, key, answer["ContentLength"], answer["ETag"])
