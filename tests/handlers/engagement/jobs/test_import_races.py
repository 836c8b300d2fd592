"""Imports beside other writers, and steps that come again: what is newer stays."""

from __future__ import annotations

from handlers.engagement.jobs import export_steps, import_plan
from handlers.engagement.store import later_changes
from handlers.engagement.store.endpoints import EndpointStore
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.jobs.conftest import work_off
from tests.handlers.engagement.jobs.test_export_job import export, fill
from tests.handlers.engagement.jobs.test_import_job import stored


def test_what_others_changed_since_the_job_was_created_stays_and_the_rest_is_the_row_s(jobs):
    store = EndpointStore(jobs.tables, APPLICATION)
    store.upsert([{"Id": name, "ChannelType": "SMS", "Address": "+12025550190"} for name in ("ada",)])
    jobs.put(
        "a.csv",
        "Id,ChannelType,Address,OptOut,Attributes.plan,Attributes.city,User.UserId,User.UserAttributes.age\n"
        "ada,SMS,+12025550191,NONE,gold,Rome,u1,7\n"
        "bob,SMS,+12025550192,NONE,gold,Rome,u2,7\n",
    )
    job = jobs.new_import("a.csv")
    [chunk] = job.plan()["Chunks"]
    store.upsert(
        [
            {
                "Id": "ada",
                "Address": "+12025550199",
                "OptOut": "ALL",
                "Attributes": {"plan": ["silver"]},
                "User": {"UserId": "mine", "UserAttributes": {"age": ["8"]}},
            },
            {"Id": "cleo", "ChannelType": "SMS", "Address": "+12025550192"},
        ]
    )
    for _ in range(2):  # a row that is written again changes nothing either
        work_off(job, chunk)
    job.complete()
    found = store.get(["ada", "bob", "cleo"])
    ada = found["ada"]
    assert (ada["Address"], ada["OptOut"], ada["EndpointStatus"]) == ("+12025550199", "ALL", "ACTIVE")
    assert ada["Attributes"] == {"plan": ["silver"], "city": ["Rome"]}
    assert ada["User"] == {"UserId": "mine", "UserAttributes": {"age": ["8"]}}
    assert {name: found[name]["EndpointStatus"] for name in ("bob", "cleo")} == {"bob": "INACTIVE", "cleo": "ACTIVE"}


def test_a_status_that_others_set_since_the_job_was_created_stays(jobs):
    store = EndpointStore(jobs.tables, APPLICATION)
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\nbob,SMS,+12025550192\n")
    job = jobs.new_import("a.csv")
    [chunk] = job.plan()["Chunks"]
    work_off(job, chunk)
    store.upsert(
        [{"Id": "ada", "EndpointStatus": "INACTIVE"}, {"Id": "c", "ChannelType": "SMS", "Address": "+12025550192"}]
    )
    work_off(job, chunk)
    found = store.get(["ada", "bob", "c"])
    assert [found[name]["EndpointStatus"] for name in ("ada", "bob", "c")] == ["INACTIVE", "INACTIVE", "ACTIVE"]


def test_of_two_imports_the_one_that_was_asked_for_later_wins_whichever_writes_last(jobs):
    store = EndpointStore(jobs.tables, APPLICATION)
    jobs.put("a.csv", "Id,ChannelType,Address,Attributes.plan,Attributes.old\nada,SMS,+12025550191,gold,yes\n")
    jobs.put("b.csv", "Id,ChannelType,Address,Attributes.plan\nada,SMS,+12025550192,silver\n")
    first, second = jobs.new_import("a.csv"), jobs.new_import("b.csv")
    for job in (first, second, first):
        work_off(job, job.plan()["Chunks"][0])
    ada = store.get(["ada"])["ada"]
    assert (ada["Address"], ada["Attributes"]) == ("+12025550192", {"plan": ["silver"], "old": ["yes"]})


def test_a_row_behind_another_with_the_same_id_wins(jobs):
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\nada,SMS,+12025550192\n")
    jobs.import_job("a.csv")
    assert [endpoint["Address"] for endpoint in stored(jobs)] == ["+12025550192"]


def test_changes_are_remembered_for_as_long_as_an_import_may_take_and_no_longer():
    names = later_changes.noted({}, {"Address": "x"}, "2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00.000Z")
    after = later_changes.noted(names, {"OptOut": "ALL"}, "2030-01-08T00:00:00.000Z", "2030-01-08T00:00:00.000Z")
    assert set(after) == {"Address", "OptOut"}
    later = later_changes.noted(after, {}, "2030-01-09T00:00:00.001Z", "2030-01-09T00:00:00.001Z")
    assert set(later) == {"OptOut"}
    assert later_changes.read(later_changes.stored(after)) == after


def test_a_step_that_comes_again_when_the_job_has_ended_turns_nothing_back(jobs):
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\n")
    job = jobs.new_import("a.csv")
    assert job.plan() == job.plan() == {"Action": "RUN", "Chunks": [0]}
    work_off(job, 0)
    assert job.plan() == {"Action": "RUN", "Chunks": [0]}
    job.complete()
    before = job.jobs.get(job.job_id)
    EndpointStore(jobs.tables, APPLICATION).delete("ada")
    assert job.plan() == {"Action": "END", "Chunks": []}
    work_off(job, 0)
    job.complete()
    job.fail("late")
    assert job.jobs.get(job.job_id) == before
    assert before["JobStatus"] == "COMPLETED" and stored(jobs) == []


def test_a_planning_that_was_overtaken_turns_nothing_back(jobs, monkeypatch):
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\n")
    job = jobs.new_import("a.csv")
    run = import_plan.Planning.run

    def overtaken(self, *given):
        monkeypatch.setattr(import_plan.Planning, "run", run)
        work_off(job, job.plan()["Chunks"][0])
        job.complete()
        return run(self, *given)

    monkeypatch.setattr(import_plan.Planning, "run", overtaken)
    assert job.plan() == {"Action": "END", "Chunks": []}
    assert job.jobs.get(job.job_id)["JobStatus"] == "COMPLETED"
    assert job.jobs.chunk(job.job_id, 0)["Result"]["Good"] == 1


def test_who_is_deleted_while_a_file_with_the_name_is_imported_is_made_anew(jobs):
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\n")
    job = jobs.new_import("a.csv")
    [chunk] = job.plan()["Chunks"]
    EndpointStore(jobs.tables, APPLICATION).delete("ada")
    work_off(job, chunk)
    assert [endpoint["Id"] for endpoint in stored(jobs)] == ["ada"]


def test_an_export_is_planned_once_and_a_planning_that_comes_late_turns_nothing_back(jobs, monkeypatch):
    fill(jobs, 20)
    job, _, lines = export(jobs)
    late = export_steps.ExportJob(jobs.tables, APPLICATION, "ex1", jobs.connect)
    assert late.plan() == {"Action": "END", "Chunks": []}
    assert late.jobs.get("ex1") == job and len(lines) == 20
    late.jobs.update("ex1", lambda job: job.update(JobStatus="INITIALIZING"))
    monkeypatch.setattr(export_steps, "chunk_count", lambda _: 4)
    again = late.plan()
    assert (again["Action"], [(chunk["Number"], chunk["Of"]) for chunk in again["Chunks"]]) == ("RUN", [(0, 1)])
