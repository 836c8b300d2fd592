"""The objects of an export: gzip, one endpoint as JSON per line, any number of objects of any size.

They are divided into chunks, each a range of keys, so that a state machine carries a few keys rather than all of them.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from handlers.shared.logging import logger

BYTES_PER_CHUNK = 8 * 1024 * 1024
"""Of compressed endpoints: some 50,000. Fewer are no reason to work side by side."""


@dataclass(frozen=True)
class ExportedObject:
    key: str
    size: int


def list_objects(s3: Any, bucket: str, prefix: str, after: str = "") -> Iterator[ExportedObject]:
    """All the objects of an export, in the order of their keys, from behind the key `after`."""
    arguments = {"Bucket": bucket, "Prefix": prefix, **({"StartAfter": after} if after else {})}
    for page in s3.get_paginator("list_objects_v2").paginate(**arguments):
        for found in page.get("Contents", []):
            if found["Key"].endswith(".gz"):
                yield ExportedObject(found["Key"], found["Size"])


def plan(objects: list[ExportedObject], max_chunks: int) -> list[dict[str, str]]:
    """Divides objects in key order into at most `max_chunks` ranges `{"After", "Until"}` of about equal size.

    After is exclusive ("" = from the beginning), Until is inclusive.
    """
    if not objects:
        return []
    total = sum(item.size for item in objects)
    chunks = min(max_chunks, len(objects), max(1, -(-total // BYTES_PER_CHUNK)))
    ranges: list[dict[str, str]] = []
    after, reached = "", 0
    for place, item in enumerate(objects):
        reached += item.size
        left = len(objects) - place - 1
        missing = chunks - len(ranges) - 1
        if left == 0 or (missing and (reached * chunks >= total * (len(ranges) + 1) or left == missing)):
            ranges.append({"After": after, "Until": item.key})
            after = item.key
    return ranges


def read_endpoints(s3: Any, bucket: str, key: str, after_line: int = 0) -> Iterator[tuple[int, dict[str, Any] | None]]:
    """Streams an object's endpoints with their line numbers, from behind `after_line`; None for a line that is none."""
    body = s3.get_object(Bucket=bucket, Key=key)["Body"]
    with gzip.open(body, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if number > after_line and line.strip():
                yield number, _endpoint(line, key, number)


def _endpoint(line: str, key: str, number: int) -> dict[str, Any] | None:
    try:
        endpoint = json.loads(line)
    except ValueError:
        endpoint = None
    if isinstance(endpoint, dict) and endpoint.get("Id"):
        return endpoint
    logger.error("a line of the export is no endpoint with an Id", extra={"key": key, "line": number})
    return None
