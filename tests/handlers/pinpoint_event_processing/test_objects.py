"""Architecture 6: each line of an event object is done, set aside with its source, or tried again."""

from __future__ import annotations

import base64
import json
import tracemalloc

import pytest

from handlers.pinpoint_event_processing import transformation
from handlers.pinpoint_event_processing.function import handler
from handlers.pinpoint_event_processing.lines import lines
from tests.handlers.shared.fakes import s3_event, sqs_event
from tests.handlers.suppression.world import APPLICATION, objects_in, world  # noqa: F401

KEY = "events/2030/01/02/03/a+b object"


def hard_bounce(address, endpoint="e1", bounce_type="Permanent"):
    bounce = {"bounce_type": bounce_type, "bounced_recipients": [{"email_address": address}], "feedback_id": address}
    return email("_email.hardbounce", endpoint, bounce=bounce)


def complaint(address, endpoint="e1"):
    return email("_email.complaint", endpoint, complaint={"complained_recipients": [{"email_address": address}]})


def email(kind, endpoint, **detail):
    return {
        "event_type": kind,
        "client": {"client_id": endpoint},
        "application": {"app_id": APPLICATION},
        "facets": {"email_channel": {"mail_event": {"mail": {"message_id": "m"}, **detail}}},
    }


def put(world, *parts, key=KEY):  # noqa: F811
    body = b"\n".join(part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts)
    world.s3.put_object(Bucket="bucket", Key=key, Body=body)


def run(*keys):
    return handler(sqs_event(*(s3_event(key, bucket="bucket") for key in keys)), None)


def test_hard_bounces_and_complaints_are_suppressed_and_their_endpoints_opted_out_as_they_are(world):  # noqa: F811
    world.endpoint("e1", Address="Bo@example.org", ChannelType="EMAIL", OptOut="NONE")
    world.endpoint("e2", Address="co@example.org", ChannelType="EMAIL", EndpointStatus="INACTIVE")
    world.endpoint("e3", Address="moved@example.org", ChannelType="EMAIL")
    put(
        world,
        hard_bounce("bo@example.org", "e1"),
        complaint("co@example.org", "e2"),
        hard_bounce("old@example.org", "e3"),
        hard_bounce("gone@example.org", "unknown"),
        hard_bounce("soft@example.org", bounce_type="Transient"),
        {"event_type": "_email.open"},
    )
    assert run(KEY) == {"batchItemFailures": []}
    assert set(world.suppressed) == {"bo@example.org", "co@example.org", "old@example.org", "gone@example.org"}
    assert world.endpoints["e1"]["OptOut"] == "ALL"
    assert (world.endpoints["e2"]["OptOut"], world.endpoints["e2"]["EndpointStatus"]) == ("ALL", "INACTIVE")
    assert "OptOut" not in world.endpoints["e3"]
    assert "unknown" not in world.endpoints
    assert objects_in(world, "errors/") == {}


def test_bad_lines_become_an_object_that_names_the_source_object_and_line(world):  # noqa: F811
    bad = [
        b"{",
        b"[1]",
        b"\xff\xfe",
        b'{"event_type": 5}',
        b'{"event_type": "_email.hardbounce"}',
        json.dumps(email("_email.hardbounce", "e", bounce={"bounce_type": "Permanent"})).encode(),
        json.dumps(email("_email.complaint", "e", complaint={"complained_recipients": []})).encode(),
        json.dumps(hard_bounce("refused@example.org")).encode(),
        b'{"event_type": "_email.hardbounce", "a": "\\ud800"}',
        b"[" * 100_000,
        b'{"event_type":"' + b"x" * 5_000_000 + b'"}',
    ]
    put(world, *bad, hard_bounce("bo@example.org"), b"", {"event_type": "_unheard.of"})
    assert run(KEY) == {"batchItemFailures": []}
    ((key, body),) = objects_in(world, "errors/").items()
    assert key == "errors/2030/01/02/03/a+b object.ndjson"
    entries = [json.loads(line) for line in body.splitlines()]
    assert {entry["Line"] for entry in entries} == set(range(1, len(bad) + 1))
    assert {(entry["Bucket"], entry["Key"]) for entry in entries} == {("bucket", KEY)}
    assert all(entry["Reason"] and ("Record" in entry or "RecordBase64" in entry) for entry in entries)
    assert set(world.suppressed) == {"bo@example.org"}
    run(KEY)
    assert objects_in(world, "errors/") == {key: body}


