"""The benchmark runs, measures what it says, and does not pass over work that was not done."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest

from bench import __main__ as command
from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.wire import Reply, UnansweredCallError, Wire, json_of
from bench.kind import all_kinds, batches

ROOT = Path(__file__).parents[2]
ITEMS = 200


@functools.cache
def measured(name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.row", name, str(ITEMS)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@functools.cache
def measured_inside(name: str, items: int) -> dict[str, Any]:
    """A row at 0 ms a call."""
    program = "import json, sys; from bench.kind import all_kinds; from bench.row import measure; "
    program += "print(json.dumps(measure(all_kinds()[sys.argv[1]], int(sys.argv[2]), 0)))"
    asked = [sys.executable, "-c", program, name, str(items)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", all_kinds())
def test_a_row_does_its_work_and_never_below_the_floor(name: str) -> None:
    row = measured(name)
    assert row["items"] == ITEMS
    assert row["seconds"] > 0
    assert row["peak_megabytes"] < 256
    for operation, floor in row["floor_by_operation"].items():
        assert row["calls_by_operation"].get(operation, 0) >= floor, operation


def test_endpoint_updates_sit_at_the_floor() -> None:
    row = measured("import-rows")
    for operation in ("dynamodb.BatchGetItem", "dynamodb.TransactWriteItems", "dynamodb.BatchWriteItem"):
        assert row["calls_by_operation"][operation] == row["floor_by_operation"][operation]


def test_an_update_that_leaves_the_user_as_it_is_writes_the_endpoint_alone() -> None:
    row = measured("endpoint-updates-user")
    assert row["write_units"] == 2 * row["items"]
    assert (
        row["calls_by_operation"]["dynamodb.TransactWriteItems"]
        == row["floor_by_operation"]["dynamodb.TransactWriteItems"]
    )


@pytest.mark.parametrize("name", ["import-user-rows", "users-messages"])
def test_a_hundred_users_and_their_endpoints_are_read_by_two_calls(name: str) -> None:
    row = measured(name)
    reads = row["calls_by_operation"]["dynamodb.BatchGetItem"]
    assert reads == row["floor_by_operation"]["dynamodb.BatchGetItem"] == 2 * row["items"] / 100


def test_an_export_asks_for_little_more_than_its_pages() -> None:
    program = "import json; from bench.kind import all_kinds; from bench.row import measure; "
    program += "print(json.dumps(measure(all_kinds()['export-endpoints'], 20000, 0)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["calls_by_operation"]["s3.PutObject"] == row["floor_by_operation"]["s3.PutObject"]
    assert row["calls"] <= row["floor"] + 5  # a count; the job's record read once, and written thrice


def test_a_campaign_s_email_takes_at_most_a_tenth_and_a_fiftieth_of_a_call() -> None:
    row = measured_inside("campaign-emails", 5000)
    again = row["calls_by_operation"].pop(
        "dynamodb.BatchGetItem", 0
    )  # of those read more than a second ago: the machine's speed
    assert (row["calls"] - again) / row["items"] <= 0.12
    assert row["calls_by_operation"]["sesv2.SendBulkEmail"] / row["items"] <= 0.024


def test_ten_dropped_texts_of_a_short_code_take_one_call_that_sends_and_five_beside() -> None:
    row = measured("dropped-texts")
    assert row["calls"] / row["items"] <= 0.6
    assert row["calls_by_operation"]["pinpoint.SendMessages"] == row["floor_by_operation"]["pinpoint.SendMessages"]


def test_an_endpoint_that_a_channel_calls_takes_its_own_call_and_less_than_a_third_of_another() -> None:
    row = measured("channel-calls")
    assert row["calls"] / row["items"] <= 1.3
    assert row["calls_by_operation"]["dynamodb.TransactWriteItems"] == 2 * batches(ITEMS, 50)


def test_phone_validation_overlaps_its_calls() -> None:
    row = measured("phone-numbers")
    assert row["calls"] == row["floor"]
    assert row["most_calls_at_once"] > 10


def test_a_validation_after_an_import_reads_what_was_imported_however_many_endpoints_there_are_beside() -> None:
    few, many = (measured_inside("validation-after-import", items) for items in (200, 4000))
    assert few["read_units"] == many["read_units"]
    assert few["calls_by_operation"] == many["calls_by_operation"]
    of_all = measured_inside("validation-of-all", 4000)
    million = of_all["read_units"] * 1_000_000 / of_all["items"]
    assert many["read_units"] <= million / 100


@pytest.mark.parametrize(("name", "each"), [("segment-on-import", 1), ("segment-on-imports", 2)])
def test_a_segment_on_imports_reads_of_their_endpoints_alone(name: str, each: int) -> None:
    few, many = (measured_inside(name, items)["read_units"] for items in (100, 500))
    assert (
        many - few <= 400 * each
    )  # the endpoint, and of several imports half a unit for whether it is a member of each
    assert few - 100 * each <= 50  # the job, the definitions, and a query of each import in each of 16 shards


def test_both_kinds_of_validation_ask_about_each_unverified_number_once() -> None:
    for name in ("validation-after-import", "validation-of-all"):
        row = measured_inside(name, 500)
        for operation in ("pinpoint.PhoneNumberValidate", "pinpoint.UpdateEndpointsBatch"):
            assert row["calls_by_operation"][operation] == row["floor_by_operation"][operation], name


@pytest.mark.parametrize(
    "name", ["archive-queueing", "segment-events", "segment-events-repeated", "translated-events", "suppressed-bounces"]
)
def test_the_readers_of_events_sit_at_the_floor(name: str) -> None:
    row = measured(name)
    assert row["calls_by_operation"] == row["floor_by_operation"]


def test_endpoints_that_repeat_need_fewer_updates_than_endpoints_that_differ() -> None:
    assert measured("segment-events-repeated")["calls"] < measured("segment-events")["calls"]


@pytest.mark.parametrize("name", ["suppressed-bounces", "suppressed-events"])
def test_suppression_overlaps_its_calls(name: str) -> None:
    assert measured(name)["most_calls_at_once"] > 10


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux gives a process its cores")
def test_a_row_runs_on_one_core() -> None:
    program = "import os; os.sched_setaffinity(0, range(os.cpu_count() or 1)); from bench import row; "
    program += "row.measure = lambda *_: sorted(os.sched_getaffinity(0)); row.main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "events"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(json.loads(done.stdout)) == 1


def test_the_command_prints_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert command.main(["--only", "events", "--items", "10", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert row["name"] == "events"
    assert row["cold_start_own_milliseconds"] <= row["cold_start_milliseconds"]


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(SystemExit):
        command.main(["--only", "nothing"])


def test_batches_round_up() -> None:
    assert [batches(items, 100) for items in (0, 1, 100, 101)] == [0, 1, 1, 2]


class Request:
    def __init__(self, **body: Any) -> None:
        self.body = json.dumps(body)


def test_the_fake_table_refuses_what_a_table_would() -> None:
    tables = FakeDynamoDb()
    answers = tables.answers()
    item = {"pk": {"S": "a"}, "sk": {"S": "b"}, "revision": {"N": "1"}}
    new = {"TableName": "t", "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
    assert answers["dynamodb.PutItem"](Request(**new)).status == 200  # pyright: ignore[reportArgumentType] a body is all that it reads
    assert answers["dynamodb.PutItem"](Request(**new)).status == 400  # pyright: ignore[reportArgumentType]
    refused = answers["dynamodb.TransactWriteItems"](Request(TransactItems=[{"Put": new}]))  # pyright: ignore[reportArgumentType]
    assert refused.status == 400
    assert isinstance(refused.body, dict)
    assert refused.body["CancellationReasons"] == [{"Code": "ConditionalCheckFailed"}]
    with pytest.raises(UnansweredCallError, match="does not know the condition"):
        answers["dynamodb.PutItem"](Request(**{**new, "ConditionExpression": "size(x) > :y"}))  # pyright: ignore[reportArgumentType]
    assert json_of(Request(a=1)) == {"a": 1}  # pyright: ignore[reportArgumentType]


def test_what_the_fakes_take_to_answer_is_counted_apart() -> None:
    def busy(_request: Any) -> Reply:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        return Reply()

    wire = Wire({"s3.GetObject": busy}, latency_seconds=0)
    before = time.process_time()
    for _ in range(3):
        wire._send("before-send.s3.GetObject", AWSPreparedRequest("GET", "https://s3", {}, b"", False))
    assert 0.15 <= wire.cpu_seconds <= time.process_time() - before


def test_a_row_with_tables_tells_their_units_and_one_without_tells_none() -> None:
    assert {"write_units", "read_units"} <= measured("journey-waits").keys()
    assert "write_units" not in measured("campaign-hook")


def test_steps_of_ten_thousand_who_are_due_take_the_floor_s_calls_and_a_tenth_more_whoever_else_waits() -> None:
    row = measured_inside("journey-waits", 10_000)
    assert row["floor"] == 117  # a page of each shard, endpoints 100 a call, one transaction
    assert row["calls"] <= 1.1 * row["floor"]
    assert row["write_units"] / row["items"] <= 0.1


def test_a_minute_in_which_few_are_due_in_every_shard_takes_eight_calls_beside_looking_into_them() -> None:
    row = measured_inside("journey-waits", 40)
    assert row["calls"] - row["floor"] <= 8


@pytest.mark.parametrize("name", ["campaign-texts", "campaign-emails"])
def test_a_campaigns_message_takes_less_than_half_a_write_unit(name: str) -> None:
    row = measured_inside(name, 2000)
    assert row["write_units"] / row["items"] <= 0.5
    assert row["read_units"] / row["items"] <= 2.5  # who owns the address, and who did


def units(operation: str, **request: Any) -> tuple[float, float]:
    tables = FakeDynamoDb()
    key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
    tables.store("t", {**key, "text": {"S": "x" * 1500}})  # 2 KB begun
    tables.store("t", INDEXED)
    reply = tables.answers()[f"dynamodb.{operation}"](Request(**request))  # pyright: ignore[reportArgumentType]
    return reply.writes or 0.0, reply.reads or 0.0


KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}
OTHER = {"pk": {"S": "a"}, "sk": {"S": "c"}}
INDEXED = {"pk": {"S": "a"}, "sk": {"S": "i"}, "address_key": {"S": "ana@example.com"}}
MOVED = {**INDEXED, "address_key": {"S": "bo@example.com"}}
BARE = {"pk": {"S": "a"}, "sk": {"S": "i"}}
IS_THERE = {"ConditionExpression": "attribute_exists(pk)"}


@pytest.mark.parametrize(("operation", "request_", "writes", "reads"), [
    ("PutItem", {"TableName": "t", "Item": OTHER}, 1, 0),
    ("PutItem", {"TableName": "t", "Item": KEY}, 2, 0),  # the larger of before and after
    ("DeleteItem", {"TableName": "t", "Key": KEY}, 2, 0),
    ("DeleteItem", {"TableName": "t", "Key": OTHER, **IS_THERE}, 1, 0),  # also where the condition does not hold
    ("BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": OTHER}}, {"DeleteRequest": {"Key": KEY}}]}}, 3, 0),
    ("TransactWriteItems", {"TransactItems": [
        {"Put": {"TableName": "t", "Item": OTHER}}, {"Delete": {"TableName": "t", "Key": KEY}}
    ]}, 6, 0),
    ("PutItem", {"TableName": "t", "Item": {**INDEXED, "text": {"S": "x"}}}, 1, 0),  # the index has its key alone
    ("PutItem", {"TableName": "t", "Item": MOVED}, 3, 0),  # the former entry goes, another comes
    ("PutItem", {"TableName": "t", "Item": {**OTHER, "address_key": {"S": "cy@example.com"}}}, 2, 0),
    ("PutItem", {"TableName": "t", "Item": BARE}, 2, 0),
    ("DeleteItem", {"TableName": "t", "Key": BARE}, 2, 0),
    ("TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "t", "Item": MOVED}}]}, 4, 0),
    ("TransactWriteItems", {"TransactItems": [{"ConditionCheck": {"TableName": "t", "Key": BARE, **IS_THERE}}]}, 2, 0),
    ("GetItem", {"TableName": "t", "Key": KEY, "ConsistentRead": True}, 0, 1),
    ("GetItem", {"TableName": "t", "Key": OTHER}, 0, 0.5),
    ("BatchGetItem", {"RequestItems": {"t": {"Keys": [KEY, OTHER], "ConsistentRead": True}}}, 0, 2),
    ("Query", {"TableName": "t", "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "a"}}}, 0, 0.5),
])  # fmt: skip
def test_units_are_counted_as_dynamodb_charges_them(operation, request_, writes, reads) -> None:
    assert units(operation, **request_) == (writes, reads)


def test_a_transaction_takes_one_action_an_item() -> None:
    put = {"Put": {"TableName": "t", "Item": KEY}}
    answer = FakeDynamoDb().answers()["dynamodb.TransactWriteItems"](Request(TransactItems=[put, put]))  # pyright: ignore[reportArgumentType]
    assert answer.status == 400
