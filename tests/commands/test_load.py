"""`engagement project load` into the hosted service, whose handler answers in process."""

import gzip
import itertools
import json

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from commands.command import run
from commands.groups import project
from commands.loading import endpoints as endpoint_loading
from handlers.engagement.jobs.rows import earlier_endpoint_id, endpoint_id
from tests.commands.loading import EXPORT, rows, sms
from tests.handlers.engagement.conftest import APPLICATION, _Raw, connect, one_call_at_a_time, world  # noqa: F401


def test_the_example_is_loaded_and_a_second_time_nothing_is_changed(loading):
    code, said = loading.load(str(EXPORT), "--ids", "ids.json")
    assert (code, said["problems"]) == (0, 0)
    assert said["endpoints"] == {"loaded": 4}
    assert said["segments"] == {"created": 2} and said["templates"] == {"created": 2}
    ada = loading.endpoint("ada-phone")
    assert (ada["Attributes"], ada["Metrics"], ada["User"]["UserId"]) == ({"Plan": ["gold"]}, {"Orders": 3.0}, "ada")
    assert loading.endpoint("ben-phone")["OptOut"] == "ALL"
    assert loading.endpoint("cleo-old-phone")["EndpointStatus"] == "INACTIVE"
    segments = loading.segments()
    [source] = segments["Gold by text"]["SegmentGroups"]["Groups"][0]["SourceSegments"]
    assert source["Id"] == segments["Gold"]["Id"]
    ids = json.loads((loading.folder / "ids.json").read_text())
    assert ids == {"1" * 32: segments["Gold"]["Id"], "2" * 32: segments["Gold by text"]["Id"]}
    assert not (loading.folder / "load-errors.csv").exists()
    before = {name: segment["Version"] for name, segment in segments.items()}
    for options in (["--ids", "ids.json"], []):
        code, said = loading.load(str(EXPORT), *options)
        assert code == 0 and said["segments"] == {"unchanged": 2} and said["templates"] == {"unchanged": 2}
    assert {name: segment["Version"] for name, segment in loading.segments().items()} == before


def test_what_changed_is_updated(loading):
    loading.load(str(EXPORT))
    changed = (EXPORT / "templates.json").read_text().replace("ends soon", "has ended")
    segments = (EXPORT / "segments.json").read_text().replace('"gold"', '"platinum"')
    code, said = loading.load(loading.file("t.json", changed), loading.file("s.json", segments))
    assert code == 0 and said["templates"] == {"updated": 1, "unchanged": 1}
    assert said["segments"] == {"updated": 1, "unchanged": 1}
    body = loading.client.get_sms_template(TemplateName="renewal")["SMSTemplateResponse"]["Body"]
    assert body.endswith("has ended.")


def test_broken_lines_are_reported_with_their_place_and_stop_no_other(loading):
    long = {"Attributes": {f"n{number:03d}": ["x" * 100] * 2 for number in range(120)}}
    lines = [
        json.dumps(sms("a1")),
        "{broken",
        json.dumps(sms("a$2")),
        "",
        json.dumps([1]),
        json.dumps(sms("a3", ChannelType="PIGEON")),
        json.dumps(sms("a4", Attributes={"n" * 51: ["x"]})),
        json.dumps(sms("a5", Attributes={"n": ["x" * 101]})),
        json.dumps(sms("a6", Attributes={"n": ["x"] * 51})),
        json.dumps(sms("a7", **long)),
        json.dumps({"Address": "+12065550199"}),
        json.dumps({"User": {"UserId": "u"}}),
        json.dumps(sms("a8", EndpointStatus="SLEEPING")),
        json.dumps(sms("")),
        json.dumps(sms("a9", Unknown=1)),
        json.dumps(sms("a10")).replace("a10", "x" * 300_000),
        json.dumps({"ChannelType": "SMS", "Address": "+12065550198"}),
    ]
    raw = "\n".join(lines).encode() + b"\n\xff\xfe{\n" + json.dumps(sms("last")).encode()
    code, said = loading.load(loading.file("e.jsonl", raw), "--errors", "bad.csv")
    assert code == 1 and said["errors"] == "bad.csv"
    found = {line: reason for line, _, reason in loading.errors("bad.csv")}
    expected = {
        "2": "is not a JSON object",
        "3": "contains one of $",
        "5": "is not a JSON object",
        "6": "ChannelType is 'PIGEON'; allowed are",
        "7": "has 51 characters; allowed are 1 to 50",
        "8": "at most 100 are allowed",
        "9": "at most 50 are allowed",
        "10": "15 KB",
        "11": "ChannelType missing",
        "12": "names a user and no endpoint",
        "13": "EndpointStatus is 'SLEEPING'; allowed are ACTIVE, INACTIVE",
        "14": "Id is ''",
        "15": "unknown member 'Unknown'",
        "16": "is longer than 262144 bytes",
        "18": "is not UTF-8 text",
    }
    assert found.keys() == expected.keys()
    assert {line: expected[line] in reason for line, reason in found.items()} == dict.fromkeys(expected, True)
    assert said["endpoints"] == {"loaded": 3, "not loaded": 15}
    assert loading.endpoint("last")["ChannelType"] == "SMS"


