"""What the rows of a whole phone validation share: the architecture's tasks from start to end, on the hosted service's tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import Project, roles
from bench.fakes.wire import Reply, json_of
from bench.hosted_service import APPLICATION, ENVIRONMENT, IMPORTED, JOB, SEGMENT, Seed, run_export
from bench.kind import Work
from bench.row import Context

ROWS = 10
"""Of the import: endpoints that no run has validated yet. All others of the project are validated."""
BUCKET = "work"
VALIDATION: Mapping[str, str] = {
    "APPLICATION_ID": APPLICATION,
    "ENGAGEMENT_ENDPOINT_URL": "https://engagement.example.com",
    "SEGMENT_ID": SEGMENT,
    "EXPORT_ROLE_ARN": "arn:aws:iam::123456789012:role/engagement/export",
    "WORK_BUCKET": BUCKET,
    "VALIDATION_REGION": "us-east-1",
    "ASSUME_US": "true",
    "DEFAULT_COUNTRY": "US",
    "MAX_CONCURRENT_CALLS": "20",
    "MAX_CHUNKS": "4",
}
"""The variables of the validation's function."""
IMPORT = {
    "ApplicationId": APPLICATION,
    "Id": "4" * 32,
    "JobStatus": "COMPLETED",
    "Definition": {"DefineSegment": True, "RegisterEndpoints": True, "SegmentId": IMPORTED, "SegmentName": "rows.csv"},
}
"""An import job as the notification of its end has it."""


def work(endpoints: int, run_input: Mapping[str, Any], floor: Mapping[str, int]) -> Work:
    """A run of the state machine with an input, in a project of so many endpoints and the import's rows."""
    bucket, tables, project = FakeS3(BUCKET), FakeDynamoDb(), Project()
    seed = Seed(tables)
    seeded(seed, endpoints)

    jobs: list[dict[str, Any]] = []

    def export(request: AWSPreparedRequest) -> Reply:
        jobs.append(seed.job("EXPORT", **json_of(request)))
        return Reply({"Id": JOB, "JobStatus": "CREATED"})

    def run() -> None:
        from handlers.phone_number_validate.function import handler

        job = handler({"operation": "start", "Execution": "run", "Input": run_input}, Context())
        run_export(jobs[-1])
        job = handler({"operation": "poll", "Run": job}, Context())
        chunks = [processed(chunk) for chunk in handler({"operation": "plan", "Run": job}, Context())["Chunks"]]
        outcome = handler({"operation": "complete", "Execution": "run", "Chunks": chunks}, Context())
        if outcome["Result"] != {"TotalPhoneNumbersValidated": ROWS, "InvalidPhoneNumbers": 0, "FailedPhoneNumbers": 0}:
            raise AssertionError(outcome)

    def check() -> None:
        if project.endpoints != ROWS:
            raise AssertionError(f"{project.endpoints} endpoints were written back, not {ROWS}")

    return Work(
        environment={**ENVIRONMENT, **VALIDATION},
        answers={
            **bucket.answers(),
            **tables.answers(),
            **project.answers(),
            **roles(),
            "pinpoint.CreateExportJob": export,
            "pinpoint.GetExportJob": lambda _: Reply({"Id": JOB, "JobStatus": "COMPLETED"}),
        },
        run=run,
        check=check,
        floor={"pinpoint.PhoneNumberValidate": ROWS, "pinpoint.UpdateEndpointsBatch": 1, **floor},
    )


def seeded(seed: Seed, endpoints: int) -> None:
    """A project of validated endpoints, the segment of the unverified ones, and an import of some more."""
    from handlers.phone_number_validate.segment import unverified

    seed.application()
    seed.endpoints(endpoints)
    seed.endpoints(ROWS, first=endpoints, validated=False)
    seed.segment("DIMENSIONAL", SegmentGroups=unverified("unverified")["SegmentGroups"])
    seed.imported(range(endpoints, endpoints + ROWS))


def processed(chunk: dict[str, Any]) -> dict[str, Any]:
    """A chunk worked off, as the map has it: through JSON."""
    from handlers.phone_number_validate.function import handler

    while not chunk["Done"]:
        chunk = json.loads(json.dumps(handler({"operation": "process", "Chunk": chunk}, Context())))
    return {"Payload": chunk}
