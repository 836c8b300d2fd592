"""What the rows of segments on imports share: the hosted service exports one endpoint of an import, in a project of many more."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, SEGMENT, SHARDS, Seed, run_export
from bench.kind import Work, batches

HANDLER = "handlers.engagement.jobs.export_function"
OTHERS = 20_000
"""Endpoints of the project beside the imports'."""
FIRST = {"Attributes": {"FirstName": {"AttributeType": "INCLUSIVE", "Values": ["Name0"]}}}


def work(imports: Sequence[Sequence[int]]) -> Work:
    """A segment of whoever is in any of these imports (numbers of endpoints from 0 on) and is called as the first of all."""
    bucket, tables = FakeS3(BUCKET), FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    members = len({number for numbers in imports for number in numbers})
    seed.endpoints(members + OTHERS)
    names = [str(5 + at) * 32 for at in range(len(imports))]
    for name, numbers in zip(names, imports, strict=True):
        seed.imported(numbers, name)
    sources = [{"Id": name} for name in names]
    group = {"Type": "ALL", "SourceType": "ANY", "SourceSegments": sources, "Dimensions": [FIRST]}
    seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": [group]})
    job = seed.job("EXPORT", S3UrlPrefix=f"s3://{BUCKET}/export/", SegmentId=SEGMENT)

    def check() -> None:
        lines = b"".join(gzip.decompress(content) for content in bucket.objects.values()).splitlines()
        if len(lines) != 1 or b'"endpoint-0"' not in lines[0]:
            raise AssertionError(f"{len(lines)} endpoints were exported, not the one that is chosen")

    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=lambda: run_export(job),
        check=check,
        floor={
            "dynamodb.Query": SHARDS * len(imports),  # a page of 1 MB has the keys of some 10,000 members
            "dynamodb.BatchGetItem": batches(members, 100),
            "s3.PutObject": 1,
            "sts.AssumeRole": 1,
        },
    )