def test_csv_is_read_by_its_header_and_gzip_is_unpacked(loading):
    text = "\ufeffId,ChannelType,Address,Attributes.Plan,Attributes.Plan\r\nc1,SMS,+12065550170,gold,new\r\nc2,SMS,+12065550171\r\n"
    loading.file("export/part-0000.gz", gzip.compress(text.encode()))
    loading.file("export/.hidden", "nothing")
    loading.file("export/more/notes", "Id,Colour\n1,red\n")
    loading.file(
        "export/cut.jsonl.gz",
        gzip.compress((rows(sms("c3")) + " \n" * 40_000).encode(), compresslevel=0)[:-400],
    )
    code, said = loading.load(str(loading.folder / "export"))
    assert code == 1 and loading.endpoint("c1")["Attributes"] == {"Plan": ["gold", "new"]}
    assert loading.endpoint("c3")
    reasons = [reason for _, _, reason in loading.errors()]
    assert loading.endpoint("c2")["Address"] == "+12065550171"
    assert any("unknown column 'Colour'" in reason for reason in reasons)
    assert any("cannot be read to its end: EOFError" in reason for reason in reasons)
    assert said["problems"] == 2


def test_files_of_s3_are_read(loading):
    loading.s3.create_bucket(Bucket="exports")
    loading.s3.put_object(Bucket="exports", Key="2026/a.jsonl.gz", Body=gzip.compress(rows(sms("s1")).encode()))
    loading.s3.put_object(Bucket="exports", Key="2026/b.csv", Body=b"Id,ChannelType,Address\ns2,SMS,+12065550171\n")
    loading.s3.put_object(Bucket="exports", Key="2026/", Body=b"")
    code, said = loading.load("s3://exports/2026/")
    assert (code, said["endpoints"]) == (0, {"loaded": 2})
    assert loading.endpoint("s1") and loading.endpoint("s2")
    code, said = loading.load("s3://exports/2027/")
    assert code == 1 and "s3://exports/2027/: there is no file" in said["error"]


def test_endpoints_go_a_hundred_a_call_and_rows_of_one_endpoint_in_order(loading, monkeypatch):
    monkeypatch.setattr(endpoint_loading, "WAVE", 200)
    people = [sms(f"p{number}", Attributes={"At": ["first"], "Kept": ["yes"]}) for number in range(250)]
    again = [sms(f"P{number}".lower(), Attributes={"At": [str(turn)]}) for turn in range(3) for number in range(50)]
    code, said = loading.load(loading.file("e.json", rows(*people, *again)))
    assert (code, said["endpoints"]) == (0, {"loaded": 400})
    assert loading.endpoint("p7")["Attributes"] == {"At": ["2"], "Kept": ["yes"]}
    assert loading.endpoint("p249")["Attributes"]["At"] == ["first"]
    assert loading.calls.count("UpdateEndpointsBatch") <= 7


def test_throttling_and_faults_on_every_third_call_lose_nothing(loading, monkeypatch):
    """The client's own retries, here with a client that has them."""
    from botocore.config import Config

    retrying = boto3.client("pinpoint", config=project.CONFIG.merge(Config(parameter_validation=False)))
    count = itertools.count(1)

    def third(**_):
        number = next(count)
        if number % 3:
            return None
        code, status = ("TooManyRequestsException", 429) if number % 2 else ("InternalServerErrorException", 500)
        body = json.dumps({"Message": "no", "RequestID": "r"}).encode()
        return AWSResponse("https://pinpoint", status, {"x-amzn-ErrorType": code}, _Raw(body))

    monkeypatch.setattr("time.sleep", lambda _: None)
    retrying.meta.events.register_first("before-send.pinpoint", lambda request, **_: _answered(request))
    retrying.meta.events.register_first("before-send.pinpoint", third)
    loading.client = retrying
    code, said = loading.load(loading.file("e.json", rows(*(sms(f"p{number}") for number in range(300)))), str(EXPORT))
    assert (code, said["problems"]) == (0, 0)
    assert said["endpoints"] == {"loaded": 304} and next(count) > 10


