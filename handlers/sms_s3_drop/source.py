"""The object that a run reads: its content's digest, and its bytes from any offset on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError

from handlers.shared.aws_errors import code_of
from handlers.shared.backoff import backoff
from handlers.shared.logging import logger
from handlers.shared.records.dialect import dialect_of, sampled
from handlers.shared.records.quotes import QuoteScan
from handlers.sms_s3_drop.columns import FileRefusedError, Header
from handlers.sms_s3_drop.runs import Source

BLOCK_BYTES = 256 * 1024
ATTEMPTS = 6
_GONE = ("NoSuchKey", "NoSuchVersion", "404", "NotFound")
_CHANGED = ("PreconditionFailed", "412")
_DENIED = ("AccessDenied", "403", "Forbidden")
# Botocore has no name for all of them: not opened, broken off, and ended before the last byte.
_BROKEN = (ConnectionError, HTTPClientError, IncompleteReadError)


def parse_url(url: str) -> tuple[str, str]:
    """(bucket, key) of `s3://BUCKET/KEY`. Raises FileRefusedError."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket or not key:
        raise FileRefusedError(f"S3URL is {url!r}; allowed is s3://BUCKET/KEY")
    return bucket, key


def identify(s3: Any, bucket: str, key: str) -> tuple[Source, str]:
    """The object as it is now, and the SHA-256 of its content. Raises FileError, also where its quotes leave open which
    of its lines are rows: before the first text of it is sent.

    An ETag would not do: it depends on how the object was uploaded and encrypted.
    """
    head = _call(s3.head_object, Bucket=bucket, Key=key)
    source = Source(bucket, key, head["ETag"], _version(head), head["ContentLength"])
    digest = hashlib.sha256()
    sample, blocks = sampled(read_blocks(s3, source, 0))
    scan = QuoteScan(dialect_of(sample, Header()))
    for block in blocks:
        digest.update(block)
        scan.feed(block)
    scan.close()
    return source, digest.hexdigest()


def read_blocks(s3: Any, source: Source, offset: int) -> Iterator[bytes]:
    """The object's bytes from an offset on; a connection that breaks is opened again. Raises FileRefusedError."""
    failures = 0
    while offset < source.size:
        try:
            body = _open(s3, source, offset)
            try:
                while block := body.read(BLOCK_BYTES):
                    offset += len(block)
                    failures = 0
                    yield block
            finally:
                body.close()
        except _BROKEN as error:
            failures += 1
            if failures == ATTEMPTS:
                raise
            logger.info("reading goes on over a new connection", extra={"error": type(error).__name__})
            backoff(failures, first=0.1, least=0.5)


def _open(s3: Any, source: Source, offset: int) -> Any:
    version = {"VersionId": source.version} if source.version else {}
    arguments = {"Bucket": source.bucket, "Key": source.key, "IfMatch": source.etag, **version}
    return _call(s3.get_object, **arguments, Range=f"bytes={offset}-")["Body"]


def _call(operation: Any, **arguments: Any) -> dict[str, Any]:
    try:
        return operation(**arguments)
    except ClientError as error:
        code = code_of(error)
        if code in _GONE:
            raise FileRefusedError("does not exist any more; it was deleted before it was read") from None
        if code in _CHANGED:
            raise FileRefusedError("was replaced while it was read") from None
        if code in _DENIED:
            raise FileRefusedError("cannot be read: access denied") from None
        raise


def _version(head: dict[str, Any]) -> str:
    version = head.get("VersionId", "")
    return "" if version == "null" else version
