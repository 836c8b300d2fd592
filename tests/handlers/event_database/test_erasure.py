from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
from urllib.parse import quote

import boto3
import pytest
from moto import mock_aws

from handlers.event_database import erasure_function
from handlers.shared import clients
from handlers.shared.erasure import step
from handlers.shared.erasure.objects import Cursor, Erasure, Place
from handlers.shared.erasure.person import Person
from tests.handlers.event_database import events
from tests.handlers.shared.fakes import Context

BUCKET, RESULTS = "events-bucket", "results-bucket"
BO = ["ep-bo", "bo@example.org"]


@pytest.fixture(params=[True, False], ids=["versioned", "unversioned"])
def s3(request, monkeypatch):
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "EVENTS_BUCKET": BUCKET,
        "EVENTS_PREFIX": "events/",
        "ERROR_PREFIX": "errors/",
        "RESULTS_BUCKET": RESULTS,
        "RESULTS_PREFIX": "results/",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget_clients()
        client = boto3.client("s3")
        for bucket in (BUCKET, RESULTS):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        if request.param:
            client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        yield client
        clients.forget_clients()


def put(s3, key, found, *, compressed=True, bucket=BUCKET):
    content = b"".join(line if isinstance(line, bytes) else events.line(line) for line in found)
    s3.put_object(Bucket=bucket, Key=key, Body=gzip.compress(content) if compressed else content)


def versions(s3, bucket=BUCKET) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
        body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"].read()
        found.setdefault(version["Key"], []).append(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body)
    return found


def erase(identifiers=BO, **event):
    erasure_function._environment.cache_clear()
    return erasure_function.handler({"Identifiers": identifiers, **event}, Context())


def test_one_persons_events_go_from_every_version_and_all_others_stay(s3):
    others = [events.sms("SUCCESS"), events.custom("signup", metrics={}, attributes={"note": "x"})]
    others[1]["client"]["client_id"] = "ep-bo-2"
    key = "events/2030/01/01/00/a.gz"
    put(s3, key, [events.email("open"), others[0], events.campaign_send(), others[1]])
    put(s3, "events/2030/01/01/01/plain", [events.email("send"), others[0]], compressed=False)
    put(s3, "events/2030/01/01/02/only", [events.email("send")])
    put(s3, "events/2030/01/01/02/none", others)
    answer = erase()
    assert versions(s3) == {
        key: [events.line(others[0]) + events.line(others[1])],
        "events/2030/01/01/01/plain": [events.line(others[0])],
        "events/2030/01/01/02/none": [b"".join(map(events.line, others))],
    }
    assert (answer["Done"], answer["Rewritten"], answer["Deleted"], answer["Lines"]) == (True, 2, 1, 4)
    assert erase()["Lines"] == 0, "again changes nothing"


def test_refused_records_and_query_results_of_the_person_go_too(s3):
    raw = base64.b64encode(b'{"event_type": "x", "to": "bo@example.org"').decode()
    bad = json.dumps({"reason": "r", "rawData": raw}).encode() + b"\n"
    good = json.dumps({"reason": "r", "rawData": base64.b64encode(b"{").decode()}).encode() + b"\n"
    put(s3, "errors/refused/a.json", [bad, good], compressed=False)
    put(s3, "results/q.csv", [b'"destination"\n', b'"[bo@example.org]"\n'], compressed=False, bucket=RESULTS)
    put(s3, "results/other.csv", [b'"n"\n', b'"1"\n'], compressed=False, bucket=RESULTS)
    erase()
    assert versions(s3) == {"errors/refused/a.json": [good]}
    assert set(versions(s3, RESULTS)) == {"results/other.csv"}


def test_an_old_version_that_holds_the_person_goes(s3):
    put(s3, "events/a", [events.email("open")])
    put(s3, "events/a", [events.sms("SUCCESS")])
    erase()
    assert versions(s3) == {"events/a": [events.line(events.sms("SUCCESS"))]}


def racing(monkeypatch, meanwhile):
    """A client by whose first writing somebody else has been at the object just before."""
    client = clients.aws_client("s3")
    put_object, calls = client.put_object, []

    def late(**arguments):
        calls.append(arguments["Key"])
        if len(calls) == 1:
            meanwhile()
        return put_object(**arguments)

    monkeypatch.setattr(client, "put_object", late)
    return client, calls


