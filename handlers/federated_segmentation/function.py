"""The federated segmentation state machine's tasks; the query itself is the state machine's own.

`{"operation": "check", "Input": <the run's input>}` says whether a run can begin, before a query costs anything.
`inspect` (`Input`, `Execution`: the run's name, `Url`: the result's address) looks at the result: an outcome whose
`Chunks` are, for `mutate`, a few ranges of it.
`start` (`Input`, `Url`) starts the import of the result as a segment; `poll` (`Run`: the last outcome) looks how far it
is. All four return an outcome (handlers/shared/outcomes.py).
`process` (`Chunk`: one of them, or what the last call returned) updates endpoints until it is done or its time is nearly
up: `{"Bucket", "Key", "Size", "ETag", "Start", "Line", "End", "Report", "Done", "Rounds", "Counts"}`;
Start is the cursor, Line the number of its line.
`complete` (`Chunks`: the last answers of all) returns the outcome whose Result is the contract's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.federated_segmentation import request
from handlers.federated_segmentation.environment import SegmentationEnvironment
from handlers.federated_segmentation.mutation import Batch, Counts
from handlers.federated_segmentation.result import Result, ResultError, located
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import aws_client, engagement_client
from handlers.shared.logging import logger
from handlers.shared.outcomes import FAILED, RUNNING, SUCCEEDED, brief, failed, outcome
from handlers.shared.project_endpoints import ProjectEndpoints
from handlers.shared.records.dialect import Place
from handlers.shared.records.errors import FileError

REPORTS = "reports/"
_MARGIN_MILLISECONDS = 180_000
_STATUS = {"COMPLETED": SUCCEEDED, "FAILED": FAILED}
_environment = cache(SegmentationEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See the module."""
    try:
        return _OPERATIONS[event["operation"]](event, context)
    except ClientError as error:
        # A chunk's refusal must be thrown: its answer is no outcome, and the state machine catches it.
        if not is_refusal(error) or event["operation"] == "process":
            raise
        logger.error("refused", extra={"operation": error.operation_name, "code": code_of(error)})
        return failed(code_of(error), cause_of(error))


