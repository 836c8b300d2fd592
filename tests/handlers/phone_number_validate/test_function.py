from __future__ import annotations

import gzip
import json
import time

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from handlers.phone_number_validate import exports, function
from handlers.phone_number_validate.exports import ExportedObject
from handlers.phone_number_validate.turn import HELD_SECONDS, Turn
from tests.handlers.phone_number_validate.test_validation import Endpoints, Numbers, people
from tests.handlers.shared.fakes import Context, FakeClient, client_error

BUCKET = "work-bucket"
PREFIX = "exports/run/ab12/"
ENVIRONMENT = {
    "APPLICATION_ID": "app",
    "SEGMENT_ID": "seg",
    "EXPORT_ROLE_ARN": "arn:role",
    "WORK_BUCKET": BUCKET,
    "VALIDATION_REGION": "us-east-1",
    "ASSUME_US": "true",
    "DEFAULT_COUNTRY": "US",
    "MAX_CONCURRENT_CALLS": "8",
    "MAX_CHUNKS": "4",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
}

IMPORT = {
    "ApplicationId": "app",
    "Id": "job",
    "JobStatus": "COMPLETED",
    "Definition": {"RegisterEndpoints": True, "SegmentId": "imported", "SegmentName": "people.csv"},
}


class World:
    def __init__(self, s3):
        self.s3 = s3
        self.numbers = Numbers()
        self.endpoints = Endpoints()

    def export(self, name, endpoints):
        lines = "".join(
            f"{json.dumps(endpoint) if isinstance(endpoint, dict) else endpoint}\n" for endpoint in endpoints
        )
        self.s3.put_object(Bucket=BUCKET, Key=f"{PREFIX}{name}", Body=gzip.compress(lines.encode()))


@pytest.fixture
def world(monkeypatch):
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    function._environment.cache_clear()
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        world = World(s3)
        clients = {"s3": s3, "pinpoint": world.numbers}
        monkeypatch.setattr(function, "aws_client", lambda service, **_: clients[service])
        monkeypatch.setattr(function, "ProjectEndpoints", lambda application_id: world.endpoints)
        yield world
    function._environment.cache_clear()


def plan():
    return function.handler({"operation": "plan", "Run": {"Prefix": PREFIX, "Execution": "run"}}, Context())["Chunks"]


def process(chunk, milliseconds=900_000):
    return function.handler({"operation": "process", "Chunk": chunk}, Context(milliseconds))


def complete(*chunks):
    function._turn().take("run")
    return function.handler(
        {"operation": "complete", "Execution": "run", "Chunks": [{"Payload": chunk} for chunk in chunks]}, Context()
    )


def test_an_export_of_several_objects_is_validated_and_written_back(world):
    world.export("a.gz", people(130))
    world.export("b.gz", people(120, 130))
    world.export("manifest.json", [])
    (chunk,) = plan()
    done = process(chunk)
    assert done["Done"] is True
    assert [len(batch) for batch in world.endpoints.batches] == [100, 100, 50]
    assert complete(done) == {
        "Status": "SUCCEEDED",
        "Polls": 0,
        "Result": {"TotalPhoneNumbersValidated": 250, "InvalidPhoneNumbers": 0, "FailedPhoneNumbers": 0},
    }


def test_a_chunk_goes_on_where_its_time_was_up_and_takes_every_endpoint_once(world):
    world.export("a.gz", people(700))
    world.export("b.gz", people(650, 700))
    (chunk,) = plan()
    rounds = 0
    while not chunk["Done"]:
        chunk = json.loads(json.dumps(process(chunk, milliseconds=1000)))
        rounds += 1
    assert rounds == chunk["Rounds"] > 1
    assert chunk["Counts"] == {"validated": 1350, "invalid": 0, "failed": 0}
    assert sum(world.numbers.asked.values()) == len(world.endpoints.written) == 1350


def test_nothing_to_validate_is_a_success_of_nothing(world):
    assert plan() == []
    assert complete()["Status"] == "SUCCEEDED"
    assert complete()["Result"]["TotalPhoneNumbersValidated"] == 0


def test_a_broken_line_of_an_export_is_counted_and_stops_nobody_else(world):
    world.export("a.gz", [people(1)[0], "{", {"no": "id"}, *people(2, 1)])
    assert process(plan()[0])["Counts"] == {"validated": 3, "invalid": 0, "failed": 2}


def test_more_objects_than_one_listing_holds_are_all_seen(world, monkeypatch):
    for number in range(7):
        world.export(f"{number}.gz", people(1, number))
    original = world.s3.get_paginator("list_objects_v2").paginate
    paginator = type(
        "Small", (), {"paginate": lambda self, **arguments: original(**arguments, PaginationConfig={"PageSize": 2})}
    )
    monkeypatch.setattr(world.s3, "get_paginator", lambda operation: paginator())
    assert process(plan()[0])["Counts"]["validated"] == 7


