"""An S3 object that is longer than memory: a first part, then one block over and over, made as it is read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.wire import Answer, Reply, UnansweredCallError

ETAG = '"00000000000000000000000000000000"'


class LongFile:
    """The only object of its bucket that can be read."""

    def __init__(self, first: bytes, block: bytes, times: int) -> None:
        self._first = first
        self._block = block
        self.size = len(first) + len(block) * times

    def answers(self) -> dict[str, Answer]:
        return {"s3.HeadObject": self._head, "s3.GetObject": self._get}

    def _head(self, _request: AWSPreparedRequest) -> Reply:
        return Reply(b"", 200, {"content-length": str(self.size), "etag": ETAG})

    def _get(self, request: AWSPreparedRequest) -> Reply:
        wanted = request.headers.get("Range") or "bytes=0-"
        match = re.fullmatch(r"bytes=(\d+)-", wanted if isinstance(wanted, str) else wanted.decode())
        if match is None:
            raise UnansweredCallError(f"the fake file does not know the range {wanted!r}")
        start = int(match[1])
        headers = {"etag": ETAG, "content-length": str(self.size - start)}
        return Reply(_Reader(self, start), 206, headers)

    def at(self, offset: int) -> bytes:
        """Some bytes from an offset on; none at the end."""
        if offset >= self.size:
            return b""
        if offset < len(self._first):
            return self._first[offset:]
        return self._block[(offset - len(self._first)) % len(self._block) :]


class _Reader(io.RawIOBase):
    """What botocore expects of a connection's answer."""

    def __init__(self, file: LongFile, offset: int) -> None:
        super().__init__()
        self._file = file
        self._offset = offset

    def read(self, size: int = -1, /) -> bytes:
        wanted = self._file.size if size is None or size < 0 else size
        parts = []
        while wanted > 0 and (part := self._file.at(self._offset)[:wanted]):
            parts.append(part)
            wanted -= len(part)
            self._offset += len(part)
        return b"".join(parts)

    def stream(self, amt: int = 65536, **_: object) -> Iterator[bytes]:
        while part := self.read(amt):
            yield part
