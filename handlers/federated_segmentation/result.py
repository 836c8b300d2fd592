"""The object with a query's result: CSV, a header row first, every value quoted, NULL as nothing at all.

Format: Amazon Athena User Guide, "Working with query results".
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handlers.engagement.jobs.columns import Columns
from handlers.engagement.jobs.lines import LINE_LIMIT, Line, read_lines
from handlers.shared.records.errors import FileError

CHUNK_BYTES = 4 * 1024 * 1024
"""Of a result: some 50,000 rows. Less is no reason to work side by side."""

csv.field_size_limit(LINE_LIMIT + 1)


class ResultError(ValueError):
    """A query's result that cannot be used. The message says why."""


@dataclass(frozen=True)
class Result:
    """One result. etag pins it: it is read in many calls."""

    bucket: str
    key: str
    size: int
    etag: str

    def lines(self, s3: Any, start: int, end: int) -> Iterator[Line]:
        """Streams the lines that begin at an offset in [start, end)."""

        def open_range(first: int, last: int) -> Any:
            wanted = f"bytes={first}-{last}"
            return s3.get_object(Bucket=self.bucket, Key=self.key, IfMatch=self.etag, Range=wanted)["Body"]

        return read_lines(open_range, start, end, self.size)

    def header(self, s3: Any) -> tuple[Columns, bool]:
        """The header's columns, and whether rows come behind it. Raises FileError where the columns are not an import
        file's."""
        line = next(self.lines(s3, 0, 1), None)
        if line is None or line.data is None:
            raise FileError("the header is longer than an import file's may be" if line else "the result is empty")
        return Columns(values(line.data.decode())), line.end < self.size


def located(s3: Any, url: str) -> Result:
    """The result at an address that Athena gave. Raises ResultError where the statement was no query."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not key.endswith(".csv"):
        raise ResultError("the statement returns no table; allowed is a query (SELECT)")
    answer = s3.head_object(Bucket=bucket, Key=key)
    return Result(bucket, key, answer["ContentLength"], answer["ETag"])


def values(text: str) -> list[str]:
    """The values of a line. Raises csv.Error, also where a quoted value goes on in the next line."""
    return next(csv.reader((text,), strict=True), [])


def ranges(size: int, max_chunks: int) -> list[tuple[int, int]]:
    """Divides a result into at most `max_chunks` byte ranges of about equal size."""
    count = max(1, min(max_chunks, size // CHUNK_BYTES))
    return [(size * place // count, size * (place + 1) // count) for place in range(count)]