def test_a_run_in_which_no_number_could_be_validated_fails(world):
    chunk = {"Counts": {"validated": 0, "invalid": 0, "failed": 3}}
    outcome = complete(chunk)
    assert outcome["Status"] == "FAILED"
    assert outcome["Result"]["FailedPhoneNumbers"] == 3
    assert "none of 3 phone numbers" in outcome["Result"]["Cause"]


def test_the_export_is_of_the_segment_and_below_a_prefix_of_its_own(world, monkeypatch):
    job = {"Id": "job", "JobStatus": "CREATED"}
    client = FakeClient({"create_export_job": {"ExportJobResponse": job}})
    monkeypatch.setattr(function, "engagement_client", lambda: client)
    starts = [function.handler({"operation": "start", "Execution": "run"}, Context()) for _ in range(2)]
    (first, second) = client.calls["create_export_job"]
    request = first["ExportJobRequest"]
    assert request == {
        "RoleArn": "arn:role",
        "S3UrlPrefix": f"s3://{BUCKET}/{starts[0]['Prefix']}",
        "SegmentId": "seg",
    }
    assert starts[0]["Prefix"].startswith("exports/run/")
    assert request["S3UrlPrefix"] != second["ExportJobRequest"]["S3UrlPrefix"]


@pytest.mark.parametrize(
    ("job_status", "status"), [("PROCESSING", "RUNNING"), ("COMPLETED", "SUCCEEDED"), ("FAILED", "FAILED")]
)
def test_polling_judges_the_export_job(world, monkeypatch, job_status, status):
    client = FakeClient({"get_export_job": {"ExportJobResponse": {"Id": "job", "JobStatus": job_status}}})
    monkeypatch.setattr(function, "engagement_client", lambda: client)
    run = {"Polls": 1, "Prefix": PREFIX, "Execution": "run", "Result": {"Id": "job"}}
    outcome = function.handler({"operation": "poll", "Run": run}, Context())
    assert (outcome["Status"], outcome["Polls"], outcome["Prefix"]) == (status, 2, PREFIX)


def test_a_refused_export_fails_with_the_services_words(world, monkeypatch):
    error = client_error("NotFoundException", 404, "no segment", "CreateExportJob")
    monkeypatch.setattr(function, "engagement_client", lambda: FakeClient({"create_export_job": error}))
    outcome = function.handler({"operation": "start", "Execution": "run"}, Context())
    assert outcome["Result"] == {"Error": "NotFoundException", "Cause": "CreateExportJob: no segment"}


@given(st.lists(st.integers(0, 30 * 1024 * 1024), max_size=60), st.integers(1, 8))
def test_every_object_is_in_exactly_one_of_few_chunks(sizes, most):
    objects = [ExportedObject(f"{number:04}.gz", size) for number, size in enumerate(sizes)]
    ranges = exports.plan(objects, most)
    assert len(ranges) <= most
    taken = [item.key for each in ranges for item in objects if each["After"] < item.key <= each["Until"]]
    assert taken == [item.key for item in objects]


def test_little_is_no_reason_to_work_side_by_side():
    assert len(exports.plan([ExportedObject(f"{n}.gz", 100_000) for n in range(16)], 4)) == 1
    assert len(exports.plan([ExportedObject(f"{n}.gz", 8 * 1024 * 1024) for n in range(4)], 4)) == 4


def start(name, run_input=None):
    return function.handler({"operation": "start", "Execution": name, "Input": run_input}, Context())


def poll(run):
    return function.handler({"operation": "poll", "Run": run}, Context())


def test_a_run_waits_until_the_one_before_it_is_done(world, monkeypatch):
    job = {"Id": "job", "JobStatus": "CREATED"}
    client = FakeClient({"create_export_job": {"ExportJobResponse": job}, "get_export_job": {"ExportJobResponse": job}})
    monkeypatch.setattr(function, "engagement_client", lambda: client)
    first, second = start("first"), start("second")
    assert (second["Status"], second["Result"], len(client.calls["create_export_job"])) == ("RUNNING", {}, 1)
    assert poll(first)["Result"]["Id"] == "job"
    waiting = poll(second)
    assert (waiting["Status"], waiting["Polls"], len(client.calls["create_export_job"])) == ("RUNNING", 1, 1)
    function.handler({"operation": "complete", "Execution": "first", "Chunks": []}, Context())
    assert poll(waiting)["Result"]["Id"] == "job"
    assert len(client.calls["create_export_job"]) == 2
    with pytest.raises(function.TurnLostError):
        poll(first)


