"""Mends MiniStack's Firehose: records are gathered, a function sees them a batch at a time, one object holds many.

MiniStack calls the function once per record while the sender waits, passes records on untransformed when it fails,
forgets what it refuses (`ProcessingFailed`), compresses nothing and asks no role. Streams with dynamic partitioning or
format conversion are left to MiniStack.
"""
# pyright: reportMissingImports=false

import asyncio
import base64
import contextvars
import gzip
import json
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import firehose, lambda_svc, s3

from sandbox.repairs import control, publishing

BUFFER_SECONDS = 1.0
"""Stands for the stream's own interval, which is a minute at the least."""
BATCH_BYTES = 1_000_000
BATCH_RECORDS = 10_000
RETRY_SECONDS = 2.0
Record = tuple[str, bytes]
"""Record id and data."""

logger = logging.getLogger("sandbox.firehose")
_guard = threading.Lock()
_gathered: dict[int, "Gathered"] = {}
_deliver_at_once = firehose._deliver_records_to_s3


@dataclass
class Gathered:
    """Records on their way to one destination."""

    stream: dict[str, Any]
    destination: dict[str, Any]
    context: contextvars.Context
    due: float
    records: list[Record] = field(default_factory=list)


class WaitingError(Exception):
    """The destination cannot be reached now: the records wait."""


def install() -> None:
    """Replaces delivery, for records that are put and for records of a Kinesis stream alike."""
    firehose._deliver_records_to_s3 = gather
    threading.Thread(target=_deliver_what_is_due, name="sandbox-firehose", daemon=True).start()


def gather(stream: dict[str, Any], destination: dict[str, Any], records: list[Record]) -> None:
    """Keeps records until they are due."""
    settings = destination["config"]
    for name in ("DynamicPartitioningConfiguration", "DataFormatConversionConfiguration"):
        if (settings.get(name) or {}).get("Enabled"):
            _deliver_at_once(stream, destination, records)
            return
    with _guard:
        found = _gathered.get(id(destination))
        if found is None:
            found = Gathered(stream, destination, contextvars.copy_context(), time.monotonic() + BUFFER_SECONDS)
            _gathered[id(destination)] = found
        found.records += records


def _deliver_what_is_due() -> None:
    while True:
        time.sleep(0.1)
        now = time.monotonic()
        with _guard:
            due = [key for key, found in _gathered.items() if found.due <= now]
            taken = [_gathered.pop(key) for key in due]
        for found in taken:
            threading.Thread(target=found.context.run, args=(_deliver, found), daemon=True).start()


def _deliver(found: Gathered) -> None:
    for batch in _batches(found.records):
        try:
            _deliver_batch(found.stream, found.destination["config"], batch)
        except WaitingError as reason:
            logger.warning("%s waits: %s", found.stream["name"], reason)
            _again(found, batch)
        except Exception:
            logger.exception("%s: %d records wait", found.stream["name"], len(batch))
            _again(found, batch)


def _again(found: Gathered, batch: list[Record]) -> None:
    with _guard:
        if found.stream["name"] not in firehose._streams:
            return
        later = _gathered.setdefault(
            id(found.destination),
            Gathered(found.stream, found.destination, contextvars.copy_context(), time.monotonic() + RETRY_SECONDS),
        )
        later.records[:0] = batch


def _batches(records: list[Record]) -> list[list[Record]]:
    batches: list[list[Record]] = [[]]
    size = 0
    for record in records:
        if batches[-1] and (size + len(record[1]) > BATCH_BYTES or len(batches[-1]) >= BATCH_RECORDS):
            batches.append([])
            size = 0
        batches[-1].append(record)
        size += len(record[1])
    return batches


def _deliver_batch(stream: dict[str, Any], settings: dict[str, Any], batch: list[Record]) -> None:
    role = settings.get("RoleARN", "")
    source = (stream.get("kinesis_source") or {}).get("KinesisStreamARN")
    if source:
        _must("kinesis:GetRecords", source, stream["kinesis_source"]["RoleARN"])
    function = _function(settings)
    failed: list[tuple[Record, str, str]] = []
    if function:
        _must("lambda:InvokeFunction", function["arn"], role)
        good, failed = _transformed(stream, function, batch)
    else:
        good = [data for _, data in batch]
    name = f"{stream['name']}-{stream.get('version', 1)}"
    zipped = settings.get("CompressionFormat") == "GZIP"
    moment = firehose._arrival_time(settings)
    stamp = firehose._java_time("yyyy-MM-dd-HH-mm-ss", moment)
    if good:
        prefix = firehose._evaluate_prefix(settings.get("Prefix", ""), moment)
        extension = settings.get("FileExtension") or (".gz" if zipped else "")
        body = b"".join(good)
        _put(settings, f"{prefix}{name}-{stamp}-{new_uuid()}{extension}", gzip.compress(body) if zipped else body)
    if failed:
        kind = "processing-failed"
        prefix = firehose._evaluate_prefix(settings.get("ErrorOutputPrefix") or f"{kind}/", moment, error_type=kind)
        lines = b"".join(_failed_line(function["arn"], *one) for one in failed)
        _put(settings, f"{prefix}{name}-{stamp}-{new_uuid()}", lines)


