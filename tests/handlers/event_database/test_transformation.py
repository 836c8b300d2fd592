from __future__ import annotations

import base64
import hashlib
import json

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from components.event_database_views.table import COLUMNS, EVENT_COLUMNS
from handlers.event_database import transformation
from handlers.event_database.hive_types import compile_columns
from handlers.shared import clients, delivery
from handlers.shared.delivery import RefusedRecordError
from tests.handlers.event_database import events
from tests.handlers.event_database.events import batch, delivered, record
from tests.handlers.shared.fakes import Context, client_error

BUCKET = "events-bucket"


@pytest.fixture
def s3(monkeypatch):
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TABLE_COLUMNS": json.dumps(EVENT_COLUMNS),
        "ERROR_BUCKET": BUCKET,
        "ERROR_PREFIX": "errors/",
        "ARCHIVE_PREFIX": "archive/",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        clients.forget_clients()
        transformation._environment.cache_clear()
        transformation._rows.cache_clear()
        client = boto3.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client
        transformation._environment.cache_clear()
        transformation._rows.cache_clear()
        clients.forget_clients()


def errors(s3) -> list[dict]:
    found = []
    for entry in s3.list_objects_v2(Bucket=BUCKET, Prefix="errors/").get("Contents", []):
        body = s3.get_object(Bucket=BUCKET, Key=entry["Key"])["Body"].read()
        found += [json.loads(line) for line in body.splitlines()]
    return found


def test_an_event_becomes_one_line_with_every_column_and_the_event_itself(s3):
    event = events.email("click")
    event["facets"]["email_channel"]["mail_event"]["click"]["link_tags"] = {"unsubscribeLinkTag": ["a"]}
    answer = transformation.handler(batch(event), Context())
    (row,) = delivered(answer)
    assert base64.b64decode(answer["records"][0]["data"]).endswith(b"}\n")
    assert set(row) <= set(COLUMNS)
    assert row["awsaccountid"] == "123456789012"
    mail_event = row["facets"]["email_channel"]["mail_event"]
    assert mail_event["click"]["link_tags"] == {"unsubscribelinktag": ["a"]}
    assert mail_event["mail"]["common_headers"]["subject"] == "Grüße 🎉"
    assert json.loads(row["raw"]) == event
    assert errors(s3) == []


def test_what_is_lost_in_no_column_is_kept(s3):
    (row,) = delivered(transformation.handler(batch(events.custom()), Context()))
    assert row["metric_values"] == {"seats": 2.0, "price": 3.0}
    assert row["metrics"] == {}
    assert json.loads(row["raw"])["app_build"] == {"number": 7}
    assert row["session"]["start_timestamp"] == str(events.TIME)


def test_a_copy_of_an_event_has_its_id_and_another_event_another(s3):
    event = events.email("open")
    rows = delivered(transformation.handler(batch(event, event, events.email("open", "ep-ada")), Context()))
    assert rows[0]["event_id"] == rows[1]["event_id"] != rows[2]["event_id"]
    assert rows[0]["event_id"] == hashlib.sha256(json.dumps(event, ensure_ascii=False).encode()).hexdigest()[:32]


def test_sends_name_their_place_in_the_archive_and_a_row_does_not_depend_on_it(s3):
    send, broken = events.campaign_send(), events.campaign_send()
    broken["client"] = {}
    rows = delivered(transformation.handler(batch(send, broken), Context()))
    assert rows[0]["client_context"]["custom"]["message_archive_location"].startswith("archive/ep-bo/2030/01/01/00/")
    assert "message_archive_location" not in rows[1]["client_context"]["custom"]
    assert "message_archive_location" not in rows[0]["raw"]


