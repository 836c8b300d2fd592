"""The events by which a function is asked again, made of what is left of the first time.

Source: AWS Lambda Developer Guide, "Capturing records of Lambda asynchronous invocations", "Retaining discarded batch
records for a Kinesis data source", "Using Lambda with Amazon Kinesis Data Streams"; Amazon S3 User Guide, EventBridge.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

_RECORDS = 10_000
_LONGEST_WALK = 1000
"""Calls of GetRecords for one batch, of which most answer nothing in a shard with gaps."""


class NotPossibleError(Exception):
    """It was not done; the text says why, without personal data."""


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotPossibleError(f"{what} is not JSON") from error
    if not isinstance(document, dict):
        raise NotPossibleError(f"{what} is no JSON object")
    return document


def payload_of(body: str) -> dict[str, Any]:
    """The payload that an asynchronous call had, of Lambda's record about its failure."""
    payload = _object(body, "the letter").get("requestPayload")
    if not isinstance(payload, dict):
        raise NotPossibleError("the letter holds no requestPayload: it is no record of a failed call")
    return payload


def of_record(body: str) -> dict[str, Any]:
    """An event with the letter for its one record."""
    return {"Records": [_object(body, "the letter")]}


def batch_of(body: str, kinesis: Any) -> dict[str, Any]:
    """The event with the records that Lambda's record about a failed batch points to. They must still be in the stream."""
    info: Any = _object(body, "the letter").get("KinesisBatchInfo")
    try:
        stream, shard = info["streamArn"], info["shardId"]
        first, last = str(info["startSequenceNumber"]), str(info["endSequenceNumber"])
        between = range(int(first), int(last) + 1)
    except (KeyError, TypeError, ValueError) as error:
        raise NotPossibleError("the letter holds no KinesisBatchInfo: it points to no batch of the stream") from error
    records = [_stream_record(record, shard, stream) for record in _read(kinesis, stream, shard, first, between)]
    if not records or records[0]["kinesis"]["sequenceNumber"] != first:
        raise NotPossibleError(
            "the stream has forgotten its records, or some of them: read them from the event database"
        )
    return {"Records": records}


def _read(kinesis: Any, stream: str, shard: str, first: str, between: range) -> list[dict[str, Any]]:
    try:
        iterator = kinesis.get_shard_iterator(
            StreamARN=stream,
            ShardId=shard,
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            StartingSequenceNumber=first,
        )["ShardIterator"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("InvalidArgumentException", "ResourceNotFoundException"):
            return []
        raise
    found: list[dict[str, Any]] = []
    for _ in range(_LONGEST_WALK):
        if not iterator:
            break
        answer = kinesis.get_records(ShardIterator=iterator, Limit=_RECORDS, StreamARN=stream)
        found += [record for record in answer["Records"] if int(record["SequenceNumber"]) in between]
        if any(int(record["SequenceNumber"]) >= between.stop - 1 for record in answer["Records"]):
            break
        if not answer["Records"] and not answer.get("MillisBehindLatest"):
            break
        iterator = answer.get("NextShardIterator")
    return found


def _stream_record(record: Mapping[str, Any], shard: str, stream: str) -> dict[str, Any]:
    return _kinesis_event(
        stream,
        shard,
        record["SequenceNumber"],
        base64.b64encode(record["Data"]).decode(),
        key=record["PartitionKey"],
        arrival=record["ApproximateArrivalTimestamp"].timestamp(),
    )


def _kinesis_event(stream: str, shard: str, sequence: str, data: str, *, key: str, arrival: float) -> dict[str, Any]:
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": key,
            "sequenceNumber": sequence,
            "data": data,
            "approximateArrivalTimestamp": arrival,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard}:{sequence}",
        "eventName": "aws:kinesis:record",
        "eventSourceARN": stream if stream.startswith("arn:") else f"arn:aws:kinesis:::stream/{stream}",
    }


def of_error_object(text: str) -> dict[str, Any]:
    """The event with the record that an error object holds (handlers/shared/stream_records.py), on the line where it was."""
    document = _object(text, "the object")
    try:
        source = document["Source"]
        if "RecordBase64" in document:
            data = str(document["RecordBase64"])
        else:
            lines = "\n" * (int(source["Line"]) - 1) + str(document["Record"])
            data = base64.b64encode(lines.encode("utf-8", "surrogatepass")).decode()
        return {
            "Records": [
                _kinesis_event(source["Stream"], source["Shard"], source["Sequence"], data, key="again", arrival=0.0)
            ]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise NotPossibleError("the object holds no Source and Record") from error


def object_created(text: str) -> dict[str, Any]:
    """The event with a queue's message that tells of the object which an error object's lines are from."""
    first = _object(text.lstrip().partition("\n")[0], "the object's first line")
    bucket, key = first.get("Bucket"), first.get("Key")
    if not (isinstance(bucket, str) and isinstance(key, str)):
        raise NotPossibleError("the object's first line names no Bucket and Key")
    body = {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": bucket}, "object": {"key": key}},
    }
    return {"Records": [{"messageId": key, "body": json.dumps(body), "attributes": {}, "eventSource": "aws:sqs"}]}
