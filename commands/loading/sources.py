"""Files to load: of a disk or of S3, packed by gzip or not, read as a stream."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from commands.errors import CommandError
from handlers.shared.records.lines import LINE_LIMIT

S3 = "s3://"
GZIP = b"\x1f\x8b"
BUFFER = 1 << 18
UNREADABLE = (OSError, EOFError, zlib.error)
"""What reading raises where a file is cut short, is not what gzip wrote, or cannot be read at all."""


class Line(NamedTuple):
    """A line without its end. data: None where it is longer than an import takes."""

    number: int
    data: bytes | None


@dataclass(frozen=True)
class Source:
    """A file. name: its path or s3:// URL."""

    name: str
    opener: Callable[[], Any]

    def open(self) -> BinaryIO:
        """Its content, unpacked. Raises UNREADABLE, here and while it is read."""
        raw: Any = io.BufferedReader(self.opener(), BUFFER)
        packed = raw.peek(len(GZIP))[: len(GZIP)] == GZIP
        return cast("BinaryIO", gzip.GzipFile(fileobj=raw) if packed else raw)

    def blocks(self, offset: int = 0) -> Generator[bytes]:
        """Its bytes from an offset on, in bounded memory. Raises UNREADABLE."""
        with self.open() as stream:
            while offset and (skipped := stream.read(min(offset, BUFFER))):
                offset -= len(skipped)
            while block := stream.read(BUFFER):
                yield block

    def lines(self) -> Iterator[Line]:
        """Its lines, in bounded memory. Raises UNREADABLE."""
        with self.open() as stream:
            number = 0
            while data := stream.readline(LINE_LIMIT + 2):
                number += 1
                ended = data.endswith(b"\n")
                text = data.rstrip(b"\r\n") if ended else data
                while not ended and (rest := stream.readline(LINE_LIMIT)):
                    ended, text = rest.endswith(b"\n"), data
                yield Line(number, text if len(text) <= LINE_LIMIT else None)


def found(places: list[str], s3: Callable[[], Any]) -> Iterator[Source]:
    """The files at these places: files, folders (with all below them) and s3://bucket/prefix. Raises CommandError where
    there is none at one of them.
    """
    for place in places:
        sources = list(_in_s3(place, s3()) if place.startswith(S3) else _on_disk(Path(place)))
        if not sources:
            raise CommandError(f"{place}: there is no file; needed are files, folders or s3://bucket/prefix")
        yield from sources


def _on_disk(path: Path) -> Iterator[Source]:
    inside = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in inside:
        hidden = any(part.startswith(".") for part in file.relative_to(path).parts)
        if file.is_file() and not hidden:
            yield Source(str(file), lambda file=file: io.FileIO(file))


def _in_s3(place: str, s3: Any) -> Iterator[Source]:
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", ()):
            if item["Size"]:
                key = item["Key"]
                yield Source(f"{S3}{bucket}/{key}", lambda key=key: s3.get_object(Bucket=bucket, Key=key)["Body"])
