"""Deletes one person's data from objects of lines: events, refused records, query results.

Every version of every object below the given prefixes is looked through, a few at a time, line by line (gzip or plain).
A current object that holds the person is written again without their lines, or deleted if nothing is left; every other
version that holds them is deleted. Query results, which can be had again, are deleted whole. Doing it twice changes
nothing; two erasures at a time do not undo each other, for an object is only replaced as it was read.

What is still in the event stream arrives later: erase again a day after the person's last event.
"""

from __future__ import annotations

import gzip
import io
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.erasure.person import Person
from handlers.shared.logging import logger

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer
    from botocore.client import BaseClient

_GZIP = b"\x1f\x8b"
_UNVERSIONED = "null"
_AT_ONCE = 8
_IN_MEMORY = 1_000_000
_CHANGED = ("PreconditionFailed", "ConditionalRequestConflict")
_GONE = ("NoSuchKey", "NoSuchVersion", "404")


@dataclass(frozen=True)
class Place:
    """Objects below a key prefix. whole: an object that holds the person is deleted, not rewritten."""

    bucket: str
    prefix: str
    whole: bool = False


@dataclass(frozen=True)
class Cursor:
    """How far an erasure is: the place, and the markers of S3's list of versions there."""

    place: int = 0
    key: str = ""
    version: str = ""


@dataclass
class Progress:
    """What an erasure has done so far. cursor: where to go on; None at the end."""

    cursor: Cursor | None
    objects: int = 0
    rewritten: int = 0
    deleted: int = 0
    lines: int = 0


@dataclass(frozen=True)
class _Version:
    bucket: str
    key: str
    id: str
    latest: bool
    whole: bool


class Erasure:
    """One person's erasure from some places. s3: a boto3 client, used by several threads."""

    def __init__(self, s3: BaseClient, person: Person, places: list[Place]) -> None:
        self._s3 = s3
        self._person = person
        self._places = places

    def run(self, cursor: Cursor | None = None, until: Callable[[], bool] = lambda: False) -> Progress:
        """Goes through the places from `cursor` on, until the end or until `until()` says that time is up.

        A page of versions (at most 1,000) is finished before `until` is asked again. Raises what S3 answers.
        """
        progress = Progress(cursor or Cursor())
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while progress.cursor is not None and not (progress.objects and until()):
                versions, following = self._page(progress.cursor)
                for rewritten, deleted, lines in pool.map(self._erase, versions):
                    progress.objects += 1
                    progress.rewritten += rewritten
                    progress.deleted += deleted
                    progress.lines += lines
                progress.cursor = following
        logger.info(
            "erasure",
            extra={
                "objects": progress.objects,
                "rewritten": progress.rewritten,
                "deleted": progress.deleted,
                "lines": progress.lines,
                "done": progress.cursor is None,
            },
        )
        return progress

    def _page(self, cursor: Cursor) -> tuple[list[_Version], Cursor | None]:
        place = self._places[cursor.place]
        markers = {"KeyMarker": cursor.key} if cursor.key else {}
        if cursor.version:
            markers["VersionIdMarker"] = cursor.version
        page = self._s3.list_object_versions(Bucket=place.bucket, Prefix=place.prefix, **markers)
        versions = [
            _Version(place.bucket, found["Key"], found["VersionId"], found["IsLatest"], place.whole)
            for found in page.get("Versions", [])
            if not found["Key"].endswith("/")
        ]
        if page.get("IsTruncated"):
            return _whole_keys(cursor.place, page, versions)
        return versions, Cursor(cursor.place + 1) if cursor.place + 1 < len(self._places) else None

    def _erase(self, version: _Version) -> tuple[int, int, int]:
        """Returns how many objects were rewritten and deleted, and how many lines went."""
        try:
            found = sum(self._person.is_in_line(line) for line in self._lines(version))
            if not found:
                return 0, 0, 0
            if version.latest and not version.whole:
                return self._rewrite(version)
            self._delete(version)
        except ClientError as error:
            if code_of(error) in _GONE:
                return 0, 0, 0
            raise
        return 0, 1, found

    def _lines(self, version: _Version) -> Iterator[bytes]:
        response = self._s3.get_object(Bucket=version.bucket, Key=version.key, VersionId=version.id)
        yield from _read_lines(response["Body"])

    def _rewrite(self, version: _Version) -> tuple[int, int, int]:
        response = self._s3.get_object(Bucket=version.bucket, Key=version.key, VersionId=version.id)
        start = response["Body"].read(len(_GZIP))
        kept = removed = 0
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as target:
            with _writer(target, compressed=start == _GZIP) as writer:
                for line in _read_lines(response["Body"], start):
                    if self._person.is_in_line(line):
                        removed += 1
                    else:
                        kept += 1
                        writer.write(line)
            if not kept:
                self._delete(version)
                return 0, 1, removed
            target.seek(0)
            try:
                written = self._s3.put_object(
                    Bucket=version.bucket,
                    Key=version.key,
                    Body=target,
                    IfMatch=response["ETag"],
                    ContentType=response.get("ContentType", "application/octet-stream"),
                    Metadata=response.get("Metadata", {}),
                )
            except ClientError as error:
                if code_of(error) not in _CHANGED:
                    raise
                return self._again(version)
        if written.get("VersionId", _UNVERSIONED) != version.id:
            self._delete(version)
        return 1, 0, removed

    def _again(self, version: _Version) -> tuple[int, int, int]:
        """Somebody else wrote the object meanwhile: their writing is looked through like any other, this one goes."""
        logger.info("object changed meanwhile", extra={"key": version.key})
        time.sleep(0.1)
        head = self._s3.head_object(Bucket=version.bucket, Key=version.key)
        newer = _Version(version.bucket, version.key, head.get("VersionId", _UNVERSIONED), True, version.whole)
        if newer.id != version.id:
            self._delete(version)
        return self._erase(newer)

    def _delete(self, version: _Version) -> None:
        self._s3.delete_object(Bucket=version.bucket, Key=version.key, VersionId=version.id)


