"""What becomes of an import job's files."""

from __future__ import annotations

import json

import pytest

from handlers.engagement.jobs import chunks, import_plan, piece_reading
from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.endpoints import EndpointStore
from handlers.engagement.store.registry import Segments
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.jobs.conftest import work_off

HEADER = "ChannelType,Address,Attributes.plan,Attributes.plan,User.UserId\n"


def rows(count):
    return "".join(f"SMS,+1425679{at:04d},gold,new,u{at}\n" for at in range(count))


def stored(jobs):
    store = EndpointStore(jobs.tables, APPLICATION)
    return [endpoint for shard in range(16) for endpoint in store.scan(shard, None, 5000).endpoints]


def test_a_file_becomes_endpoints_with_repeated_columns_as_several_values(jobs):
    jobs.put("import/a ü+.csv", "\ufeff" + HEADER.replace("\n", "\r\n") + "SMS,+14256791901,gold,new,ada\r\n\r\n")
    job = jobs.import_job("import/a ü+.csv")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"], job["Failures"]) == ("COMPLETED", 1, 0, [])
    [endpoint] = stored(jobs)
    assert endpoint["Attributes"] == {"plan": ["gold", "new"]}
    assert endpoint["User"]["UserId"] == "ada"


def test_importing_again_updates_and_does_not_add(jobs):
    jobs.put("a.csv", HEADER + rows(5))
    jobs.import_job("a.csv")
    jobs.import_job("a.csv")
    assert len(stored(jobs)) == 5


def test_importing_again_leaves_an_address_alone_that_was_corrected_since(jobs):
    jobs.put("a.csv", "ChannelType,Address,Attributes.plan\nSMS,(202) 555-0191,gold\n")
    jobs.import_job("a.csv")
    [endpoint] = stored(jobs)
    store = EndpointStore(jobs.tables, APPLICATION)
    store.upsert([{"Id": endpoint["Id"], "Address": "+12025550191"}])
    jobs.put("a.csv", "ChannelType,Address,Attributes.plan\nSMS,(202) 555-0191,silver\n")
    jobs.import_job("a.csv")
    [endpoint] = stored(jobs)
    assert (endpoint["Address"], endpoint["Attributes"]["plan"]) == ("+12025550191", ["silver"])
    assert endpoint["EndpointStatus"] == "ACTIVE"


def test_an_address_given_with_an_id_replaces_the_stored_one(jobs):
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550191\n")
    jobs.import_job("a.csv")
    jobs.put("a.csv", "Id,ChannelType,Address\nada,SMS,+12025550192\n")
    jobs.import_job("a.csv")
    assert [endpoint["Address"] for endpoint in stored(jobs)] == ["+12025550192"]


def test_broken_rows_are_named_by_line_and_stop_no_other(jobs):
    jobs.put(
        "a.csv",
        HEADER.encode()
        + b"SMS,+14256791901,a,b,c\n"
        + b"SMS,+14256791902,a,b,c,d\n"
        + b'SMS,"+14256791903" or so,a,b,c\n'
        + b"FAX,+14256791904,a,b,c\n"
        + b"SMS,,a,b,c\n"
        + b"SMS,\xff\xfe,a,b,c\n"
        + b"SMS,+14256791905,"
        + b"x" * 1_100_000
        + b",b,c\n"
        + b"SMS,+14256791906,a,b,c\n",
    )
    job = jobs.import_job("a.csv")
    assert job["JobStatus"] == "COMPLETED"
    assert [failure.split(":")[0] for failure in job["Failures"]] == [f"a.csv line {n}" for n in (3, 4, 5, 6, 7, 8)]
    assert job["TotalFailures"] == 6
    assert len(stored(jobs)) == 2


