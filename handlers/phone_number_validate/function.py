"""The phone validation state machine's tasks.

`{"operation": "start", "Execution": <the run's name>, "Input": <the run's input>}` starts the export: of an import's segment
where the input is that import's result, else of all unverified endpoints. `poll` (`Run`: the last outcome) looks how far it is.
Both return an outcome (handlers/shared/outcomes.py) whose Result is the export job; while another run has the turn, there is
no job yet, and `poll` tries again to start it.
`plan` (`Run`) returns `{"Chunks": [...]}`, a few ranges of the exported objects.
`process` (`Chunk`: one of them, or what the last call returned) works until it is done or its time is nearly up:
`{"Prefix", "After", "Until", "Line", "Done", "Rounds", "Counts"}`.
`complete` (`Execution`, `Chunks`: the last answers of all) returns the outcome whose Result is the contract's ValidateOutput.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.phone_number_validate import exports
from handlers.phone_number_validate.environment import ValidateEnvironment
from handlers.phone_number_validate.numbers import is_unverified
from handlers.phone_number_validate.scope import imported_segment
from handlers.phone_number_validate.turn import HELD_SECONDS, Turn
from handlers.phone_number_validate.validation import Counts, Validator
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import aws_client, engagement_client
from handlers.shared.logging import logger
from handlers.shared.outcomes import FAILED, RUNNING, SUCCEEDED, brief, failed, outcome
from handlers.shared.project_endpoints import ProjectEndpoints

ENDPOINTS_PER_BATCH = 500
"""Endpoints between two looks at the clock: 25 s at the service's own rate of 20 numbers a second."""

LINES_PER_LOOK = 20_000
"""Lines of an export between two looks at the clock where few of them are unverified: a second."""

_MARGIN_MILLISECONDS = 180_000
_STATUS = {"COMPLETED": SUCCEEDED, "FAILED": FAILED}
_environment = cache(ValidateEnvironment.read)