def _check(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    try:
        asked = request.parse(event["Input"])
    except request.RequestError as error:
        return failed("InvalidInput", str(error))
    if asked.segment_id:
        answer = engagement_client().get_segment(
            ApplicationId=_environment().application_id, SegmentId=asked.segment_id
        )
        kind = answer["SegmentResponse"]["SegmentType"]
        if kind != "IMPORT":
            return failed("InvalidInput", f"segment {asked.segment_id} is {kind}; allowed is an imported segment")
    return outcome(SUCCEEDED, {"Type": asked.type})


def _inspect(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    environment = _environment()
    s3 = aws_client("s3")
    asked = request.parse(event["Input"])
    try:
        result = located(s3, event["Url"])
        columns, has_rows = result.header(s3)
    except (ResultError, FileError) as error:
        return failed("WrongColumns", f"the query's result is no import file: {error}")
    if asked.type == request.MUTATE and ("Id" not in columns.names or len(columns.names) == 1):
        return failed("WrongColumns", "a mutate query must return Id and at least one more column")
    if not has_rows:
        return failed("NoRows", "the query returned no rows")
    logger.info("result", extra={"type": asked.type, "bytes": result.size, "columns": len(columns.names)})
    if asked.type == request.DIRECT:
        return outcome(SUCCEEDED, {"Type": asked.type}, Type=asked.type, Chunks=[])
    start = {
        "Bucket": result.bucket,
        "Key": result.key,
        "Size": result.size,
        "ETag": result.etag,
        "Report": f"{REPORTS}{event['Execution']}/",
        "Done": False,
        "Rounds": 0,
        "Counts": Counts().as_dict(),
    }
    try:
        ranges = result.ranges(s3, environment.max_chunks)
    except FileError as error:
        return failed("WrongColumns", f"the query's result is no import file: {error}")
    chunks = [{**start, "Start": first.offset, "Line": first.line, "End": last.offset} for first, last in ranges]
    return outcome(SUCCEEDED, {"Type": asked.type}, Type=asked.type, Chunks=chunks)


def _start(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    environment = _environment()
    asked = request.parse(event["Input"])
    response = engagement_client().create_import_job(
        ApplicationId=environment.application_id,
        ImportJobRequest={
            "S3Url": event["Url"],
            "Format": "CSV",
            "RoleArn": environment.role_arn,
            "RegisterEndpoints": True,
            "DefineSegment": True,
            "SegmentName": asked.segment_name,
            **({"SegmentId": asked.segment_id} if asked.segment_id else {}),
        },
    )
    return _job_outcome(response["ImportJobResponse"], polls=0)


def _poll(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    run = event["Run"]
    response = engagement_client().get_import_job(
        ApplicationId=_environment().application_id, JobId=run["Result"]["Id"]
    )
    return _job_outcome(response["ImportJobResponse"], polls=run["Polls"] + 1)


def _job_outcome(job: dict[str, Any], polls: int) -> dict[str, Any]:
    logger.info("import job", extra={"job": job["Id"], "status": job["JobStatus"]})
    if "Failures" in job:
        job = {**job, "Failures": brief(job["Failures"])}
    return outcome(_STATUS.get(job["JobStatus"], RUNNING), job, polls=polls)


def _process(event: dict[str, Any], context: Any) -> dict[str, Any]:
    chunk = event["Chunk"]
    s3 = aws_client("s3")
    result = Result(chunk["Bucket"], chunk["Key"], chunk["Size"], chunk["ETag"])
    columns, _ = result.header(s3)
    endpoints = ProjectEndpoints(_environment().application_id)
    counts = Counts()
    counts.add(chunk["Counts"])
    cursor, done = Place(chunk["Start"], chunk["Line"]), True
    batch = Batch(columns)

    def finish(batch: Batch) -> None:
        batch.write(endpoints)
        if batch.problems:
            # Named by where its rows begin: a call that is repeated replaces what it reported before.
            key = f"{chunk['Report']}{cursor.offset:015d}.csv"
            s3.put_object(Bucket=_environment().results_bucket, Key=key, Body=batch.report(), ContentType="text/csv")
        counts.add(batch.counts.as_dict())

    for record in result.records(s3, cursor, chunk["End"]):
        if record.start.offset:  # the header is at 0
            batch.take(record)
        if batch.full:
            finish(batch)
            batch, cursor = Batch(columns), record.end
            if context.get_remaining_time_in_millis() < _MARGIN_MILLISECONDS:
                done = False
                break
    finish(batch)
    logger.info("chunk", extra={"done": done, **counts.as_dict()})
    return {
        **chunk,
        "Start": cursor.offset,
        "Line": cursor.line,
        "Done": done,
        "Rounds": chunk["Rounds"] + 1,
        "Counts": counts.as_dict(),
    }


def _complete(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    counts = Counts()
    for chunk in event["Chunks"]:
        counts.add(chunk["Payload"]["Counts"])
    result: dict[str, Any] = {
        "UpdatedEndpoints": counts.updated,
        "UnknownEndpoints": counts.unknown,
        "RefusedRows": counts.refused,
    }
    logger.info("complete", extra=result)
    if counts.unknown or counts.refused:
        report = event["Chunks"][0]["Payload"]["Report"]
        result["Report"] = f"s3://{_environment().results_bucket}/{report}"
    if not counts.updated:
        return failed("NoEndpointUpdated", "the query's rows name no endpoint that could be updated", **result)
    return outcome(SUCCEEDED, result)


_OPERATIONS: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "check": _check,
    "inspect": _inspect,
    "start": _start,
    "poll": _poll,
    "process": _process,
    "complete": _complete,
}
