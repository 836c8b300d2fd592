"""What an export job writes."""

from __future__ import annotations

import gzip
import json

import pytest

from handlers.engagement.jobs import export_steps
from handlers.engagement.store.endpoints import EndpointStore
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.jobs.conftest import BUCKET, work_off


def fill(jobs, count):
    store = EndpointStore(jobs.tables, APPLICATION)
    for start in range(0, count, 20):  # moto's transactions do not bear other threads
        store.upsert(
            [
                {"Id": f"e{at}", "ChannelType": "SMS", "Address": f"+1425679{at:04d}"}
                for at in range(start, min(start + 20, count))
            ]
        )


def export(jobs, prefix="out/x", remaining=lambda: 100.0, **definition):
    job = export_steps.ExportJob(jobs.tables, APPLICATION, "ex1", jobs.connect)
    job.jobs.put(
        {
            "Id": "ex1",
            "ApplicationId": APPLICATION,
            "JobStatus": "CREATED",
            "Definition": {"S3UrlPrefix": f"s3://{BUCKET}/{prefix}", "RoleArn": "arn:aws:iam::1:role/r", **definition},
        }
    )
    for chunk in job.plan()["Chunks"]:
        work_off(job, chunk, remaining)
    job.complete()
    found = jobs.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    lines = []
    for item in found:
        body = jobs.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
        lines += [json.loads(line) for line in gzip.decompress(body).splitlines()]
    return job.jobs.get("ex1"), [item["Key"] for item in found], lines


@pytest.mark.parametrize("prefix", ["out/x", "out/x/"])
def test_few_endpoints_come_in_one_object_below_the_prefix(jobs, prefix):
    fill(jobs, 40)
    job, keys, lines = export(jobs, prefix)
    assert keys == ["out/x/ex1-000-00000.gz"]
    assert sorted(line["Id"] for line in lines) == sorted(f"e{at}" for at in range(40))
    assert lines[0]["Address"]
    assert (job["JobStatus"], job["TotalProcessed"], job["FailedPieces"]) == ("COMPLETED", 40, 0)


def test_no_endpoints_make_no_object_and_a_completed_job(jobs):
    job, keys, _ = export(jobs)
    assert (job["JobStatus"], job["TotalProcessed"], keys) == ("COMPLETED", 0, [])


def test_many_endpoints_are_split_without_loss_or_repetition(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_OBJECT", 20)
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_PAGE", 6)
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_CHUNK", 50)
    fill(jobs, 200)
    job, keys, lines = export(jobs)
    assert len(lines) == len({line["Id"] for line in lines}) == job["TotalProcessed"] == 200
    assert len(keys) > 8


def test_a_segment_that_is_missing_fails_the_job_and_says_so(jobs):
    job, _, _ = export(jobs, SegmentId="nope")
    assert job["JobStatus"] == "FAILED"
    assert "segment nope does not exist" in job["Failures"][0]
