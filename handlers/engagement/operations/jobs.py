"""Import and export jobs: created and read here, done by their state machines."""

import json
import re
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import new_id, now
from handlers.engagement.segments.imported import import_definition
from handlers.engagement.store.documents import Listing, chosen
from handlers.engagement.store.registry import Jobs, Segments
from handlers.shared.clients import aws_client

S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9](/.*)?\Z", re.DOTALL)
LONGEST_S3_URL = len("s3://") + 63 + len("/") + 1024
ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.{1,576}\Z")  # a path of 512, a name of 64
SEGMENT_LOOKS = 2000  # jobs looked at for one page of a segment's jobs


def create_import_job(call: Call) -> dict[str, Any]:
    """CreateImportJob. With DefineSegment a new segment is there at once, and empty until rows are in; of one that
    SegmentId names, the former version stands until the job has completed, which makes a new one of its rows."""
    body = dict(call.body)
    body.setdefault("RegisterEndpoints", True)
    body.setdefault("DefineSegment", False)
    _check_place(body, "S3Url")
    if not body["RegisterEndpoints"] and not body["DefineSegment"]:
        raise BadRequestError("RegisterEndpoints and DefineSegment are both false: the import would do nothing")
    identifier = new_id()
    body.setdefault("ExternalId", call.service.environment.account_id)
    version = None
    if body["DefineSegment"]:
        segment = _segment_for(call, body)
        body["SegmentId"], version = segment["Id"], segment.get("_ReservedVersion", segment["Version"])
        body["SegmentName"] = body.get("SegmentName") or segment.get("Name", "")
    job = {
        "ApplicationId": call.application_id,
        "Id": identifier,
        "Type": "IMPORT",
        "JobStatus": "CREATED",
        "CreationDate": now(),
        "Definition": body,
        **({"_SegmentVersion": version} if version else {}),
    }
    return _start(call, job, call.service.environment.import_state_machine_arn, {})


def create_export_job(call: Call) -> dict[str, Any]:
    """CreateExportJob. Without SegmentId it exports all endpoints of the application."""
    body = dict(call.body)
    _check_place(body, "S3UrlPrefix")
    if body.get("SegmentId"):
        segments = Segments(call.service.tables.registry, call.application_id)
        version = body.get("SegmentVersion")
        identifier = body["SegmentId"]
        if (segments.get(identifier) if version is None else segments.version(identifier, version)) is None:
            shown = "" if version is None else f" version {version}"
            raise NotFoundError(f"Segment {identifier!r}{shown} does not exist in application {call.application_id}")
    elif body.get("SegmentVersion") is not None:
        raise BadRequestError("SegmentVersion is given without SegmentId")
    job = {
        "ApplicationId": call.application_id,
        "Id": new_id(),
        "Type": "EXPORT",
        "JobStatus": "CREATED",
        "CreationDate": now(),
        "Definition": body,
    }
    return _start(call, job, call.service.environment.export_state_machine_arn, {"Job": job})


def get_import_job(call: Call) -> dict[str, Any]:
    """GetImportJob."""
    return _job(call, "IMPORT")


def get_export_job(call: Call) -> dict[str, Any]:
    """GetExportJob."""
    return _job(call, "EXPORT")


def get_import_jobs(call: Call) -> dict[str, Any]:
    """GetImportJobs, newest first."""
    return call.page(lambda after, limit: _jobs(call, "IMPORT").list(after=after, limit=limit))


def get_export_jobs(call: Call) -> dict[str, Any]:
    """GetExportJobs, newest first."""
    return call.page(lambda after, limit: _jobs(call, "EXPORT").list(after=after, limit=limit))


def get_segment_import_jobs(call: Call) -> dict[str, Any]:
    """GetSegmentImportJobs, newest first."""
    return call.page(lambda after, limit: _of_segment(call, "IMPORT", after, limit))


def get_segment_export_jobs(call: Call) -> dict[str, Any]:
    """GetSegmentExportJobs, newest first."""
    return call.page(lambda after, limit: _of_segment(call, "EXPORT", after, limit))