def test_line_numbers_are_the_file_s_across_chunks_and_cursors(jobs, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 2000)
    monkeypatch.setattr(piece_reading, "ROWS_PER_WRITE", 7)
    lines = (HEADER + rows(300)).splitlines(keepends=True)
    lines[250] = "SMS\n"
    jobs.put("a.csv", "".join(lines))
    job = jobs.new_import("a.csv")
    plan = job.plan()
    assert len(plan["Chunks"]) > 3
    for chunk in plan["Chunks"]:
        work_off(job, chunk, lambda: 0)
        work_off(job, chunk, lambda: 0)
    job.complete()
    record = job.jobs.get(job.job_id)
    assert (record["TotalProcessed"], record["TotalFailures"]) == (300, 1)
    [failure] = record["Failures"]
    assert failure.startswith("a.csv line 251: Address is missing")
    assert len(stored(jobs)) == 299


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"", "a.csv: the file is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.csv: is not UTF-8 text"),
        (b"ChannelType,Attributes.x\nSMS,1\n", "a.csv: the Address column is missing"),
        (
            b"ChannelType,Address,Colour\nSMS,+1,red\n",
            "a.csv: the header has the unknown column 'Colour'; allowed are Id,",
        ),
        (b"ChannelType,Address\n", "there is no row to import"),
        (
            b"ChannelType;Address;Colour\nSMS;+1;red\n",
            "the header, read as separated by semicolons, has the unknown column 'Colour'",
        ),
        (b"Our people\n\nChannelType,Address\nSMS,+1\n", "names its columns in line 3, behind other lines"),
        (
            b"sep=;\nChannelType,Address\nSMS,+1\n",
            "says sep=; in its first line, but its header is separated by commas",
        ),
        (b'ChannelType,Address\nSMS,"+14256791903\nSMS,+14256791904\n', "a quote in line 2 that is not closed"),
        (b'ChannelType,Address\nSMS,"a" b"\nSMS,+14256791904\n', "quotes in line 2 that cannot be paired"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_fails_the_job_and_says_why(jobs, body, what):
    jobs.put("a.csv", body)
    job = jobs.import_job("a.csv")
    assert job["JobStatus"] == "FAILED"
    assert what in job["Failures"][0]
    assert job["CompletionDate"]


def test_a_file_that_is_gone_before_it_is_read_fails_the_job_and_says_so(jobs):
    assert "there is no CSV object at s3://drop/a.csv" in jobs.import_job("a.csv")["Failures"][0]
    jobs.put("a.csv", HEADER + rows(2))
    job = jobs.new_import("a.csv")
    job.plan()
    jobs.s3.delete_object(Bucket="drop", Key="a.csv")
    work_off(job, 0)
    job.complete()
    assert "deleted before it was read" in job.jobs.get(job.job_id)["Failures"][0]


def test_a_prefix_is_read_recursively_without_files_of_the_other_format(jobs):
    jobs.put("p/a.csv", HEADER + rows(2))
    jobs.put("p/deep/b.csv", "ChannelType,Address\nEMAIL,a@example.org\n")
    jobs.put("p/c.json", "not csv")
    job = jobs.import_job("p/")
    assert (job["JobStatus"], job["TotalProcessed"]) == ("COMPLETED", 3)


def test_json_lines_are_read_nested_and_checked(jobs):
    good = {"ChannelType": "EMAIL", "Address": "a@example.org", "Metrics": {"age": 7}, "Location": {"Country": "DE"}}
    bad = {"ChannelType": "EMAIL", "Address": "b@example.org", "Metrics": {"age": "old"}}
    jobs.put("a.json", "\n".join([json.dumps(good), json.dumps(bad), "[1]", json.dumps({"Colour": 1})]))
    job = jobs.import_job("a.json", Format="JSON")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (4, 3)
    assert "Metrics.age is 'old'" in job["Failures"][0]
    assert stored(jobs)[0]["Location"]["Country"] == "DE"


def test_a_json_line_with_half_of_a_surrogate_pair_is_refused_and_stops_no_other(jobs):
    good = {"ChannelType": "EMAIL", "Address": "a@example.org", "Attributes": {"Name": ["😀"]}}
    bad = {"ChannelType": "EMAIL", "Address": "\ud83d@example.org"}
    jobs.put("a.json", "\n".join([json.dumps(bad), json.dumps(good)]))
    job = jobs.import_job("a.json", Format="JSON")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (2, 1)
    assert "half of a surrogate pair" in str(job["Failures"])
    assert [one["Attributes"] for one in stored(jobs)] == [{"Name": ["😀"]}]


def define_segment(jobs):
    Segments(jobs.tables.registry, APPLICATION).put(
        {"Id": "seg", "Version": 1, "SegmentType": "IMPORT", "ApplicationId": APPLICATION, "Name": "s"}
    )
    return {"DefineSegment": True, "SegmentId": "seg", "SegmentName": "s"}


def test_the_segment_gets_its_members_size_and_channels(jobs):
    jobs.put("a.csv", HEADER + rows(30) + rows(1))
    jobs.import_job("a.csv", **define_segment(jobs))
    segment = Segments(jobs.tables.registry, APPLICATION).get("seg")
    assert segment["ImportDefinition"]["Size"] == 30
    assert segment["ImportDefinition"]["ChannelCounts"] == {"SMS": 30}


def test_an_import_into_a_segment_makes_a_new_version_once_it_has_completed(jobs):
    segments = Segments(jobs.tables.registry, APPLICATION)
    members = MemberStore(jobs.tables.members)
    jobs.put("a.csv", HEADER + rows(3))
    jobs.import_job("a.csv", **define_segment(jobs))
    jobs.put("b.csv", HEADER + rows(2))
    job = jobs.new_import("b.csv", DefineSegment=True, SegmentId="seg", SegmentName="new name")
    job.jobs.update(job.job_id, lambda job: job.update(_SegmentVersion=2))
    for chunk in job.plan()["Chunks"]:
        work_off(job, chunk)
    assert segments.get("seg")["Version"] == 1
    job.complete()
    job.complete()
    segment = segments.get("seg")
    assert (segment["Version"], segment["Name"], segment["ImportDefinition"]["Size"]) == (2, "new name", 2)
    assert segment["ImportDefinition"]["S3Url"].endswith("b.csv")
    assert (members.count("seg", 1), members.count("seg", 2)) == (3, 2)
    former = segments.version("seg", 1)
    assert former and former["ImportDefinition"]["Size"] == 3


def test_an_import_that_fails_or_comes_late_leaves_the_segment_as_it_is(jobs):
    segments = Segments(jobs.tables.registry, APPLICATION)
    define_segment(jobs)
    segments.update("seg", lambda segment: segment.update(Version=3))
    for name, version, body in (("fails", 4, "Id\nnobody\n"), ("late", 2, HEADER + rows(2))):
        jobs.put(f"{name}.csv", body)
        job = jobs.new_import(f"{name}.csv", DefineSegment=True, SegmentId="seg")
        job.jobs.update(job.job_id, lambda job, version=version: job.update(_SegmentVersion=version))
        for chunk in job.plan()["Chunks"]:
            work_off(job, chunk)
        job.complete()
        assert job.jobs.get(job.job_id)["JobStatus"] == {"fails": "FAILED", "late": "COMPLETED"}[name]
        assert segments.get("seg")["Version"] == 3
    assert segments.version("seg", 4) is None
    late = segments.version("seg", 2)
    assert late and late["ImportDefinition"]["Size"] == 2


def test_a_row_with_an_id_alone_makes_a_member_and_leaves_its_endpoint_as_it_is(jobs):
    store = EndpointStore(jobs.tables, APPLICATION)
    store.upsert([{"Id": "ada", "ChannelType": "SMS", "Address": "+12025550191", "EndpointStatus": "INACTIVE"}])
    [before] = stored(jobs)
    jobs.put("a.csv", '"Id"\n"ada"\n"nobody"\n')
    job = jobs.import_job("a.csv", **define_segment(jobs))
    assert (job["JobStatus"], job["TotalFailures"]) == ("COMPLETED", 1)
    assert stored(jobs) == [before]
    assert MemberStore(jobs.tables.members).count("seg", 1) == 1


def test_without_registering_members_carry_the_endpoint_and_nothing_is_stored(jobs):
    jobs.put("a.csv", HEADER + rows(1))
    jobs.import_job("a.csv", RegisterEndpoints=False, **define_segment(jobs))
    assert stored(jobs) == []
    members = [m for s in range(16) for m in MemberStore(jobs.tables.members).page("seg", 1, s, None, 9).members]
    assert members[0].endpoint["Address"] == "+14256790000"


def test_a_file_of_user_ids_selects_the_endpoints_of_those_users(jobs):
    jobs.put("a.csv", HEADER + rows(3))
    jobs.import_job("a.csv")
    jobs.put("u.csv", "User.UserId\nu0 u1\nnobody\n")
    job = jobs.import_job("u.csv", **define_segment(jobs))
    assert (job["JobStatus"], job["TotalFailures"]) == ("COMPLETED", 1)
    assert MemberStore(jobs.tables.members).count("seg", 1) == 2


LETTERS = """Address,ChannelType,Attributes.note
ada@example.com,EMAIL,"please also write to
EMAIL,stranger@example.net,my brother
thanks"
bob@example.com,EMAIL,"5"" pipe"
cleo@example.com,EMAIL,5" pipe
"""


@pytest.mark.parametrize("size", [1, 40, 100, 1000])
def test_a_line_break_in_quotes_makes_no_row_however_small_the_chunks_are(jobs, monkeypatch, size):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", size)
    jobs.put("a.csv", LETTERS)
    job = jobs.import_job("a.csv")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 3, 0)
    notes = {endpoint["Address"]: endpoint["Attributes"]["note"] for endpoint in stored(jobs)}
    assert notes == {
        "ada@example.com": ["please also write to\nEMAIL,stranger@example.net,my brother\nthanks"],
        "bob@example.com": ['5" pipe'],
        "cleo@example.com": ['5" pipe'],
    }