def _answered(request):
    from handlers.engagement.api.function import handler
    from tests.handlers.engagement.conftest import _text, url_event

    body = request.body or b""
    headers = {name: _text(value) for name, value in request.headers.items()}
    result = handler(
        url_event(request.method, request.url, headers, body if isinstance(body, bytes) else body.encode()), None
    )
    return AWSResponse(request.url, result["statusCode"], result["headers"], _Raw(result["body"].encode()))


def test_a_row_that_the_service_alone_refuses_is_reported_and_the_others_are_stored(loading):
    client = loading.client
    client.remove_attributes  # noqa: B018 the client is real
    users = [sms(f"u{number}", User={"UserId": "one"}) for number in range(16)]
    code, said = loading.load(loading.file("e.json", rows(*users, sms("other"))))
    assert code == 1 and said["endpoints"] == {"loaded": 16, "not loaded": 1}
    [(line, _, reason)] = loading.errors()
    assert int(line) in range(1, 17) and "15" in reason
    assert loading.endpoint("other")


def segment(identifier: str, name: str, *sources: str, **more: object) -> dict:
    if not sources:
        return {"Id": identifier, "Name": name, "Dimensions": {}, "SegmentType": "DIMENSIONAL", **more}
    groups = [{"SourceSegments": [{"Id": source} for source in sources], "SourceType": "ANY", "Type": "ALL"}]
    return {"Id": identifier, "Name": name, "SegmentGroups": {"Groups": groups, "Include": "ALL"}, **more}


def test_segments_that_cannot_be_loaded_are_named_and_stop_those_alone_that_are_built_on_them(loading):
    given = [
        segment("a", "A", "b"),
        segment("b", "B", "a"),
        segment("c", "C", "nowhere"),
        segment("d", "D", "c"),
        segment("e", "E", Dimensions={"Attributes": {"x": {"AttributeType": "SIDEWAYS", "Values": ["1"]}}}),
        segment("f", "F", SegmentType="IMPORT", ImportDefinition={"S3Url": "s3://x/y"}),
        segment("g", "G", "f"),
        segment("h", "H"),
        {"Id": "i", "Dimensions": {}},
    ]
    code, said = loading.load(loading.file("s.json", json.dumps({"SegmentsResponse": {"Item": given}})))
    assert code == 1 and said["segments"] == {"created": 1, "not loaded": 8}
    found = {identifier: reason for _, identifier, reason in loading.errors()}
    assert "built on this one itself" in found["B"] and "source segment b was not loaded" in found["A"]
    assert "nowhere is in no file" in found["C"] and "source segment c was not loaded" in found["D"]
    assert "SIDEWAYS" in found["E"] and "was imported" in found["F"] and "f was not loaded" in found["G"]
    assert found["i"] == "Name is missing"
    here = loading.segments()["H"]["Id"]
    loading.file("ids.json", json.dumps({"f": here}))
    code, said = loading.load(loading.file("s.json", json.dumps(given[5:8])), "--ids", "ids.json")
    assert code == 0 and said["segments"] == {"unchanged": 2, "created": 1}
    assert json.loads((loading.folder / "ids.json").read_text()).keys() == {"f", "g", "h"}


def test_segments_of_one_name_stay_apart(loading):
    two = loading.file(
        "s.json", rows(segment("a", "Same", Version=2), segment("b", "Same", "a"), segment("a", "Old", Version=1))
    )
    assert loading.load(two, "--ids", "ids.json")[1]["segments"] == {"created": 2}
    assert loading.load(two, "--ids", "ids.json")[1]["segments"] == {"unchanged": 2}
    code, _ = loading.load(two)
    assert code == 1 and "2 segments of the project have this name; say by --ids" in loading.errors()[0][2]


def test_a_thousand_segments_built_on_each_other_are_loaded_in_order(loading, monkeypatch):
    chain = [segment(f"s{n}", f"S{n}", *([f"s{n + 1}"] if n < 999 else [])) for n in range(1000)]
    code, said = loading.load(loading.file("s.json", json.dumps(chain)), "--dry-run")
    assert (code, said["segments"]) == (0, {"checked": 1000})


