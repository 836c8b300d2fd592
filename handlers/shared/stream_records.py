"""Records of a Kinesis stream as Lambda hands them over: decoded once, and set aside where that cannot be done."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.clients import aws_client
from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.logging import logger
from handlers.shared.overlapped import overlapped


@dataclass(frozen=True)
class Source:
    """Where an event came from. line: numbered from 1 within its record, which usually has one."""

    stream: str
    shard: str
    sequence: str
    line: int

    def error_key(self, prefix: str) -> str:
        """The key of the object that says what is wrong with it: the same whenever it is read."""
        return f"{prefix}{self.shard}/{self.sequence}-{self.line}.json"


@dataclass(frozen=True)
class BadRecord:
    """An event that can never be handled. data: the line as it came, or base64 of a record that is no text."""

    source: Source
    reason: str
    data: str
    in_base64: bool = False


def events_of(records: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Source, dict[str, Any]] | BadRecord]:
    """The events of a Kinesis batch, each with its source; a record holds one, or one on each line."""
    for record in records:
        kinesis = record["kinesis"]
        # eventID is `shardId-000000000000:SEQUENCE`.
        shard = str(record.get("eventID", "")).partition(":")[0] or "unknown"
        stream = str(record.get("eventSourceARN", "")).rpartition("/")[2]
        source = Source(stream, shard, str(kinesis["sequenceNumber"]), 1)
        encoded = str(kinesis["data"])
        try:
            text = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            yield BadRecord(source, f"no base64 of UTF-8 text: {type(error).__name__}", encoded, in_base64=True)
            continue
        if not text.strip():
            yield BadRecord(source, "empty", encoded, in_base64=True)
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip():
                yield _event(Source(stream, shard, source.sequence, number), line)


def set_aside(bad: Sequence[BadRecord], bucket: str, prefix: str) -> None:
    """Writes one object for each bad record: `{"Reason", "Source": {"Stream", "Shard", "Sequence", "Line"}, "Record"}`.

    `RecordBase64` stands in the place of `Record` where that is no text. Raises what S3 answers where one could not be written.
    """

    def write(record: BadRecord) -> None:
        source = record.source
        body = {
            "Reason": record.reason,
            "Source": {
                "Stream": source.stream,
                "Shard": source.shard,
                "Sequence": source.sequence,
                "Line": source.line,
            },
            "RecordBase64" if record.in_base64 else "Record": record.data,
        }
        aws_client("s3").put_object(
            Bucket=bucket,
            Key=source.error_key(prefix),
            Body=json.dumps(body, ensure_ascii=False).encode(),
            ContentType="application/json",
        )

    for record, answer in zip(bad, overlapped(write, bad), strict=True):
        if isinstance(answer, ClientError | BotoCoreError):
            raise answer
        logger.error("record set aside", extra={"sequence": record.source.sequence, "reason": record.reason})


def _event(source: Source, line: str) -> tuple[Source, dict[str, Any]] | BadRecord:
    try:
        return source, json_object(line)
    except NotAnObjectError as error:
        return BadRecord(source, str(error), line)