class TurnLostError(Exception):
    """Another run has begun: to go on would ask about numbers that it asks about."""


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See the module."""
    try:
        return _OPERATIONS[event["operation"]](event, context)
    except ClientError as error:
        # A chunk's refusal must be thrown: its answer is no outcome, and the state machine catches it.
        if not is_refusal(error) or event["operation"] not in {"start", "poll"}:
            raise
        logger.error("refused", extra={"operation": error.operation_name, "code": code_of(error)})
        _turn().leave(event["Execution"] if event["operation"] == "start" else event["Run"]["Execution"])
        return failed(code_of(error), cause_of(error))


def _turn() -> Turn:
    return Turn(aws_client("s3"), _environment().bucket)


def _start(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    environment = _environment()
    imported = imported_segment(event.get("Input"), environment.application_id)
    return _started(event["Execution"], imported or environment.segment_id, polls=0)


def _started(execution: str, segment_id: str, polls: int) -> dict[str, Any]:
    environment = _environment()
    if not _turn().take(execution):
        logger.info("another run is at work", extra={"polls": polls})
        return outcome(RUNNING, {}, polls=polls, Prefix="", Execution=execution, SegmentId=segment_id)
    # A prefix of its own for each attempt: one that was given up may still write.
    prefix = f"exports/{execution}/{secrets.token_hex(4)}/"
    response = engagement_client().create_export_job(
        ApplicationId=environment.application_id,
        ExportJobRequest={
            "RoleArn": environment.role_arn,
            "S3UrlPrefix": f"s3://{environment.bucket}/{prefix}",
            "SegmentId": segment_id,
        },
    )
    return _outcome(response["ExportJobResponse"], polls=polls, prefix=prefix, execution=execution)


def _poll(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    run = event["Run"]
    execution = run["Execution"]
    if "Id" not in run["Result"]:
        # The last outcome may be an older version's, which told no segment.
        return _started(execution, run.get("SegmentId", _environment().segment_id), polls=run["Polls"] + 1)
    _renew(execution)
    response = engagement_client().get_export_job(
        ApplicationId=_environment().application_id, JobId=run["Result"]["Id"]
    )
    return _outcome(response["ExportJobResponse"], polls=run["Polls"] + 1, prefix=run["Prefix"], execution=execution)


def _renew(execution: str) -> None:
    if not _turn().take(execution):
        raise TurnLostError(f"another run took over: no call of this one came for {HELD_SECONDS} seconds")


def _outcome(job: dict[str, Any], polls: int, prefix: str, execution: str) -> dict[str, Any]:
    logger.info("export job", extra={"job": job["Id"], "status": job["JobStatus"]})
    if "Failures" in job:
        job = {**job, "Failures": brief(job["Failures"])}
    status = _STATUS.get(job["JobStatus"], RUNNING)
    if status == FAILED:
        _turn().leave(execution)
    return outcome(status, job, polls=polls, Prefix=prefix, Execution=execution)


def _plan(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    environment = _environment()
    prefix = event["Run"]["Prefix"]
    objects = list(exports.list_objects(aws_client("s3"), environment.bucket, prefix))
    ranges = exports.plan(objects, environment.max_chunks)
    logger.info("planned", extra={"objects": len(objects), "chunks": len(ranges)})
    start = {
        "Execution": event["Run"]["Execution"],
        "Prefix": prefix,
        "Line": 0,
        "Done": False,
        "Rounds": 0,
        "Counts": Counts().as_dict(),
    }
    return {"Chunks": [{**start, **each} for each in ranges]}


def _process(event: dict[str, Any], context: Any) -> dict[str, Any]:
    environment = _environment()
    chunk = event["Chunk"]
    _renew(chunk["Execution"])

    def is_late() -> bool:
        return context.get_remaining_time_in_millis() < _MARGIN_MILLISECONDS

    with Validator(
        # The service allows 20 calls a second and account: `adaptive` slows down to what it takes.
        aws_client("pinpoint", retry_mode="adaptive", max_attempts=10, region_name=environment.validation_region),
        ProjectEndpoints(environment.application_id),
        country=environment.country,
        calls=environment.max_concurrent_calls,
    ) as validator:
        validator.counts.add(chunk["Counts"])
        done, after, line = _work(validator, environment.bucket, chunk, is_late)
        validator.flush()
        counts = validator.counts.as_dict()
    logger.info("chunk", extra={"done": done, **counts})
    return {**chunk, "Done": done, "After": after, "Line": line, "Rounds": chunk["Rounds"] + 1, "Counts": counts}


def _work(
    validator: Validator, bucket: str, chunk: dict[str, Any], is_late: Callable[[], bool]
) -> tuple[bool, str, int]:
    """Takes the unverified endpoints from where the chunk stands. Returns whether it is done, and else the place: the last object that
    is done, and the lines done of the one after it."""
    s3 = aws_client("s3")
    after, line = chunk["After"], chunk["Line"]
    batch: list[dict[str, Any]] = []
    for item in exports.list_objects(s3, bucket, chunk["Prefix"], after):
        if item.key > chunk["Until"]:
            break
        for number, endpoint in exports.read_endpoints(s3, bucket, item.key, line):
            line = number
            if endpoint is None:
                validator.counts.failed += 1
            elif is_unverified(endpoint):
                batch.append(endpoint)
            if len(batch) == ENDPOINTS_PER_BATCH or number % LINES_PER_LOOK == 0:
                validator.take(batch)
                batch = []
                if is_late():
                    return False, after, line
        after, line = item.key, 0
    validator.take(batch)
    return True, after, line


def _complete(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    counts = Counts()
    _turn().leave(event["Execution"])
    for chunk in event["Chunks"]:
        counts.add(chunk["Payload"]["Counts"])
    result = {
        "TotalPhoneNumbersValidated": counts.validated,
        "InvalidPhoneNumbers": counts.invalid,
        "FailedPhoneNumbers": counts.failed,
    }
    logger.info("complete", extra=result)
    if counts.failed and not counts.validated and not counts.invalid:
        return failed(
            "NoNumberValidated",
            f"none of {counts.failed} phone numbers could be validated; the function's log names the endpoints",
            **result,
        )
    return outcome(SUCCEEDED, result)


_OPERATIONS: dict[str, Callable[[dict[str, Any], Any], dict[str, Any]]] = {
    "start": _start,
    "poll": _poll,
    "plan": _plan,
    "process": _process,
    "complete": _complete,
}