def _start(call: Call, job: dict[str, Any], machine_arn: str, more: dict[str, Any]) -> dict[str, Any]:
    """Records the job and starts its state machine; a job that cannot start is not left behind. more: of the execution's input."""
    jobs = _jobs(call, job["Type"])
    jobs.put(job)
    try:
        aws_client("stepfunctions").start_execution(
            stateMachineArn=machine_arn,
            name=job["Id"],
            input=json.dumps({"ApplicationId": call.application_id, "JobId": job["Id"], **more}),
        )
    except Exception:
        jobs.delete(job["Id"])
        raise
    return {name: value for name, value in job.items() if not name.startswith("_")}


def _segment_for(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The segment that an import defines: a new one, or the imported one that SegmentId names, with the number of the
    version that the import will make reserved for it."""
    segments = Segments(call.service.tables.registry, call.application_id)
    created = now()
    if body.get("SegmentId"):
        found = segments.get(body["SegmentId"])
        if found is None:
            raise NotFoundError(f"Segment {body['SegmentId']!r} does not exist in application {call.application_id}")
        if found["SegmentType"] != "IMPORT":
            raise BadRequestError(
                f"Segment {body['SegmentId']} is {found['SegmentType']}; an import makes versions of IMPORT segments only"
            )

        def reserve(segment: dict[str, Any]) -> None:
            segment["_ReservedVersion"] = max(segment["Version"], segment.get("_ReservedVersion", 0)) + 1

        reserved = segments.update(body["SegmentId"], reserve)
        if reserved is None:
            raise NotFoundError(f"Segment {body['SegmentId']!r} was deleted")
        return reserved
    identifier = new_id()
    segment = {
        "ApplicationId": call.application_id,
        "Arn": call.service.arn(f"apps/{call.application_id}/segments/{identifier}"),
        "Id": identifier,
        "SegmentType": "IMPORT",
        "Name": body.get("SegmentName") or body["S3Url"].rstrip("/").rsplit("/", 1)[-1],
        "CreationDate": created,
        "LastModifiedDate": created,
        "Version": 1,
        "ImportDefinition": import_definition(body, 0, {}),
    }
    segments.put(segment)
    return segment


def _check_place(body: dict[str, Any], member: str) -> None:
    if not S3_URL.match(body[member]):
        raise BadRequestError(f"{member} is {body[member]!r}; needed is s3://bucket/key")
    if len(body[member].encode()) > LONGEST_S3_URL:
        raise BadRequestError(f"{member} has {len(body[member].encode()):,} bytes; an S3 key has at most 1,024")
    if not ROLE_ARN.match(body["RoleArn"]):
        raise BadRequestError(f"RoleArn is {body['RoleArn'][:100]!r}; needed is the ARN of an IAM role")


def _jobs(call: Call, kind: str) -> Jobs:
    return Jobs(call.service.tables.registry, call.application_id, kind)


def _job(call: Call, kind: str) -> dict[str, Any]:
    found = _jobs(call, kind).get(call.path["job-id"])
    if found is None:
        raise NotFoundError(
            f"{kind.capitalize()} job {call.path['job-id']!r} does not exist in application {call.application_id}"
        )
    return {name: value for name, value in found.items() if not name.startswith("_")}


def _of_segment(call: Call, kind: str, after: str | None, limit: int) -> Listing:
    """A page of the jobs of a segment; it may be short while there is a next one."""
    segment_id = call.path["segment-id"]
    if Segments(call.service.tables.registry, call.application_id).get(segment_id) is None:
        raise NotFoundError(f"Segment {segment_id!r} does not exist in application {call.application_id}")
    jobs = _jobs(call, kind)
    return chosen(
        lambda after, limit: jobs.list(after=after, limit=limit),
        lambda job: job["Definition"].get("SegmentId") == segment_id,
        after,
        limit,
        looks=SEGMENT_LOOKS,
    )
