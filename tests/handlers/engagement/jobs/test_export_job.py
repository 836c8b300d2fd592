"""What an export job writes."""

from __future__ import annotations

import gzip
import json

import pytest

from handlers.engagement.jobs import export_steps
from handlers.engagement.segments import reader
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Segments
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


def created(jobs, prefix="out/x", **definition):
    job = export_steps.ExportJob(jobs.tables, APPLICATION, "ex1", jobs.connect)
    job.jobs.put(document(prefix, **definition))
    return job


def document(prefix="out/x", **definition):
    """A job as it is created."""
    return {
        "Id": "ex1",
        "ApplicationId": APPLICATION,
        "JobStatus": "CREATED",
        "Definition": {"S3UrlPrefix": f"s3://{BUCKET}/{prefix}", "RoleArn": "arn:aws:iam::1:role/r", **definition},
    }


def export(jobs, prefix="out/x", remaining=lambda: 100.0, **definition):
    job = created(jobs, prefix, **definition)
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


def test_a_step_whose_time_is_over_ends_with_its_page_and_the_next_goes_on_there(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_PAGE", 3)
    fill(jobs, 60)
    job, keys, lines = export(jobs, remaining=lambda: 0.0)
    assert len(lines) == len({line["Id"] for line in lines}) == job["TotalProcessed"] == 60
    assert len(keys) > 16  # more than a page of some shard


def test_a_step_that_is_done_again_writes_the_same_object(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_OBJECT", 10)
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_PAGE", 4)
    process = export_steps.ExportJob.process
    monkeypatch.setattr(
        export_steps.ExportJob, "process", lambda *given: [process(*given) for _ in range(2)][-1]
    )  # killed before it answered
    fill(jobs, 60)
    job, _, lines = export(jobs)
    assert len(lines) == len({line["Id"] for line in lines}) == job["TotalProcessed"] == 60


def test_an_object_ends_at_its_size_too(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "OBJECT_BYTES", 1)
    fill(jobs, 60)
    job, keys, lines = export(jobs)
    assert len(lines) == len({line["Id"] for line in lines}) == job["TotalProcessed"] == 60
    assert len(keys) > 10  # a page, which is what is left of a shard, each


def test_what_a_lost_chunk_exported_counts_and_one_without_a_record_fails_the_job(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "chunk_count", lambda _: 2)
    fill(jobs, 60)
    job = created(jobs)
    first, second = job.plan()["Chunks"]
    assert (first["Number"], second["Number"], first["Of"]) == (0, 1, 2)
    work_off(job, first)
    job.lose(first, "its answer came too late")
    job.complete()
    ended = job.jobs.get("ex1")
    assert (ended["JobStatus"], ended["CompletedPieces"], ended["FailedPieces"]) == ("FAILED", 1, 1)
    assert ended["Failures"] == ["its step did not finish"]
    assert 0 < ended["TotalProcessed"] < 60


def test_a_lost_chunk_says_why(jobs):
    fill(jobs, 20)
    job = created(jobs)
    [chunk] = job.plan()["Chunks"]
    job.lose(chunk, "Sandbox.Timedout")
    job.complete()
    assert job.jobs.get("ex1")["Failures"] == ["Sandbox.Timedout"]


def test_users_are_read_for_some_endpoints_of_a_page_at_a_time(jobs, monkeypatch):
    monkeypatch.setattr(reader, "TOGETHER", 2)
    store = EndpointStore(jobs.tables, APPLICATION)
    store.upsert([{"Id": f"e{n}", "User": {"UserId": f"u{n}", "UserAttributes": {"n": [str(n)]}}} for n in range(20)])
    jobs.world.calls.clear()
    _, _, lines = export(jobs)
    assert {line["Id"]: line["User"]["UserAttributes"]["n"] for line in lines} == {f"e{n}": [str(n)] for n in range(20)}
    assert jobs.world.calls["BatchGetItem"] >= 10


def test_members_of_an_import_are_exported_as_they_are_now_and_those_not_registered_as_they_were_read(
    jobs, monkeypatch
):
    monkeypatch.setattr(reader, "TOGETHER", 2)
    fill(jobs, 20)
    Segments(jobs.tables.registry, APPLICATION).put({"Id": "s", "SegmentType": "IMPORT", "Version": 1, "Name": "s"})
    members = MemberStore(jobs.tables.members)
    members.put("s", 1, ["e1", "e2", "e3", "gone"])
    members.put("s", 1, ["carried"], {"carried": {"Id": "carried", "Address": "+12065550199"}})
    _, _, lines = export(jobs, SegmentId="s")
    assert sorted(line["Id"] for line in lines) == ["carried", "e1", "e2", "e3"]


def test_many_endpoints_make_a_chunk_of_every_shard():
    per_chunk = export_steps.ENDPOINTS_PER_CHUNK
    assert [export_steps.chunk_count(many) for many in (0, per_chunk, per_chunk + 1, 8 * per_chunk, 50_000_000)] == [
        1, 1, 2, 8, 16,
    ]  # fmt: skip


def test_how_many_chunks_is_told_by_one_shard_that_is_counted_as_far_as_it_matters(jobs, monkeypatch):
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_CHUNK", 4)
    fill(jobs, 200)
    jobs.world.calls.clear()
    assert [chunk["Number"] for chunk in created(jobs).plan()["Chunks"]] == list(range(16))
    assert jobs.world.calls["Query"] == 1
