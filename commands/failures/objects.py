"""Error objects in S3: each is about one event, one object or one batch of records, or is a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from commands.failures.failure import Failure

_LOOKED_AT_BYTES = 64 * 1024


def error_objects(s3: Any, bucket: str, prefix: str) -> Iterator[Failure]:
    """All of them, without their contents and reasons."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            yield Failure(
                id=entry["Key"],
                since=entry["LastModified"].timestamp(),
                reason="",
                source=f"s3://{bucket}",
                details={"bytes": entry["Size"]},
            )


def looked_into(s3: Any, bucket: str, failure: Failure) -> Failure:
    """The object with its reason, which is that of its first line, and the beginning of its content."""
    size = failure.details.get("bytes", 1)
    limits = {"Range": f"bytes=0-{_LOOKED_AT_BYTES - 1}"} if size else {}
    text = s3.get_object(Bucket=bucket, Key=failure.id, **limits)["Body"].read().decode("utf-8", "replace")
    failure.data = text
    failure.reason = _reason(text)
    return failure


def content(s3: Any, bucket: str, key: str) -> str:
    """The whole object as text."""
    return s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8", "replace")


def _reason(text: str) -> str:
    line = text.lstrip().partition("\n")[0]
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return "a report: see its lines"
    if not isinstance(document, dict):
        return "not told"
    for name in ("Reason", "reason", "errorMessage"):
        if isinstance(document.get(name), str):
            return document[name]
    return "not told"
