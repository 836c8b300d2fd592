"""Import and export jobs in process: their steps run as the state machine runs them, S3 and DynamoDB are moto's."""

from __future__ import annotations

import time

import boto3
import pytest

from components.engagement.hosted_grants import IMPORT_ENDPOINTS
from tests.handlers.engagement.conftest import APPLICATION

BUCKET = "drop"


class JobRunner:
    """Runs jobs to their end, step by step."""

    def __init__(self, world):
        self.world = world
        self.made = 0
        self.tables = world.tables
        self.s3 = boto3.client("s3")
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(self, key, body):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body if isinstance(body, bytes) else body.encode())

    def connect(self, role_arn, job_id, external_id=None):
        return self.s3

    def import_job(self, key, **definition):
        """Imports an object or a prefix; returns the job's record."""
        job = self.new_import(key, **definition)
        self.world.touched.clear()
        plan = job.plan()
        for chunk in plan["Chunks"]:
            work_off(job, chunk)
        job.complete()
        done = {operation for table, operation in self.world.touched if table == "endpoints"}
        assert done <= set(IMPORT_ENDPOINTS)  # what its role may do
        return job.jobs.get(job.job_id)

    def new_import(self, key, **definition):
        from handlers.engagement.identifiers import now
        from handlers.engagement.jobs.import_steps import ImportJob

        time.sleep(0.002)  # a job is asked for in a millisecond of its own
        self.made += 1
        job = ImportJob(self.tables, APPLICATION, f"job{self.made}", self.connect)
        job.jobs.put(
            {
                "Id": job.job_id,
                "ApplicationId": APPLICATION,
                "JobStatus": "CREATED",
                "Type": "IMPORT",
                "CreationDate": now(),
                "Definition": {
                    "Format": "CSV",
                    "S3Url": f"s3://{BUCKET}/{key}",
                    "RoleArn": "arn:aws:iam::123456789012:role/engagement/r",
                    "RegisterEndpoints": True,
                    "DefineSegment": False,
                    **definition,
                },
            }
        )
        return job


def work_off(job, chunk, remaining=lambda: 100.0):
    cursor = None
    while True:
        step = job.process(chunk, cursor, remaining)
        if step["Done"]:
            return
        cursor = step["Cursor"]


@pytest.fixture
def jobs(world):
    return JobRunner(world)