@pytest.mark.parametrize(
    "body",
    [
        "Address;ChannelType;Attributes.plan;;\n{};SMS;gold\n;;;;\n\n",
        "sep=;\r\nAddress;ChannelType;Attributes.plan\r\n{};SMS;gold\r\n",
        "Address\tChannelType\tAttributes.plan\tAttributes.more\r{}\tSMS\tgold\r",
        '\ufeff"Address"|"ChannelType"|"Attributes.plan"\n"{}"| "SMS"|"gold"\n',
    ],
)
def test_files_as_spreadsheets_write_them_are_imported(jobs, body):
    jobs.put("a.csv", body.format("+14256791901"))
    job = jobs.import_job("a.csv")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 1, 0)
    [endpoint] = stored(jobs)
    assert (endpoint["Address"], endpoint["Attributes"]) == ("+14256791901", {"plan": ["gold"]})


def test_a_row_with_more_values_than_columns_and_a_number_in_scientific_notation_are_refused_and_say_why(jobs):
    jobs.put("a.csv", "ChannelType;Address\nSMS;+14256791901;x\nSMS;1.42568E+10\nSMS;+14256791902\n")
    job = jobs.import_job("a.csv")
    assert (job["TotalProcessed"], job["TotalFailures"]) == (3, 2)
    assert "has 3 values where the file has 2 columns, separated by semicolons" in job["Failures"][0]
    assert "Address is in scientific notation" in job["Failures"][1]