def _whole_keys(place: int, page: dict[str, Any], versions: list[_Version]) -> tuple[list[_Version], Cursor]:
    """A page without its last key, whose versions may go on, and the cursor before that key.

    A cursor at a version would be one that the erasure itself may have deleted when the next page is asked for.
    """
    last = page["NextKeyMarker"]
    keys = [
        found["Key"] for found in [*page.get("Versions", []), *page.get("DeleteMarkers", [])] if found["Key"] != last
    ]
    if not keys:
        return versions, Cursor(place, last, page.get("NextVersionIdMarker", ""))
    return [version for version in versions if version.key != last], Cursor(place, max(keys, key=str.encode))


def _read_lines(body: _Readable, start: bytes = b"") -> Iterator[bytes]:
    """Lines of a stream that is gzip or plain; `start`: what was read of it before."""
    start = start or body.read(len(_GZIP))
    source = io.BufferedReader(_Rejoined(start, body))
    yield from gzip.GzipFile(fileobj=source) if start == _GZIP else source


def _writer(target: IO[bytes], *, compressed: bool) -> gzip.GzipFile | _Open:
    if not compressed:
        return _Open(target)
    # No time in the header: the same lines give the same object.
    return gzip.GzipFile(fileobj=target, mode="wb", mtime=0)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Rejoined(io.RawIOBase):
    """A stream whose first bytes were read already, with them in front again."""

    def __init__(self, start: bytes, rest: _Readable) -> None:
        self._start = start
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        space = memoryview(buffer)
        data = self._start[: len(space)] or self._rest.read(len(space))
        self._start = self._start[len(space) :]
        space[: len(data)] = data
        return len(data)


class _Open(io.RawIOBase):
    """Writes through, and leaves the target open at its end, as GzipFile does."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def write(self, data: ReadableBuffer) -> int:
        return self._target.write(data)
