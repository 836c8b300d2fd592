"""Steps of an export that come again, late or from an earlier release, and the calls that a job makes."""

from __future__ import annotations

import pytest

from handlers.engagement.errors import NotFoundError
from handlers.engagement.jobs import export_steps
from handlers.engagement.segments.reader import SegmentReader
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.jobs.conftest import BUCKET, work_off
from tests.handlers.engagement.jobs.test_export_job import created, document, fill

EXECUTION = {"ApplicationId": APPLICATION, "JobId": "ex1", "Job": document()}


@pytest.fixture
def two_chunks(monkeypatch):
    monkeypatch.setattr(export_steps, "chunk_count", lambda _: 2)


def run(job, execution=None):
    for chunk in job.plan(execution=execution)["Chunks"]:
        work_off(job, chunk)
    job.complete()


def objects(jobs):
    return {
        item["Key"]: jobs.s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
        for item in jobs.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    }


def test_beside_the_pages_a_job_makes_two_calls_to_plan_one_a_chunk_and_two_to_complete(jobs, two_chunks):
    fill(jobs, 40)
    job = created(jobs)
    jobs.world.calls.clear()
    run(job, EXECUTION)
    pages = 16
    assert jobs.world.calls == {"Query": pages + 1, "UpdateItem": 1 + 2 + 1, "GetItem": 1}
    assert job.jobs.get("ex1")["TotalProcessed"] == 40


def test_an_object_of_a_chunk_costs_no_call_beside_its_pages_and_its_own(jobs, monkeypatch):
    fill(jobs, 60)
    job = created(jobs)
    [chunk] = job.plan()["Chunks"]
    monkeypatch.setattr(export_steps, "ENDPOINTS_PER_OBJECT", 1)
    jobs.world.calls.clear()
    work_off(job, chunk)
    assert len(objects(jobs)) > 10
    assert jobs.world.calls == {"Query": 16, "UpdateItem": 1}


def test_a_job_that_is_planned_again_after_its_answer_was_lost_keeps_its_plan(jobs, monkeypatch):
    fill(jobs, 20)
    job = created(jobs)
    first = job.plan(execution=EXECUTION)
    monkeypatch.setattr(export_steps, "chunk_count", lambda _: 4)
    assert job.plan(execution=EXECUTION) == first
    assert job.jobs.get("ex1")["TotalPieces"] == len(first["Chunks"]) == 1


def test_a_planning_that_finds_no_segment_any_more_leaves_a_planned_job_to_its_chunks(jobs, monkeypatch):
    fill(jobs, 20)
    job = created(jobs)
    first = job.plan(execution=EXECUTION)

    def deleted(*_):
        raise NotFoundError("segment s does not exist")

    monkeypatch.setattr(SegmentReader, "sample", deleted)
    assert job.plan(execution=EXECUTION) == first
    assert job.jobs.get("ex1")["JobStatus"] == "PROCESSING"


def test_a_planning_that_comes_after_the_end_changes_nothing(jobs):
    fill(jobs, 20)
    run(created(jobs), EXECUTION)
    late = export_steps.ExportJob(jobs.tables, APPLICATION, "ex1", jobs.connect)
    ended = late.jobs.get("ex1")
    assert late.plan(execution=EXECUTION) == {"Action": "END", "Chunks": []}
    assert late.jobs.get("ex1") == ended


def test_a_job_that_was_deleted_before_it_was_planned_ends(jobs):
    job = created(jobs)
    job.jobs.delete("ex1")
    assert job.plan(execution=EXECUTION) == {"Action": "END", "Chunks": []}
    assert job.jobs.get("ex1") is None


def test_a_chunk_that_ends_after_its_job_was_deleted_brings_no_record_back(jobs):
    fill(jobs, 20)
    job = created(jobs)
    [chunk] = job.plan()["Chunks"]
    job.jobs.delete("ex1")
    work_off(job, chunk)
    job.lose(chunk, "late")
    job.complete()
    assert job.jobs.get("ex1") is None


def test_a_chunk_whose_last_step_came_again_counts_once(jobs, two_chunks):
    fill(jobs, 40)
    job = created(jobs)
    for chunk in job.plan()["Chunks"]:
        work_off(job, chunk)
        work_off(job, chunk)
    job.complete()
    assert job.jobs.get("ex1")["TotalProcessed"] == 40


def test_chunks_that_end_while_others_do_lose_nothing(jobs, two_chunks, monkeypatch):
    fill(jobs, 40)
    job = created(jobs)
    first, second = job.plan()["Chunks"]
    note = type(job.jobs).note

    def beside(jobs, job_id, **notes):
        monkeypatch.setattr(type(jobs), "note", note)
        work_off(job, second)
        return note(jobs, job_id, **notes)

    monkeypatch.setattr(type(job.jobs), "note", beside)
    work_off(job, first)
    job.complete()
    assert (job.jobs.get("ex1")["TotalProcessed"], job.jobs.get("ex1")["JobStatus"]) == (40, "COMPLETED")


def test_an_export_that_an_earlier_release_planned_ends_as_it_began(jobs, two_chunks):
    """There a chunk was a number, and had a record once it had ended."""
    fill(jobs, 40)
    job = created(jobs)
    job.plan()
    records = f"CHUNKS#{APPLICATION}#ex1"
    job.jobs.documents.put(records, f"{0:06d}", {"Endpoints": 17, "Lost": "its answer came too late"})
    work_off(job, 1)
    [own] = objects(jobs)
    assert own == "out/x/ex1-001-00000.gz"
    job.complete()
    ended = job.jobs.get("ex1")
    assert (ended["JobStatus"], ended["CompletedPieces"], ended["FailedPieces"]) == ("COMPLETED", 2, 0)
    assert 17 < ended["TotalProcessed"] < 57
    work_off(job, 0)  # late: the job has ended
    assert list(objects(jobs)) == [own]


def test_why_a_chunk_was_lost_in_an_earlier_release_is_told(jobs, two_chunks):
    fill(jobs, 40)
    job = created(jobs)
    job.plan()
    job.jobs.documents.put(f"CHUNKS#{APPLICATION}#ex1", f"{0:06d}", {"Lost": "no right to write"})
    job.lose(1, "no time")
    job.complete()
    assert job.jobs.get("ex1")["Failures"] == ["no right to write", "no time"]