BROKEN = {
    "not base64": ({"recordId": "b", "approximateArrivalTimestamp": events.TIME, "data": "***"}, "not base64"),
    "latin 1": (record('{"event_type": "ü"}'.encode("latin-1"), "b"), "not UTF-8"),
    "cut off": (record(b'{"event_type": "_email.open", "event_ti', "b"), "not JSON"),
    "empty": (record(b"", "b"), "not JSON"),
    "a list": (record(b"[]", "b"), "JSON list"),
    "NaN": (record(b'{"event_type": "a", "event_timestamp": 1, "metrics": {"m": NaN}}', "b"), "NaN"),
    "deep": (record(b'{"a":' * 100_000, "b"), "nested too deeply"),
    "list of types": (record({"event_type": ["a"], "event_timestamp": 1}, "b"), "event_type is a JSON list"),
    "no type": (record({"event_timestamp": 1}, "b"), "event_type missing"),
    "no time": (record({"event_type": "a"}, "b"), "event_timestamp missing"),
    "time in words": (record({"event_type": "a", "event_timestamp": "noon"}, "b"), "event_timestamp is a JSON text"),
    "time in seconds": (record({"event_type": "a", "event_timestamp": 1893456000}, "b"), "has 10 digits, as seconds"),
    "seconds as a float": (record({"event_type": "a", "event_timestamp": 1893456000.0}, "b"), "has 10 digits"),
    "arrival in seconds": (
        record({**events.envelope("a"), "arrival_timestamp": 1893456000}, "b"),
        "arrival_timestamp has 10 digits",
    ),
    "time too large": (record({"event_type": "a", "event_timestamp": 2**63}, "b"), "out of range"),
    "attributes a list": (record(events.envelope("a", attributes=["x"]), "b"), "attributes is a JSON array"),
    "metric a text": (record(events.envelope("a", metrics={"m": "much"}), "b"), "metrics.* is a JSON text"),
    "facets a text": (record(events.envelope("a", facets="x"), "b"), "facets is a JSON text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_is_kept_with_its_reason_and_source_and_holds_up_nothing(s3, name):
    broken, reason = BROKEN[name]
    answer = transformation.handler(batch(events.email("open"), broken, events.custom()), Context())
    assert [entry["result"] for entry in answer["records"]] == ["Ok", "Dropped", "Ok"], (
        "stored here, so Firehose must not store it again"
    )
    (error,) = errors(s3)
    assert reason in error["reason"]
    assert error["rawData"] == broken["data"]
    assert error["source"]["recordId"] == "b"
    assert error["source"]["deliveryStreamArn"].endswith("deliverystream/d")


def test_everything_that_goes_in_comes_out_as_a_row_or_as_an_error(s3):
    good = [*events.all_events(), events.custom("never.heard.of"), events.custom(size="x" * 1_000_000)]
    broken = [{**found, "recordId": f"b-{name}"} for name, (found, _) in BROKEN.items()]
    answer = transformation.handler(batch(*good, *broken), Context())
    rows = delivered(answer)
    assert len(answer["records"]) == len(good) + len(broken)
    assert (len(rows), len(errors(s3))) == (len(good), len(broken))
    transformation.handler(batch(*good, *broken), Context())
    assert len(errors(s3)) == len(broken), "the batch again writes the same error object again"


def test_reasons_hold_no_values(s3):
    event = events.envelope("a", metrics={"bo@example.org": "bo@example.org"}, event_timestamp="bo@example.org")
    transformation.handler(batch(event), Context())
    assert "bo@example.org" not in errors(s3)[0]["reason"]


def test_where_refused_records_cannot_be_kept_the_batch_is_tried_again(s3, monkeypatch):
    class Broken:
        def put_object(self, **_):
            raise client_error("SlowDown", 503)

    monkeypatch.setattr(delivery, "aws_client", lambda service: Broken())
    with pytest.raises(Exception, match="SlowDown"):
        transformation.handler(batch(b"{"), Context())


def test_half_an_emoji_is_no_reason_to_refuse(s3):
    text = json.dumps(events.custom()).replace("landing", "\\ud83c").encode()
    (row,) = delivered(transformation.handler(batch(text), Context()))
    assert row["attributes"]["source"] == "?"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(sorted(EVENT_COLUMNS)),
)
def test_any_value_in_any_column_fits_or_is_refused(value, column):
    try:
        row = compile_columns(EVENT_COLUMNS)({column: value})
    except RefusedRecordError:
        return
    json.dumps(row, allow_nan=False)
    assert compile_columns(EVENT_COLUMNS)(row) == row