def test_a_run_that_died_keeps_the_others_waiting_no_longer_than_its_turn(world, monkeypatch):
    turn = Turn(world.s3, BUCKET)
    assert turn.take("dead")
    assert turn.take("dead")
    assert not turn.take("next")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + HELD_SECONDS + 1)
    assert turn.take("next")
    assert not turn.take("dead")


def test_of_two_runs_that_take_the_turn_at_once_one_has_it(world, monkeypatch):
    one, other = Turn(world.s3, BUCKET), Turn(world.s3, BUCKET)
    assert other.take("before")
    other.leave("before")
    read, taken = one._read, []

    def overtaken():
        seen = read()
        if not taken:
            taken.append(other.take("other"))
        return seen

    monkeypatch.setattr(one, "_read", overtaken)
    assert (one.take("one"), taken) == (False, [True])


def test_an_export_that_fails_gives_the_turn_to_the_next_run(world, monkeypatch):
    error = client_error("NotFoundException", 404, "no segment", "CreateExportJob")
    monkeypatch.setattr(function, "engagement_client", lambda: FakeClient({"create_export_job": error}))
    assert start("first")["Status"] == "FAILED"
    assert Turn(world.s3, BUCKET).take("second")


@pytest.fixture
def jobs(monkeypatch):
    job = {"Id": "job", "JobStatus": "CREATED"}
    client = FakeClient({"create_export_job": {"ExportJobResponse": job}, "get_export_job": {"ExportJobResponse": job}})
    monkeypatch.setattr(function, "engagement_client", lambda: client)
    return client


def exported(jobs):
    """The segments of the exports that were started."""
    return [call["ExportJobRequest"]["SegmentId"] for call in jobs.calls["create_export_job"]]


def test_a_run_after_an_import_exports_that_imports_segment_and_any_other_run_all_that_is_unverified(world, jobs):
    for run_input in (IMPORT, {"why": "nightly"}, None):
        start("run", run_input)
    function.handler({"operation": "start", "Execution": "run"}, Context())
    assert exported(jobs) == ["imported", "seg", "seg", "seg"]


def test_a_run_that_waited_for_its_turn_exports_what_it_was_started_for(world, jobs):
    start("first")
    waiting = [poll(start("second", IMPORT)), poll(poll(start("third", {"why": "nightly"})))]
    Turn(world.s3, BUCKET).leave("first")
    for run in waiting:
        assert poll(run)["Result"]["Id"] == "job"
        Turn(world.s3, BUCKET).leave(run["Execution"])
    assert exported(jobs) == ["seg", "imported", "seg"]


def test_a_waiting_run_whose_outcome_tells_no_segment_exports_all_that_is_unverified(world, jobs):
    poll({"Polls": 3, "Prefix": "", "Execution": "run", "Result": {}})
    assert exported(jobs) == ["seg"]


def test_of_an_imports_segment_only_unverified_numbers_are_asked_about(world):
    mail = {"Id": "mail", "Address": "ada@example.com", "ChannelType": "EMAIL"}
    done = [{**each, "Attributes": {"PNV_PhoneNumberValidated": ["Yes"]}} for each in people(3, 100)]
    voice = [{**each, "ChannelType": "VOICE"} for each in people(1, 200)]
    world.export("a.gz", [*done, mail, *people(2), *voice])
    assert process(plan()[0])["Counts"] == {"validated": 3, "invalid": 0, "failed": 0}
    assert world.endpoints.written.keys() == {"e0", "e1", "e200"}


def test_what_one_run_validated_the_other_kind_of_run_does_not_ask_about_again(world):
    world.export("a.gz", people(5))
    process(plan()[0])
    validated = [{**each, **world.endpoints.written[each["Id"]]} for each in people(5)]
    world.export("a.gz", [*validated, *people(2, 5)])
    assert process(plan()[0])["Counts"] == {"validated": 2, "invalid": 0, "failed": 0}
    assert set(world.numbers.asked.values()) == {1}


def test_a_long_export_of_which_nothing_is_unverified_is_left_in_time_and_gone_on_with(world, monkeypatch):
    monkeypatch.setattr(function, "LINES_PER_LOOK", 10)
    done = [{**each, "Attributes": {"PNV_PhoneNumberValidated": ["Yes"]}} for each in people(25)]
    world.export("a.gz", [*done, *people(3, 25)])
    (chunk,) = plan()
    lines = []
    while not chunk["Done"]:
        chunk = json.loads(json.dumps(process(chunk, milliseconds=1000)))
        lines.append(chunk["Line"])
    assert lines == [10, 20, 0]
    assert chunk["Counts"] == {"validated": 3, "invalid": 0, "failed": 0}
