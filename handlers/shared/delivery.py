"""Firehose's transformation contract: records in, each of them kept, left out or refused with a reason.

Source: Amazon Data Firehose Developer Guide, "Data transformation and status model". Refused records are stored here, with
the reason that Firehose would not keep: one object of JSON lines for each batch,
`{"reason", "source": {...}, "rawData": <the record in base64, as it came>}`. The object's key is a function of the records
in it, so that a batch that is tried again writes the same object again. To Firehose they are `Dropped`: it would store a
record that is `ProcessingFailed` once more, below its error prefix.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

OK = "Ok"
DROPPED = "Dropped"
REFUSED = "Refused"
"""Our own status: what is stored in the error place. Firehose is told DROPPED."""

Record = Mapping[str, Any]


class RefusedRecordError(ValueError):
    """The record can never be handled. The text says why, without personal data."""


@dataclass(frozen=True)
class Outcome:
    """What became of a record. data: the line that is delivered, if it is kept. reason: why it was refused."""

    status: str
    data: bytes = b""
    reason: str = ""


@dataclass(frozen=True)
class ErrorPlace:
    """Where refused records are kept: a bucket and a key prefix that ends in `/`."""

    bucket: str
    prefix: str

    def store(self, source_arn: str, refused: Sequence[tuple[Record, str]]) -> None:
        """Writes one object with all of them."""
        ids = hashlib.sha256("\n".join(str(record["recordId"]) for record, _ in refused).encode()).hexdigest()[:32]
        arrived = refused[0][0].get("approximateArrivalTimestamp") or 0
        hour = datetime.fromtimestamp(arrived / 1000, UTC).strftime("%Y/%m/%d/%H")
        lines = [
            json.dumps({"reason": reason, "source": _source(source_arn, record), "rawData": record.get("data")})
            for record, reason in refused
        ]
        aws_client("s3").put_object(
            Bucket=self.bucket,
            Key=f"{self.prefix}refused/{hour}/{ids}.json",
            Body=("\n".join(lines) + "\n").encode(),
            ContentType="application/x-ndjson",
        )


def _source(source_arn: str, record: Record) -> dict[str, Any]:
    return {
        "deliveryStreamArn": source_arn,
        "recordId": record["recordId"],
        "approximateArrivalTimestamp": record.get("approximateArrivalTimestamp"),
        **({"kinesis": record["kinesisRecordMetadata"]} if record.get("kinesisRecordMetadata") else {}),
    }


def read_event(record: Record) -> tuple[str, dict[str, Any]]:
    """The event as text and as an object. Raises RefusedRecordError if it is neither."""
    try:
        content = base64.b64decode(record["data"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise RefusedRecordError("the record is not base64") from error
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedRecordError(f"the record is not UTF-8: byte {error.start} of {len(content)}") from error
    try:
        event = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise RefusedRecordError(f"the record is not JSON: {error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise RefusedRecordError("the record is nested too deeply") from error
    except ValueError as error:
        raise RefusedRecordError(f"the record is not JSON: {error}") from error
    if not isinstance(event, dict):
        raise RefusedRecordError(f"the record is a JSON {type(event).__name__}; allowed is an object")
    return text, event


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def judge(record: Record, convert: Callable[[str, dict[str, Any]], Outcome]) -> Outcome:
    """What `convert` makes of the record's event; what cannot be read, or what it refuses, is refused."""
    try:
        return convert(*read_event(record))
    except RefusedRecordError as error:
        return Outcome(REFUSED, reason=str(error))


def respond(event: Mapping[str, Any], outcomes: Sequence[Outcome], errors: ErrorPlace) -> dict[str, Any]:
    """The function's answer, one entry a record in the order of the records; refused ones are stored first.

    Raises what S3 answers if they cannot be stored: Firehose then tries the whole batch again and, at last, puts all of
    it into its own error prefix.
    """
    records = event["records"]
    refused = [
        (record, outcome.reason) for record, outcome in zip(records, outcomes, strict=True) if outcome.status == REFUSED
    ]
    if refused:
        errors.store(event.get("deliveryStreamArn", ""), refused)
        logger.error(
            "records refused",
            extra={"count": len(refused), "reasons": sorted({reason for _, reason in refused})[:10]},
        )
    logger.info("batch", extra={"records": len(records), "kept": sum(outcome.status == OK for outcome in outcomes)})
    return {"records": [_answer(record, outcome) for record, outcome in zip(records, outcomes, strict=True)]}


def _answer(record: Record, outcome: Outcome) -> dict[str, str]:
    answer = {"recordId": record["recordId"], "result": DROPPED if outcome.status == REFUSED else outcome.status}
    if outcome.status == OK:
        answer["data"] = base64.b64encode(outcome.data).decode()
    return answer
