"""What the rows of the hosted export job share: its tables, the bucket that it writes to, and the job from start to end."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.s3 import FakeS3
from bench.fakes.services import roles
from bench.hosted_service import BUCKET, ENVIRONMENT, Seed, run_export
from bench.kind import Work

HANDLER = "handlers.engagement.jobs.export_function"


def work(
    prepare: Callable[[Seed], Mapping[str, Any]], check: Callable[[Iterator[bytes]], None], floor: Mapping[str, int]
) -> Work:
    """An export from an application.

    Args:
        prepare: Puts the endpoints there. Returns what the job's definition says beside where to write.
        check: Raises if this is not what was to be exported: the content of each object.
        floor: Of reading; the job writes one object.
    """
    bucket, tables = FakeS3(BUCKET), FakeDynamoDb()
    seed = Seed(tables)
    seed.application()
    job = seed.job("EXPORT", S3UrlPrefix=f"s3://{BUCKET}/export/", **prepare(seed))
    return Work(
        environment=ENVIRONMENT,
        answers={**bucket.answers(), **tables.answers(), **roles()},
        run=lambda: run_export(job),
        check=lambda: check(gzip.decompress(content) for content in bucket.objects.values()),
        floor={
            **floor,
            "s3.PutObject": 1,  # which takes 5 GB
            "sts.AssumeRole": 1,
        },
    )