def _failed_line(function_arn: str, record: Record, code: str, message: str) -> bytes:
    """A refused record as Firehose documents it below the error prefix."""
    moment = int(time.time() * 1000)
    document = {
        "attemptsMade": 1,
        "arrivalTimestamp": moment,
        "errorCode": code,
        "errorMessage": message,
        "attemptEndingTimestamp": moment,
        "rawData": base64.b64encode(record[1]).decode(),
        "lambdaArn": function_arn,
    }
    return json.dumps(document).encode() + b"\n"


def _function(settings: dict[str, Any]) -> dict[str, Any]:
    """The processor's `arn` and `retries`; nothing where there is none."""
    processing = settings.get("ProcessingConfiguration") or {}
    for processor in processing.get("Processors") or [] if processing.get("Enabled") else []:
        given = {pair["ParameterName"]: pair["ParameterValue"] for pair in processor.get("Parameters") or []}
        if processor.get("Type") == "Lambda":
            return {"arn": given["LambdaArn"], "retries": int(given.get("NumberOfRetries", 3))}
    return {}


def _transformed(
    stream: dict[str, Any], function: dict[str, Any], batch: list[Record]
) -> tuple[list[bytes], list[tuple[Record, str, str]]]:
    """What the function let through, and what it refused with code and reason. A function that fails is asked again;
    at last all its records are refused."""
    event = {
        "invocationId": new_uuid(),
        "deliveryStreamArn": stream["arn"],
        "region": get_region(),
        "records": [
            {
                "recordId": identifier,
                "approximateArrivalTimestamp": int(time.time() * 1000),
                "data": base64.b64encode(data).decode(),
            }
            for identifier, data in batch
        ],
    }
    if source := (stream.get("kinesis_source") or {}).get("KinesisStreamARN"):
        event["sourceKinesisStreamArn"] = source
    reason = ""
    for _ in range(1 + function["retries"]):
        answered, reason = _asked(function["arn"], event)
        if answered is not None:
            return _sorted_out(batch, answered)
        logger.warning("%s: %s: %s", stream["name"], function["arn"], reason)
    return [], [(record, "Lambda.FunctionError", reason) for record in batch]


def _asked(arn: str, event: dict[str, Any]) -> tuple[dict[str, dict[str, Any]] | None, str]:
    """The function's answer by record id, or None and why there is none."""
    name, qualifier = lambda_svc._resolve_name_and_qualifier(arn)
    record, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    if record is None:
        return None, "the function does not exist"
    result = lambda_svc._execute_function(record, event)
    body = result.get("body")
    if isinstance(body, str | bytes):
        body = json.loads(body)
    if result.get("error") or not isinstance(body, dict) or not isinstance(body.get("records"), list):
        return None, json.dumps(body)[:1000]
    return {answer["recordId"]: answer for answer in body["records"]}, ""


def _sorted_out(
    batch: list[Record], answered: dict[str, dict[str, Any]]
) -> tuple[list[bytes], list[tuple[Record, str, str]]]:
    good: list[bytes] = []
    failed: list[tuple[Record, str, str]] = []
    for record in batch:
        answer = answered.get(record[0])
        if answer is None:
            failed.append((record, "Lambda.MissingRecordId", "The function's answer lacks the record."))
        elif answer["result"] == "Ok":
            good.append(base64.b64decode(answer["data"]))
        elif answer["result"] != "Dropped":
            failed.append((record, "Lambda.ProcessingFailedStatus", "ProcessingFailed status set for record"))
    return good, failed


def _put(settings: dict[str, Any], key: str, body: bytes) -> None:
    bucket = firehose._s3_bucket_from_arn(settings["BucketARN"])
    _must("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", settings["RoleARN"])
    headers = {
        "content-type": "application/octet-stream",
        "content-length": str(len(body)),
        "host": "s3.localhost",
    }
    call = s3.handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
    status, *_ = asyncio.run_coroutine_threadsafe(call, control.loop()).result(timeout=60)
    if status >= 300:
        raise WaitingError(f"S3 answered {status} to s3://{bucket}/{key}")


def _must(action: str, resource: str, role_arn: str) -> None:
    if reason := publishing.role_refusal(role_arn, action, resource, get_account_id()):
        raise WaitingError(reason)
