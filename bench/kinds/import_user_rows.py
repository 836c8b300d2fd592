"""The hosted import job: rows of a CSV file that name users alone become the members of a segment, their users' endpoints."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, SHARDS, Seed, run_import
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    file = "User.UserId\n" + "".join(f"user-{number}\n" for number in range(items))
    bucket = FakeS3(BUCKET, {"import/users.csv": file.encode()})
    tables = FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items, users=True)
    seed.import_job("import/users.csv")

    def check() -> None:
        if tables.count("members") != items:
            raise AssertionError(f"{tables.count('members')} members, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=run_import,
        check=check,
        floor={
            "dynamodb.BatchGetItem": 2 * batches(items, 100),  # the users, who name their endpoints, and these
            "dynamodb.BatchWriteItem": batches(items, 25),  # the segment's members
            "dynamodb.Query": SHARDS,  # the segment's size
            "s3.GetObject": 2,  # header and rows
            "s3.HeadObject": 1,
            "sts.AssumeRole": 1,
        },
    )


KIND = Kind(
    name="import-user-rows",
    title="CSV rows imported that name users (hosted)",
    items=20_000,
    handler="handlers.engagement.jobs.import_function",
    prepare=prepare,
)
