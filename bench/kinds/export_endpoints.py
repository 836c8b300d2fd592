"""The hosted export job: all endpoints become gzip JSON lines."""

from __future__ import annotations

import gzip

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, SHARDS, Seed, run_export
from bench.kind import Kind, Work, batches


def prepare(items: int) -> Work:
    bucket = FakeS3(BUCKET)
    tables = FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items)
    job = seed.job("EXPORT", S3UrlPrefix=f"s3://{BUCKET}/export/")

    def check() -> None:
        lines = sum(gzip.decompress(content).count(b"\n") for content in bucket.objects.values())
        if lines != items:
            raise AssertionError(f"{lines} endpoints were exported, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=lambda: run_export(job),
        check=check,
        floor={
            # A page of a query is 1 MB: some 2,000 of these endpoints.
            "dynamodb.Query": SHARDS * max(1, batches(items, SHARDS * 2_000)),
            "s3.PutObject": 1,  # which takes 5 GB
            "sts.AssumeRole": 1,
        },
    )


KIND = Kind(
    name="export-endpoints",
    title="endpoints exported (hosted)",
    items=20_000,
    handler="handlers.engagement.jobs.export_function",
    prepare=prepare,
)
