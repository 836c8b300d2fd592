"""Architecture 14: everybody gets his own, and who cannot be looked up gets the default: he, and nobody else."""

from __future__ import annotations

import io
import json
import time
from decimal import Decimal

import pytest

from handlers.campaign_hook.filters import FAILED, MISSING, SLOW, THROTTLED
from handlers.campaign_hook.lookups import failure
from handlers.send_time_attributes import sources
from handlers.send_time_attributes.filter import SendTimeAttributes
from handlers.send_time_attributes.sources import FunctionSource, TableSource, texts
from tests.handlers.shared.fakes import FakeClient, client_error

ATTRIBUTES = [("Offer", "offer", "the default")]
SECONDS = 1.0


def endpoints(count, **members):
    return {f"e{at}": {"ChannelType": "SMS", "Attributes": {}, **members} for at in range(count)}


def put(aws, *keys, **columns):
    table = aws.resource("dynamodb").Table("offers")
    for key in keys:
        table.put_item(Item={"key": key, "offer": f"offer of {key}", **columns})


@pytest.fixture
def table(aws, watch):
    """The filter on the table, its client watched."""
    source = TableSource("offers", "key", ["offer"], SECONDS)
    made = SendTimeAttributes(source, "Id", ATTRIBUTES, SECONDS)
    made.calls = watch(source._client)
    return made


def offers(found):
    return {name: endpoint["Attributes"]["Offer"] for name, endpoint in found.items()}


def test_everybody_gets_his_own_by_one_call_for_a_batch(aws, table):
    put(aws, *(f"e{at}" for at in range(50)))
    found = endpoints(50)
    assert table.edit({}, found).by_reason() == {}
    assert offers(found) == {f"e{at}": [f"offer of e{at}"] for at in range(50)}
    assert table.calls.made == ["BatchGetItem"]


def test_who_has_no_row_no_column_or_no_key_gets_the_default_and_is_counted(aws, table):
    put(aws, "u1")
    aws.resource("dynamodb").Table("offers").put_item(Item={"key": "u2", "other": "x"})
    table.lookup_key = "User.UserId"
    found = {
        "e1": {"Attributes": {}, "User": {"UserId": "u1"}},
        "e2": {"Attributes": {}, "User": {"UserId": "u2"}},
        "e3": {"Attributes": {}, "User": {"UserId": "unknown"}},
        "e4": {"Attributes": {}, "User": {"UserId": "x" * 3000}},
        "e5": {"Attributes": {}},
    }
    assert table.edit({}, found).by_reason() == {MISSING: ["e2", "e3", "e4", "e5"]}
    assert offers(found) == {"e1": ["offer of u1"], **{f"e{at}": ["the default"] for at in (2, 3, 4, 5)}}


def test_a_batch_that_fails_is_read_key_by_key_and_only_the_bad_key_falls_back(aws, table):
    put(aws, "e0", "e1", "e2")

    def no_batches(_):
        raise client_error("InternalServerError", 500)

    def not_e1(params):
        if params["Key"]["key"]["S"] == "e1":
            raise client_error("InternalServerError", 500)

    table.calls.faults = {"BatchGetItem": no_batches, "GetItem": not_e1}
    found = endpoints(3)
    assert table.edit({}, found).by_reason() == {FAILED: ["e1"]}
    assert offers(found) == {"e0": ["offer of e0"], "e1": ["the default"], "e2": ["offer of e2"]}


def test_a_slow_batch_is_given_up_in_time_and_only_the_slow_key_falls_back(aws, table):
    put(aws, "e0", "e1", "e2")

    def slow_with_e1(params):
        keys = params.get("RequestItems", {}).get("offers", {}).get("Keys") or [params.get("Key")]
        if {"key": {"S": "e1"}} in keys:
            time.sleep(3 * SECONDS)

    table.calls.faults = {"BatchGetItem": slow_with_e1, "GetItem": slow_with_e1}
    found = endpoints(3)
    started = time.monotonic()
    assert table.edit({}, found).by_reason() == {SLOW: ["e1"]}
    assert time.monotonic() - started < 2 * SECONDS
    assert offers(found) == {"e0": ["offer of e0"], "e1": ["the default"], "e2": ["offer of e2"]}


