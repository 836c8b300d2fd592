"""What is there when a campaign is over: suppression list, archive, rows of a query, members of a segment."""

import contextlib
import email
import email.policy
import gzip
import json
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.errors import SandboxError

QUERY_SECONDS = 60
EXPORT_SECONDS = 60
READERS = 8


def suppressed(aws: Clients) -> dict[str, str]:
    """The account's suppression list: reason by address."""
    found: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        page = aws("sesv2").list_suppressed_destinations(PageSize=1000, **token)
        found |= {one["EmailAddress"]: one["Reason"] for one in page["SuppressedDestinationSummaries"]}
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}


def keys(aws: Clients, bucket: str, prefix: str) -> list[str]:
    """The keys of all objects below a prefix."""
    pages = aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def archived(aws: Clients, bucket: str, found: list[str]) -> dict[str, EmailMessage]:
    """The messages of an archive by key, read by Python's email parser."""

    def read(key: str) -> EmailMessage:
        body = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return email.message_from_bytes(body, policy=email.policy.default)

    aws("s3")
    with ThreadPoolExecutor(READERS) as pool:
        return dict(zip(found, pool.map(read, found), strict=True))


def rows(aws: Clients, workgroup: str, database: str, sql: str) -> list[dict[str, str]]:
    """A query's rows. Raises SandboxError with Athena's reason."""
    athena = aws("athena")
    identity = athena.start_query_execution(
        QueryString=sql, WorkGroup=workgroup, QueryExecutionContext={"Database": database}
    )["QueryExecutionId"]
    deadline = time.monotonic() + QUERY_SECONDS
    while True:
        status = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            break
        if status["State"] in ("FAILED", "CANCELLED") or time.monotonic() > deadline:
            raise SandboxError(f"query {status['State']}: {status.get('StateChangeReason', '')}")
        time.sleep(0.1)
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=identity)
    found = [row for page in pages for row in page["ResultSet"]["Rows"]]
    head, *lines = [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in found]
    return [dict(zip(head, line, strict=True)) for line in lines]


@contextlib.contextmanager
def exports_to(aws: Clients, role_arns: list[str]) -> Iterator[tuple[str, str]]:
    """A bucket for export jobs and the role by which they write to it, for as long as they are needed."""
    bucket = f"demo-exports-{secrets.token_hex(4)}"
    trust = {"Effect": "Allow", "Principal": {"AWS": role_arns}, "Action": "sts:AssumeRole"}
    grant = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    s3, iam = aws("s3"), aws("iam")
    s3.create_bucket(Bucket=bucket)
    role = iam.create_role(RoleName=bucket, Path="/engagement/", AssumeRolePolicyDocument=_policy(trust))["Role"]
    iam.put_role_policy(RoleName=bucket, PolicyName="write", PolicyDocument=_policy(grant))
    try:
        yield bucket, role["Arn"]
    finally:
        iam.delete_role_policy(RoleName=bucket, PolicyName="write")
        iam.delete_role(RoleName=bucket)
        for key in keys(aws, bucket, ""):
            s3.delete_object(Bucket=bucket, Key=key)
        s3.delete_bucket(Bucket=bucket)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def exported(aws: Clients, client: Any, application_id: str, request: dict[str, str]) -> set[str]:
    """The ids of the endpoints that an export job writes. Raises SandboxError when the job does not end well."""
    job = client.create_export_job(ApplicationId=application_id, ExportJobRequest=request)["ExportJobResponse"]
    deadline = time.monotonic() + EXPORT_SECONDS
    while job["JobStatus"] != "COMPLETED":
        if job["JobStatus"] == "FAILED" or time.monotonic() > deadline:
            raise SandboxError(f"export job {job['Id']} is {job['JobStatus']}: {job.get('Failures')}")
        time.sleep(0.3)
        job = client.get_export_job(ApplicationId=application_id, JobId=job["Id"])["ExportJobResponse"]
    lines: list[bytes] = []
    bucket, _, prefix = request["S3UrlPrefix"].removeprefix("s3://").partition("/")
    for key in keys(aws, bucket, prefix):
        lines += gzip.decompress(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()).splitlines()
    return {json.loads(line)["Id"] for line in lines}
