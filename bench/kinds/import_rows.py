"""The hosted import job: rows of a CSV file become endpoints and the members of a segment."""

from __future__ import annotations

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, SHARDS, Seed, phone_number, run_import
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    rows = (f"{phone_number(number)},SMS,Name{number},user-city\n" for number in range(items))
    file = "Address,ChannelType,Attributes.FirstName,Attributes.City\n" + "".join(rows)
    bucket = FakeS3(BUCKET, {"import/rows.csv": file.encode()})
    tables = FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.import_job("import/rows.csv")

    def check() -> None:
        # An endpoint is two items: itself, and the hold on its address.
        if tables.count("endpoints") != 2 * items or tables.count("members") != items:
            raise AssertionError(
                f"{tables.count('endpoints')} endpoint items and {tables.count('members')} members, "
                f"not {2 * items} and {items}"
            )

    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=run_import,
        check=check,
        floor={
            "dynamodb.BatchGetItem": batches(2 * items, 100),  # what is there of the endpoint, and of its address
            "dynamodb.TransactWriteItems": batches(2 * items, 100),  # both written together or not at all
            "dynamodb.BatchWriteItem": batches(items, 25),  # the segment's members
            "dynamodb.Query": SHARDS,  # the segment's size
            "s3.GetObject": 2,  # header and rows
            "s3.HeadObject": 1,
            "sts.AssumeRole": 1,
        },
    )


KIND = Kind(
    name="import-rows",
    title="CSV rows imported (hosted)",
    items=20_000,
    handler="handlers.engagement.jobs.import_function",
    prepare=prepare,
)