def test_keys_that_the_table_leaves_unprocessed_are_asked_for_again_and_then_fall_back(aws):
    def without_e1(RequestItems):
        keys = RequestItems["offers"]["Keys"]
        answered = [key for key in keys if key["key"]["S"] != "e1"]
        unprocessed = {"offers": {"Keys": [{"key": {"S": "e1"}}]}} if {"key": {"S": "e1"}} in keys else {}
        rows = [{**key, "offer": {"S": f"offer of {key['key']['S']}"}} for key in answered]
        return {"Responses": {"offers": rows}, "UnprocessedKeys": unprocessed}

    source = TableSource("offers", "key", ["offer"], SECONDS)
    source._client = client = FakeClient({"batch_get_item": without_e1})
    found = endpoints(3)
    assert SendTimeAttributes(source, "Id", ATTRIBUTES, SECONDS).edit({}, found).by_reason() == {THROTTLED: ["e1"]}
    assert offers(found) == {"e0": ["offer of e0"], "e1": ["the default"], "e2": ["offer of e2"]}
    asked = [len(call["RequestItems"]["offers"]["Keys"]) for call in client.calls["batch_get_item"]]
    assert asked[0] == 3
    assert set(asked[1:]) == {1}


def test_a_table_that_is_throttled_for_a_moment_costs_nobody_his_offer(aws, table, monkeypatch):
    put(aws, "e0")
    monkeypatch.setattr(sources, "FIRST_PAUSE_SECONDS", 0.001)
    refused = iter(range(3))

    def throttled(_):
        if next(refused, None) is not None:
            raise client_error("ProvisionedThroughputExceededException", 400)

    table.calls.faults = {"BatchGetItem": throttled}
    found = endpoints(1)
    assert table.edit({}, found).by_reason() == {}
    assert table.calls.count("BatchGetItem") == 4


def test_a_table_that_stays_throttled_is_not_asked_key_by_key_as_well(aws, table):
    def throttled(_):
        raise client_error("ThrottlingException", 400)

    table.calls.faults = {"BatchGetItem": throttled}
    found = endpoints(4)
    assert table.edit({}, found).by_reason() == {THROTTLED: ["e0", "e1", "e2", "e3"]}
    assert table.calls.count("GetItem") == 0


def test_several_attributes_and_columns_of_any_plain_type(aws):
    put(aws, "e0", points=Decimal("12.50"), member=True, tags={"b", "a"}, nested={"x": 1})
    columns = ["offer", "points", "member", "tags", "nested"]
    made = SendTimeAttributes(
        TableSource("offers", "key", columns, SECONDS), "Id", [(name.title(), name, "-") for name in columns], SECONDS
    )
    found = endpoints(1)
    assert made.edit({}, found).by_reason() == {MISSING: ["e0"]}
    assert found["e0"]["Attributes"] == {
        "Offer": ["offer of e0"],
        "Points": ["12.50"],
        "Member": ["true"],
        "Tags": ["a", "b"],
        "Nested": ["-"],
    }


def test_endpoints_with_the_same_key_are_looked_up_once(aws, table):
    put(aws, "gold")
    table.lookup_key = "Attributes.plan.name"
    found = endpoints(3)
    for endpoint in found.values():
        endpoint["Attributes"] = {"plan.name": ["gold"]}
    table.edit({}, found)
    assert set(map(tuple, offers(found).values())) == {("offer of gold",)}


class OwnFunction:
    def __init__(self, answer, error=None):
        self.answer, self.error, self.asked = answer, error, []

    def invoke(self, FunctionName, Payload):
        self.asked.append(json.loads(Payload))
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return {"Payload": io.BytesIO(body), **({"FunctionError": self.error} if self.error else {})}


def ask(answer, **more):
    source = FunctionSource("arn", SECONDS)
    source._client = OwnFunction(answer, **more)
    found = endpoints(2)
    reasons = SendTimeAttributes(source, "Id", ATTRIBUTES, SECONDS).edit({}, found).by_reason()
    return reasons, offers(found), source._client.asked


def test_a_function_of_ones_own_is_asked_once_for_a_batch(aws):
    reasons, found, asked = ask({"e0": {"offer": "own"}})
    assert reasons == {MISSING: ["e1"]}
    assert found == {"e0": ["own"], "e1": ["the default"]}
    assert asked == [{"Keys": ["e0", "e1"]}]


@pytest.mark.parametrize("answer", [b"not json", ["a", "list"], None])
def test_a_function_whose_answer_is_no_object_fails_the_batch(aws, answer):
    assert ask(answer)[0] == {FAILED: ["e0", "e1"]}


def test_a_function_that_ends_with_an_error_fails_the_batch(aws):
    assert ask({"errorMessage": "x"}, error="Unhandled")[0] == {FAILED: ["e0", "e1"]}


@pytest.mark.parametrize(
    ("value", "expected"), [("", []), (None, []), (0, ["0"]), (False, ["false"]), (["a", "", 1], ["a", "1"]), ({}, [])]
)
def test_values_as_attributes_have_them(value, expected):
    assert texts(value) == expected


def test_errors_of_aws_by_their_reason():
    assert failure(client_error("SlowDown", 503)).reason == THROTTLED
    assert failure(client_error("AccessDeniedException", 400)).reason == FAILED