def test_a_plan_that_runs_out_of_time_goes_on_where_it_stopped(jobs, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 300)
    monkeypatch.setattr(import_plan, "BLOCK", 100)
    for name in "abc":
        jobs.put(
            f"p/{name}.csv",
            LETTERS.replace("@", f"+{name}@") + 'x@example.com,EMAIL,"\n\n"\n'.replace("x@", f"x{name}@") * 9,
        )
    job = jobs.new_import("p/")
    calls = 1
    while (plan := job.plan(lambda: 0))["Action"] == "PLAN":
        calls += 1
    assert calls > 10 and len(plan["Chunks"]) > 3
    for chunk in plan["Chunks"]:
        work_off(job, chunk)
    job.complete()
    record = job.jobs.get(job.job_id)
    assert (record["JobStatus"], record["TotalProcessed"], record["TotalFailures"]) == ("COMPLETED", 36, 0)
    assert len(stored(jobs)) == 12
    assert "_Plan" not in record


def test_an_attempt_behind_a_killed_one_goes_on_where_that_was_and_a_lost_chunk_counts_what_it_wrote(jobs, monkeypatch):
    monkeypatch.setattr(piece_reading, "ROWS_PER_WRITE", 10)
    monkeypatch.setattr(piece_reading, "ROWS_PER_KEEP", 10)
    jobs.put("a.csv", HEADER + rows(100))
    job = jobs.new_import("a.csv", **define_segment(jobs))
    job.plan()
    write, written = piece_reading.ImportWriter.write, []

    def killed(self, batch):
        if len(written) in (3, 5, 5 + 2):
            written.append(0)
            raise SystemExit
        written.append(len(batch))
        return write(self, batch)

    monkeypatch.setattr(piece_reading.ImportWriter, "write", killed)
    for _ in range(3):
        with pytest.raises(SystemExit):
            job.process(0, None, lambda: 100.0)
    job.lose(0, "killed")
    job.complete()
    record = job.jobs.get(job.job_id)
    assert sum(written) == 50 == len(stored(jobs)) == record["TotalProcessed"]
    assert record["JobStatus"] == "FAILED"
    assert record["Failures"] == ["a.csv: a part of the file from line 52 on was not imported (killed)"]
    segment = Segments(jobs.tables.registry, APPLICATION).get("seg")
    assert "ImportDefinition" not in segment


def test_a_job_that_the_service_gave_up_counts_what_was_written(jobs):
    jobs.put("a.csv", HEADER + rows(3))
    job = jobs.new_import("a.csv")
    for chunk in job.plan()["Chunks"]:
        work_off(job, chunk)
    job.fail("States.Timeout")
    record = job.jobs.get(job.job_id)
    assert (record["JobStatus"], record["TotalProcessed"]) == ("FAILED", 3)
    assert record["Failures"] == ["the import stopped: States.Timeout"]


def test_rows_that_opt_endpoints_out_are_counted(jobs):
    jobs.put(
        "a.csv",
        "ChannelType,Address,OptOut\nSMS,+14256790001,ALL\nSMS,+14256790002,NONE\nEMAIL,a@example.com,ALL\nSMS,,ALL\n",
    )
    assert jobs.import_job("a.csv")["OptedOutEndpoints"] == 2
    jobs.put("b.csv", "ChannelType,Address\nSMS,+14256790003\n")
    assert "OptedOutEndpoints" not in jobs.import_job("b.csv")
