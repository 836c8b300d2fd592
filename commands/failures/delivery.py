"""Records that a delivery stream's transformation refused, or that Firehose could not deliver, delivered after all.

Nobody but Kinesis can put records into such a stream, and putting them onto the Kinesis stream would tell its other readers
twice. So the transformation sees them again here, and what it lets through is written where Firehose would have.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from typing import Any

from commands.failures.clients import Clients
from commands.failures.events import NotPossibleError
from commands.failures.places import Place

_CALL_BYTES = 1_000_000
"""Of records in one call, as Firehose has it: with what is added, the answer stays below Lambda's 6 MB."""


def deliver(place: Place, key: str, text: str, clients: Clients) -> None:
    """Delivers what an error object holds. Raises NotPossibleError where a record cannot be transformed."""
    records = [_record(key, number, line) for number, line in enumerate(text.splitlines()) if line.strip()]
    delivered: list[bytes] = []
    for chunk in _chunks(records):
        answer = clients.invoke(place.way["functionName"], _event(chunk))
        for result in answer.get("records", ()):
            if result["result"] == "ProcessingFailed":
                raise NotPossibleError("the transformation failed again")
            if result["result"] == "Ok":
                delivered.append(base64.b64decode(result["data"]))
    if delivered:
        _write(place, key, b"".join(delivered), clients("s3"))


def _record(key: str, number: int, line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
        data, source = document["rawData"], document.get("source") or {}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotPossibleError("a line of the object holds no rawData") from error
    arrived = source.get("approximateArrivalTimestamp") or document.get("arrivalTimestamp")
    made = hashlib.sha256(f"{key}:{number}".encode()).hexdigest()
    return {
        "recordId": source.get("recordId") or made,
        "approximateArrivalTimestamp": arrived or int(time.time() * 1000),
        "data": data,
        "_source": source.get("deliveryStreamArn", ""),
    }


def _event(records: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "invocationId": "again",
        "deliveryStreamArn": records[0]["_source"],
        "records": [{name: value for name, value in record.items() if name != "_source"} for record in records],
    }


def _chunks(records: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    chunks: list[list[dict[str, Any]]] = []
    size = 0
    for record in records:
        length = len(record["data"] or "")
        if not chunks or size + length > _CALL_BYTES:
            chunks.append([])
            size = 0
        chunks[-1].append(record)
        size += length
    return chunks


def _write(place: Place, key: str, content: bytes, s3: Any) -> None:
    """One object, named after the error object, so that doing it again writes the same object again."""
    name = hashlib.sha256(key.encode()).hexdigest()[:32]
    hour = "/".join(part for part in key.split("/") if part.isdigit())
    if hour.count("/") != 3:
        raise NotPossibleError("the object's key tells no hour: .../YYYY/MM/DD/HH/...")
    compressed = place.way["compressed"]
    s3.put_object(
        Bucket=place.where["bucket"],
        Key=f"{place.way['deliverTo']}{hour}/again-{name}{'.gz' if compressed else ''}",
        Body=gzip.compress(content, mtime=0) if compressed else content,
    )
