"""A segment whose dimensions choose among an import's endpoints, exported by the hosted service. Items are the import's endpoints."""

from __future__ import annotations

import gzip

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, IMPORTED, SEGMENT, SHARDS, Seed, run_export
from bench.kind import Kind, Work, batches

OTHERS = 20_000
"""Endpoints of the project beside the import's."""
FIRST = {"Attributes": {"FirstName": {"AttributeType": "INCLUSIVE", "Values": ["Name0"]}}}


def prepare(items: int) -> Work:
    bucket, tables = FakeS3(BUCKET), FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    seed.endpoints(items + OTHERS)
    seed.imported(range(items))
    group = {"Type": "ALL", "SourceType": "ALL", "SourceSegments": [{"Id": IMPORTED}], "Dimensions": [FIRST]}
    seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": [group]})
    seed.job("EXPORT", S3UrlPrefix=f"s3://{BUCKET}/export/", SegmentId=SEGMENT)

    def check() -> None:
        lines = b"".join(gzip.decompress(content) for content in bucket.objects.values()).splitlines()
        if len(lines) != 1 or b'"endpoint-0"' not in lines[0]:
            raise AssertionError(f"{len(lines)} endpoints were exported, not the one that is chosen")

    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=run_export,
        check=check,
        floor={
            "dynamodb.Query": SHARDS,  # a page of 1 MB has the keys of some 10,000 members
            "dynamodb.BatchGetItem": batches(items, 100),
            "s3.PutObject": 1,
            "sts.AssumeRole": 1,
        },
    )


KIND = Kind(
    name="segment-on-import",
    title="endpoints of an import chosen among, of 20,000 more (hosted)",
    items=200,
    handler="handlers.engagement.jobs.export_function",
    prepare=prepare,
)
