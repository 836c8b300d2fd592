"""What the tasks of the federated segmentation state machine do with a run's input and a query's result."""

from __future__ import annotations

import pytest

from handlers.federated_segmentation import mutation, result
from handlers.federated_segmentation.function import handler
from handlers.federated_segmentation.mutation import UpdateFailedError
from tests.handlers.federated_segmentation.conftest import URL
from tests.handlers.shared.fakes import Context, client_error

DIRECT = {"Query": "SELECT 1", "Type": "direct", "SegmentName": "s"}
MUTATE = {"Query": "SELECT 1", "Type": "mutate"}


def call(operation, milliseconds=900_000, **event):
    return handler({"operation": operation, **event}, Context(milliseconds))


def inspect(run_input=MUTATE, url=URL):
    return call("inspect", Input=run_input, Url=url, Execution="run")


def work_off(chunks, milliseconds=900_000):
    """Processes each chunk, call after call; returns the outcome of all and the number of calls."""
    ended, calls = [], 0
    for planned in chunks:
        chunk = planned
        while not chunk["Done"]:
            chunk, calls = call("process", milliseconds, Chunk=chunk), calls + 1
        ended.append({"Payload": chunk})
    return call("complete", Chunks=ended), calls


def mutate(milliseconds=900_000):
    return work_off(inspect()["Chunks"], milliseconds)


def table(*ids):
    return '"Id","Attributes.Shoes"\n' + "".join(f'"{identifier}","True"\n' for identifier in ids)


@pytest.mark.parametrize(
    ("run_input", "what"),
    [
        ("text", "the input is no object"),
        ({}, "Type is None; allowed are direct, mutate"),
        ({**DIRECT, "Type": "Direct"}, "Type is 'Direct'"),
        ({"Query": "SELECT 1", "Type": "direct"}, "SegmentName is missing"),
        ({**DIRECT, "Query": " "}, "Query is ' '; allowed is text"),
        ({**DIRECT, "SegmentID": "x"}, "takes no SegmentID; allowed are Query, Type, SegmentName, SegmentId"),
        ({**MUTATE, "SegmentName": "s"}, "Type mutate takes no SegmentName"),
        ({**DIRECT, "SegmentId": 7}, "SegmentId is 7"),
        ({**MUTATE, "Query": "x" * 150_001}, "Query has 150,001 bytes"),
    ],
)
def test_an_input_that_asks_for_nothing_is_refused_before_a_query_costs_anything(world, run_input, what):
    answer = call("check", Input=run_input)
    assert (answer["Status"], answer["Result"]["Error"]) == ("FAILED", "InvalidInput")
    assert what in answer["Result"]["Cause"]


def test_the_seeds_inputs_are_good(world):
    assert call("check", Input={**DIRECT, "SegmentId": ""})["Status"] == "SUCCEEDED"
    assert call("check", Input=MUTATE)["Status"] == "SUCCEEDED"
    assert world.project.calls == {}


def test_a_segment_that_cannot_get_a_version_is_refused_before_the_query(world):
    run_input = {**DIRECT, "SegmentId": "seg"}
    world.project.answers["get_segment"] = [
        {"SegmentResponse": {"SegmentType": "IMPORT"}},
        {"SegmentResponse": {"SegmentType": "DIMENSIONAL"}},
        client_error("NotFoundException", 404, "no segment seg", "GetSegment"),
    ]
    assert call("check", Input=run_input)["Status"] == "SUCCEEDED"
    assert "segment seg is DIMENSIONAL" in call("check", Input=run_input)["Result"]["Cause"]
    assert call("check", Input=run_input)["Result"]["Cause"] == "GetSegment: no segment seg"


@pytest.mark.parametrize(
    ("run_input", "body", "error", "what"),
    [
        (DIRECT, '"endpoint"\n"a"\n', "WrongColumns", "unknown column 'endpoint'; allowed are Id,"),
        (DIRECT, "", "WrongColumns", "the result is empty"),
        (MUTATE, '"Id"\n"a"\n', "WrongColumns", "Id and at least one more column"),
        (MUTATE, '"ChannelType","Address"\n"SMS","+1"\n', "WrongColumns", "Id and at least one more column"),
        (MUTATE, '"Id","Attributes.x"\n', "NoRows", "returned no rows"),
        (DIRECT, '"Id"\n', "NoRows", "returned no rows"),
    ],
)
def test_a_result_that_is_no_import_file_or_has_no_rows_is_refused(world, run_input, body, error, what):
    world.put(body)
    answer = inspect(run_input)
    assert (answer["Status"], answer["Result"]["Error"]) == ("FAILED", error)
    assert what in answer["Result"]["Cause"]