def test_what_can_be_read_of_a_line_is_done_whatever_else_is_in_it(world):  # noqa: F811
    mixed = [{"email_address": "al@example.org"}, {"email_address": "nobody"}]
    detail = {"complaint": {"complained_recipients": mixed}}
    events = [email("_email.complaint", "e1", **detail), {"event_type": 5}, hard_bounce("bo@example.org", "e2")]
    put(world, "".join(json.dumps(event) for event in events).encode())
    assert run(KEY) == {"batchItemFailures": []}
    assert world.suppressed == {"al@example.org": "COMPLAINT", "bo@example.org": "BOUNCE"}
    (line,) = next(iter(objects_in(world, "errors/").values())).splitlines()
    assert json.loads(line)["Reason"] == (
        "no email address: complained_recipients[1].email_address; event_type is missing or no text"
    )


def test_in_equals_done_plus_errors_plus_dead_letters_with_every_third_call_throttled(world):  # noqa: F811
    world.throttle_every = 3
    put(world, *(hard_bounce(f"u{n}@example.org", f"e{n}") for n in range(30)), b"{", b"[]")
    for _ in range(30):
        if not run(KEY)["batchItemFailures"]:
            break
    else:
        # An object of thirty calls with each third throttled never succeeds whole: SQS dead-letters it.
        assert len(world.suppressed) == 30
    errors = objects_in(world, "errors/")
    assert len(next(iter(errors.values())).splitlines()) == 2
    assert len(world.suppressed) == 30


def test_an_object_that_is_gone_and_an_event_that_is_none_are_dead_lettered(world):  # noqa: F811
    answer = handler(sqs_event(s3_event("events/none", bucket="bucket"), "{", "[]", '{"detail": {}}'), None)
    assert answer == {"batchItemFailures": []}
    assert len(world.dead) == 4


def test_memory_does_not_grow_with_the_object():
    def peak(count):
        chunk = b'{"event_type": "_email.open"}\n' * 1000
        tracemalloc.start()
        assert sum(1 for _ in lines(chunk for _ in range(count))) == 1000 * count
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(200)  # what measures the lines takes its probes out as they are reached often
    assert peak(200) < 2 * peak(10) + 100_000


@pytest.mark.parametrize("step", [1, 2, 7, 1000])
def test_lines_are_the_same_however_they_are_cut(step):
    data = b"one\n\n  \nfour\r\nfive is long\nsix"
    found = [
        (line.number, line.data.strip(), line.whole)
        for line in lines((data[at : at + step] for at in range(0, len(data), step)), 8)
    ]
    assert found == [(1, b"one", True), (4, b"four", True), (5, b"five is", False), (6, b"six", True)]


def test_firehose_keeps_what_matters_one_line_each_and_what_cannot_be_read():
    def record(data):
        return base64.b64encode(data if isinstance(data, bytes) else json.dumps(data).encode()).decode()

    given = [hard_bounce("a@b.c"), complaint("a@b.c"), {"event_type": "_email.open"}, b"{", {"event_type": None}]
    event = {"records": [{"recordId": str(at), "data": record(data)} for at, data in enumerate(given)]}
    event["records"].append({"recordId": "5", "data": "no base64!"})
    answer = transformation.handler(event, None)["records"]
    assert [(r["recordId"], r["result"]) for r in answer] == [
        ("0", "Ok"), ("1", "Ok"), ("2", "Dropped"), ("3", "Ok"), ("4", "Ok"), ("5", "Ok"),
    ]  # fmt: skip
    kept = [base64.b64decode(r["data"]) for r in answer if r["result"] == "Ok"]
    assert all(line.endswith(b"\n") for line in kept)
    assert kept[-1] == b"no base64!\n"
