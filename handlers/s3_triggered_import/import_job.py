"""The import state machine's tasks: start an import job, and look how far it is.

Input `{"operation": "start", "Input": <the run's input>}` or `{"operation": "poll", "Run": <the last outcome>}`.
Returns an outcome (handlers/shared/outcomes.py) whose Result is the import job as the Pinpoint API answers it, or
`{"Error", "Cause"}` where no job could be started. Where rows opt endpoints out (the hosted service counts them), `Notice` says what
that is not: their numbers and addresses are on no list.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.s3_triggered_import.environment import ImportEnvironment
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import engagement_client
from handlers.shared.json_objects import json_object
from handlers.shared.logging import logger
from handlers.shared.outcomes import FAILED, RUNNING, SUCCEEDED, brief, failed, outcome

_STATUS = {"COMPLETED": SUCCEEDED, "FAILED": FAILED}
_COUNT = "OptedOutEndpoints"
_environment = cache(ImportEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module."""
    try:
        return _OPERATIONS[event["operation"]](event)
    except ClientError as error:
        if not is_refusal(error):
            raise
        logger.error("refused", extra={"operation": error.operation_name, "code": code_of(error)})
        return failed(code_of(error), cause_of(error))


def file_name(url: str) -> str:
    """The last part of an object's URL, or of the folder's where it ends in `/`. Raises ValueError if it is no s3:// URL."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    if not url.startswith("s3://") or not bucket or not key.strip("/"):
        raise ValueError(f"S3URL is {url!r}; allowed is s3://BUCKET/KEY")
    return key.rstrip("/").rsplit("/", 1)[-1]


def _start(event: dict[str, Any]) -> dict[str, Any]:
    environment = _environment()
    run_input = event["Input"]
    url = run_input.get("S3URL") if isinstance(run_input, dict) else None
    if not isinstance(url, str):
        return failed("InvalidInput", 'S3URL is missing from the input; allowed is {"S3URL": "s3://BUCKET/KEY"}')
    try:
        segment_name = file_name(url)
    except ValueError as error:
        return failed("InvalidInput", str(error))
    response = _client().create_import_job(
        ApplicationId=environment.application_id,
        ImportJobRequest={
            "S3Url": url,
            "Format": environment.file_format,
            "RoleArn": environment.role_arn,
            "RegisterEndpoints": True,
            "DefineSegment": True,
            "SegmentName": segment_name,
        },
    )
    return _outcome(response["ImportJobResponse"], polls=0)


def _poll(event: dict[str, Any]) -> dict[str, Any]:
    run = event["Run"]
    response = _client().get_import_job(ApplicationId=_environment().application_id, JobId=run["Result"]["Id"])
    return _outcome(response["ImportJobResponse"], polls=run["Polls"] + 1)


def _outcome(job: dict[str, Any], polls: int) -> dict[str, Any]:
    status = _STATUS.get(job["JobStatus"], RUNNING)
    logger.info("import job", extra={"job": job["Id"], "status": job["JobStatus"]})
    if "Failures" in job:
        job = {**job, "Failures": brief(job["Failures"])}
    if count := job.get(_COUNT):
        job = {
            **job,
            "Notice": f"{count} rows opt an endpoint out. That stops campaigns to these endpoints alone, not to their numbers and "
            "addresses: for that, drop a list of them under the prefix for suppressed addresses (suppress/)",
        }
    return outcome(status, job, polls=polls)


@cache
def _client() -> Any:
    client = engagement_client(user_agent_extra="import-jobs")
    client.meta.events.register("after-call.pinpoint.GetImportJob", _keep_count)
    return client


def _keep_count(http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
    # Pinpoint's model does not have this member, so botocore leaves it out of what it parses.
    if http_response.status_code < 300 and (count := json_object(http_response.text).get(_COUNT)):
        parsed["ImportJobResponse"][_COUNT] = count


_OPERATIONS = {"start": _start, "poll": _poll}