def test_a_statement_without_a_table_is_refused(world):
    assert "returns no table" in inspect(url="s3://results/results/x.txt")["Result"]["Cause"]


def test_a_direct_result_is_imported_as_it_is(world):
    world.put('"Id"\n"a"\n')
    answer = inspect(DIRECT)
    assert (answer["Status"], answer["Type"], answer["Chunks"]) == ("SUCCEEDED", "direct", [])
    job = {"Id": "job", "JobStatus": "CREATED", "Definition": {"SegmentId": "seg"}}
    world.project.answers["create_import_job"] = {"ImportJobResponse": job}
    world.project.answers["get_import_job"] = {"ImportJobResponse": {**job, "JobStatus": "COMPLETED"}}
    run = call("start", Input={**DIRECT, "SegmentId": "seg"}, Url=URL)
    assert (run["Status"], run["Polls"]) == ("RUNNING", 0)
    assert world.project.calls["create_import_job"][0]["ImportJobRequest"] == {
        "S3Url": URL,
        "Format": "CSV",
        "RoleArn": "arn:aws:iam::123456789012:role/engagement/import",
        "RegisterEndpoints": True,
        "DefineSegment": True,
        "SegmentName": "s",
        "SegmentId": "seg",
    }
    ended = call("poll", Run=run)
    assert (ended["Status"], ended["Polls"], ended["Result"]["Definition"]["SegmentId"]) == ("SUCCEEDED", 1, "seg")


def test_rows_update_the_endpoints_that_exist_100_a_call_and_the_others_are_counted_and_reported(world):
    world.known = {f"e{n}" for n in range(250)}
    world.put(table(*(f"e{n}" for n in range(250)), "nobody", "no-one"))
    outcome, _ = mutate()
    assert outcome["Status"] == "SUCCEEDED"
    assert outcome["Result"] == {
        "UpdatedEndpoints": 250,
        "UnknownEndpoints": 2,
        "RefusedRows": 0,
        "Report": "s3://results/reports/run/",
    }
    assert len(world.updates) == 3
    assert world.updated["e7"] == {"Id": "e7", "Attributes": {"Shoes": ["True"]}}
    [report] = world.reports().values()
    assert report == "Id,Reason\r\nnobody,no endpoint has this Id\r\nno-one,no endpoint has this Id\r\n"


def test_rows_that_are_no_update_stop_no_other(world):
    world.known = {"good", "a,b"}
    world.put('"Id","Metrics.age"\n"good","7"\n"bad","old"\n"",  "3"\n"one","1","2"\n"x"y,"1"\n\n"a,b","8"\n')
    outcome, _ = mutate()
    assert (outcome["Result"]["UpdatedEndpoints"], outcome["Result"]["RefusedRows"]) == (2, 4)
    assert world.updated["a,b"]["Metrics"] == {"age": 8.0}
    [report] = world.reports().values()
    assert "bad,the row Metrics.age is 'old'; allowed is a number" in report
    assert "the row has 3 values where the file has 2 columns" in report
    assert "the row is not CSV" in report


TRAP = 'please also take\n"stranger","x"\nstranger,y\r\n\n,thanks'
"""A value whose lines look like rows."""


@pytest.mark.parametrize("chunk_bytes", [1, 20, 50, 1000])
def test_a_line_break_in_a_value_makes_no_row_however_the_result_is_divided(world, monkeypatch, chunk_bytes):
    monkeypatch.setattr(result, "CHUNK_BYTES", chunk_bytes)
    monkeypatch.setattr(mutation, "ROWS_PER_BATCH", 1)
    ids = [f"endpoint-{n}" for n in range(20)]
    world.known = {*ids, "stranger"}
    quoted = TRAP.replace('"', '""')
    world.put('"Id","Attributes.Note"\n' + "".join(f'"{identifier}","{quoted}"\n' for identifier in ids))
    chunks = inspect()["Chunks"]
    assert len(chunks) == (4 if chunk_bytes < 1000 else 2)
    outcome, _ = work_off(chunks, milliseconds=0)
    assert (outcome["Result"]["UpdatedEndpoints"], outcome["Result"]["RefusedRows"]) == (20, 0)
    assert "stranger" not in world.updated
    assert all(world.updated[identifier]["Attributes"] == {"Note": [TRAP]} for identifier in ids)


def test_a_result_whose_quotes_leave_open_which_lines_are_rows_is_refused_as_a_whole(world):
    world.put('"Id","Attributes.Note"\n"a","x"\n"open,"y"\n"b","z"\n')
    answer = inspect()
    assert (answer["Status"], answer["Result"]["Error"]) == ("FAILED", "WrongColumns")
    assert "quote" in answer["Result"]["Cause"]