def test_what_was_written_meanwhile_is_not_undone(s3, monkeypatch):
    first, other = events.envelope("_custom.first", "ep-ada"), events.envelope("_custom.other", "ep-cleo")
    put(s3, "events/a", [events.email("open"), events.sms("SUCCESS"), first])
    client, calls = racing(monkeypatch, lambda: put(s3, "events/a", [events.email("open"), first, other]))
    Erasure(client, Person(BO), [Place(BUCKET, "events/")]).run()
    [content] = versions(s3)["events/a"]
    assert content == events.line(first) + events.line(other)
    assert len(calls) == 2


def test_two_erasures_of_one_object_do_not_undo_each_other(s3, monkeypatch):
    other = events.envelope("_custom.other", "ep-cleo")
    put(s3, "events/a", [events.email("open"), events.envelope("_custom.first", "ep-ada"), other])
    places = [Place(BUCKET, "events/")]
    client, _ = racing(monkeypatch, lambda: Erasure(s3, Person(["ep-ada"]), places).run())
    Erasure(client, Person(BO), places).run()
    assert versions(s3) == {"events/a": [events.line(other)]}


def test_a_run_that_ends_early_goes_on_where_it_stopped(s3, monkeypatch):
    for at in range(5):
        put(s3, f"events/{at}", [events.email("open"), events.sms("SUCCESS")])
    client = clients.aws_client("s3")
    listing = client.list_object_versions
    monkeypatch.setattr(client, "list_object_versions", lambda **arguments: listing(**arguments, MaxKeys=2))
    erasure = Erasure(client, Person(BO), [Place(BUCKET, "events/"), Place(BUCKET, "errors/")])
    cursor, runs, lines = None, 0, 0
    while runs == 0 or cursor is not None:
        progress = erasure.run(cursor, lambda: True)
        cursor, lines, runs = progress.cursor, lines + progress.lines, runs + 1
        assert runs < 20
    assert lines == 5
    assert runs > 1
    assert isinstance(cursor, Cursor | None)


@pytest.mark.parametrize(
    "text",
    [
        "bo@example.org",
        "Bo <BO@example.org>",
        '{"to": ["bo@example.org"]}',
        json.dumps({"raw": json.dumps({"endpoint": json.dumps({"Address": "bo@example.org"})})}),
        '{"raw": "{\\"to\\": \\"bo\\\\u0040example.org\\"}"}',
        '{"link": "https://example.org/?to=' + quote("bo@example.org", safe="") + '"}',
        "please write to bo@example.org.",
    ],
)
def test_a_person_is_found_however_they_are_written(text):
    assert Person(["bo@example.org"]).is_in_line(text.encode())


@pytest.mark.parametrize("text", ["jo.bo@example.org", "bo@example.org.uk", "xbo@example.org", '{"a": "bo"}', "50%"])
def test_somebody_with_a_longer_address_is_somebody_else(text):
    assert not Person(["bo@example.org"]).is_in_line(text.encode())


def test_a_very_short_id_counts_only_where_it_stands_alone():
    person = Person(["7"])
    assert person.is_in_line(b'{"client": {"client_id": "7"}}')
    assert not person.is_in_line(b'{"subject": "7 days", "n": 7}')


def test_an_erasure_of_nobody_is_refused():
    with pytest.raises(ValueError, match="identifiers are missing"):
        Person([" "])
    with pytest.raises(ValueError, match="must be a list of texts"):
        step.erase({"Identifiers": "bo"}, Context(), [])


def test_memory_does_not_grow_with_the_object(s3):
    def peak(lines: int) -> int:
        put(s3, "events/a", [events.line(events.sms("SUCCESS"))] * lines + [events.email("open")])
        erasure = Erasure(clients.aws_client("s3"), Person(BO), [Place(BUCKET, "events/")])
        tracemalloc.start()
        try:
            assert erasure.run().lines == 1
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(10)
    assert peak(20_000) < peak(1_000) + 8_000_000