def test_templates_that_cannot_be_loaded_are_named(loading):
    given = [
        {"TemplateName": "in-app", "TemplateType": "INAPP", "Content": []},
        {"TemplateName": "listed", "TemplateType": "SMS"},
        {"TemplateType": "SMS", "Body": "x"},
        {"TemplateName": "broken", "TemplateType": "SMS", "Body": "{{#if x}}no end"},
        {"TemplateName": "two", "TemplateType": "SMS", "Body": "old", "Version": "9"},
        {"TemplateName": "two", "TemplateType": "SMS", "Body": "new", "Version": "10"},
        {"Name": "campaign", "Schedule": {}},
        "text",
    ]
    code, said = loading.load(loading.file("t.json", json.dumps(given)))
    assert code == 1 and said["templates"] == {"created": 1, "not loaded": 4}
    reasons = " | ".join(reason for _, _, reason in loading.errors())
    for expected in (
        "'INAPP'; allowed are EMAIL",
        "needed is the answer of GetSmsTemplate",
        "TemplateName is missing",
        "Body: ",
        "is neither an endpoint, a segment, a template nor a journey",
    ):
        assert expected in reasons
    assert loading.client.get_sms_template(TemplateName="two")["SMSTemplateResponse"]["Body"] == "new"


def test_a_dry_run_makes_no_call(loading, capsys):
    loading.file("bad/e.jsonl", rows(sms("ok"), {"Address": "x"}))
    assert run(["project", "load", str(EXPORT), str(loading.folder / "bad"), "--dry-run"]) == 1
    said = capsys.readouterr()
    assert said.out == "endpoints: 5 checked, 1 not loaded\nsegments: 2 checked\ntemplates: 2 checked\n"
    assert "e.jsonl line 2: ChannelType missing" in said.err and "1 problems" in said.err
    assert not loading.calls


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("[1, 2", "is not JSON"),
        ("Hello\n", "unknown column 'Hello'"),
        (b"\x1f\x8bnot gzip", "cannot be read to its end"),
        ("[" * 100_000, "nested too deeply"),
        ("Address,Address\n", "repeats Address"),
    ],
)
def test_a_file_that_is_none_says_why(loading, content, expected):
    code, said = loading.load(loading.file("file", content))
    assert code == 1 and said["problems"] == 1
    assert expected in loading.errors()[0][2]


def test_what_is_missing_is_said_in_one_line(loading, capsys):
    assert run(["project", "load", "nowhere", "--application", APPLICATION]) == 1
    assert "nowhere: there is no file" in capsys.readouterr().err
    assert run(["project", "load", "nowhere"]) == 2
    assert "--application ID is missing" in capsys.readouterr().err
    assert run(["project", "load", str(EXPORT), "--application", "0" * 32]) == 1
    assert "error: " in capsys.readouterr().err
    loading.file("ids.json", "[1]")
    assert run(["project", "load", str(EXPORT), "--application", APPLICATION, "--ids", "ids.json"]) == 1
    assert "needed is a JSON object of segment ids" in capsys.readouterr().err


def test_a_csv_file_is_read_as_an_import_reads_it(loading):
    text = 'sep=;\r\nAddress;ChannelType;Id;Attributes.note;\r\n+12065550171;SMS;q1;"please\r\nSMS;+12065550199;q2;x"\r\n;;;;\r\n'
    code, said = loading.load(loading.file("q.csv", text))
    assert code == 0 and said["endpoints"] == {"loaded": 1}
    assert loading.endpoint("q1")["Attributes"] == {"note": ["please\r\nSMS;+12065550199;q2;x"]}
    broken = 'Id,ChannelType,Address\nq3,SMS,+12065550172\nq4,SMS,"+12065550173\nq5,SMS,+12065550174\n'
    code, said = loading.load(loading.file("q.csv", broken))
    assert code == 1 and "loaded" not in said["endpoints"]
    assert "a quote in line 3 that is not closed" in loading.errors()[0][2]


def test_rows_without_an_id_keep_the_endpoints_that_an_earlier_release_made_of_their_addresses(loading):
    given = {"ChannelType": "EMAIL", "Address": "Ada@Example.com"}
    earlier = earlier_endpoint_id(APPLICATION, given)
    old = {"Address": "Ada@Example.com", "ChannelType": "EMAIL", "OptOut": "ALL"}
    loading.client.update_endpoint(ApplicationId=APPLICATION, EndpointId=earlier, EndpointRequest=old)
    path = loading.file("people.json", rows(given, {"ChannelType": "EMAIL", "Address": "Bo@example.com"}))
    found = []
    for _ in range(2):
        code, said = loading.load(path)
        assert code == 0 and said["endpoints"] == {"loaded": 2}
        endpoint = loading.endpoint(earlier)
        assert (endpoint["OptOut"], endpoint["EndpointStatus"]) == ("ALL", "ACTIVE")
        with pytest.raises(loading.client.exceptions.NotFoundException):
            loading.endpoint(endpoint_id(APPLICATION, given))
        bo = loading.endpoint(endpoint_id(APPLICATION, {"ChannelType": "EMAIL", "Address": "bo@example.com"}))
        found.append((endpoint["Address"], endpoint["CreationDate"], bo["Address"], bo["CreationDate"]))
    assert found[0] == found[1]