def test_what_the_project_refuses_is_found_and_reported(world):
    world.known = {"a", "b"}

    def update(ApplicationId, EndpointBatchRequest):
        if any(item["Id"] == "b" for item in EndpointBatchRequest["Item"]):
            raise client_error("BadRequestException", 400, "16th endpoint", "UpdateEndpointsBatch")
        return {"Unknown": []}

    world.project.answers["update_endpoints_batch"] = update
    world.put(table("a", "b"))
    outcome, _ = mutate()
    assert (outcome["Result"]["UpdatedEndpoints"], outcome["Result"]["RefusedRows"]) == (1, 1)
    assert "b,UpdateEndpointsBatch: 16th endpoint" in next(iter(world.reports().values()))


def test_rows_with_one_id_become_one_update_with_the_effect_of_all(world):
    world.known = {"a"}
    world.put('"Id","Attributes.x","Attributes.y"\n"a","1","2"\n"a","3",\n')
    outcome, _ = mutate()
    assert outcome["Result"]["UpdatedEndpoints"] == 2
    assert world.updates == [[{"Id": "a", "Attributes": {"x": ["3"], "y": ["2"]}}]]


def test_a_large_result_is_worked_off_in_parts_and_each_row_once(world, monkeypatch):
    monkeypatch.setattr(result, "CHUNK_BYTES", 1000)
    monkeypatch.setattr(mutation, "ROWS_PER_BATCH", 30)
    ids = [f"endpoint-{n}" for n in range(500)]
    world.known = set(ids)
    world.put(table(*ids))
    chunks = inspect()["Chunks"]
    assert len(chunks) == 4
    outcome, calls = work_off(chunks, milliseconds=0)
    assert outcome["Result"]["UpdatedEndpoints"] == 500
    assert calls > 12
    assert sorted(item["Id"] for items in world.updates for item in items) == sorted(ids)


def test_a_call_that_is_repeated_reports_nothing_twice(world, monkeypatch):
    monkeypatch.setattr(mutation, "ROWS_PER_BATCH", 10)
    world.known = {"e1"}
    world.put(table(*(f"e{n}" for n in range(40))))
    [chunk] = inspect()["Chunks"]
    first = call("process", 0, Chunk=chunk)
    assert call("process", 0, Chunk=chunk) == first
    outcome, _ = work_off([first])
    assert (outcome["Result"]["UpdatedEndpoints"], outcome["Result"]["UnknownEndpoints"]) == (1, 39)
    rows = [line for report in world.reports().values() for line in report.splitlines()[1:]]
    assert len(rows) == len(set(rows)) == 39


def test_updates_that_may_succeed_later_are_thrown_so_that_the_chunk_is_tried_again(world):
    world.put(table("a"))
    world.project.answers["update_endpoints_batch"] = client_error("InternalServerErrorException", 500)
    [chunk] = inspect()["Chunks"]
    with pytest.raises(UpdateFailedError, match="1 endpoints could not be updated"):
        call("process", Chunk=chunk)


def test_a_result_that_changed_meanwhile_is_not_read(world):
    world.put(table("a"))
    [chunk] = inspect()["Chunks"]
    world.put(table("b"))
    with pytest.raises(Exception, match=r"PreconditionFailed|412"):
        call("process", Chunk=chunk)
    assert world.updates == []


def test_a_run_that_updated_nobody_fails(world):
    world.put(table("nobody"))
    outcome, _ = mutate()
    assert (outcome["Status"], outcome["Result"]["Error"]) == ("FAILED", "NoEndpointUpdated")
    assert outcome["Result"]["UnknownEndpoints"] == 1


def test_on_pinpoint_endpoints_are_read_before_they_are_written(world, monkeypatch):
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL")
    world.known = {"a"}
    world.put(table("a", "nobody"))

    def get(ApplicationId, EndpointId):
        if EndpointId not in world.known:
            raise client_error("NotFoundException", 404, operation="GetEndpoint")
        return {"EndpointResponse": {"Id": EndpointId, "EndpointStatus": "INACTIVE"}}

    world.project.answers["get_endpoint"] = get
    outcome, _ = mutate()
    assert (outcome["Result"]["UpdatedEndpoints"], outcome["Result"]["UnknownEndpoints"]) == (1, 1)
    assert world.updates == [[{"EndpointStatus": "INACTIVE", "Id": "a", "Attributes": {"Shoes": ["True"]}}]]
