"""Ten callers at once change one thing: all changes arrive, or some are told of the conflict; never 500."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.client import BaseClient

from handlers.shared.json_calls import JsonCalls

APP = "0a" * 16
APPS = f"/v1/apps/{APP}"
CALLERS = 10


@pytest.fixture
def at_once(send, monkeypatch):
    """Sends ten requests at once; AWS's answers come one at a time (moto in process bears no other). Gives the statuses."""
    lock = threading.RLock()

    def one_at_a_time(inner):
        def call(self, *arguments):
            with lock:
                return inner(self, *arguments)

        return call

    for kind in (BaseClient, JsonCalls):
        monkeypatch.setattr(kind, "_make_api_call", one_at_a_time(kind._make_api_call))
    monkeypatch.setattr("handlers.shared.backoff.random.uniform", lambda low, high: high)

    def ask(method, path, body_of):
        start = threading.Barrier(CALLERS)

        def one(number):
            start.wait()
            return send(method, path, json.dumps(body_of(number)).encode())

        with ThreadPoolExecutor(CALLERS) as pool:
            return [answer[0] for answer in pool.map(one, range(CALLERS))]

    return ask


def new(send, kind, body):
    status, _, answer = send("POST", f"{APPS}/{kind}", json.dumps(body).encode())
    assert status == 201
    return answer["Id"]


def test_a_campaign(world, send, at_once):
    campaign = {
        "SegmentId": new(send, "segments", {}),
        "Schedule": {"StartTime": "2039-01-02T03:04:05Z"},
        "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
    }
    path = f"{APPS}/campaigns/{new(send, 'campaigns', campaign)}"
    statuses = at_once("PUT", path, lambda number: {"Name": f"n{number}"})
    assert set(statuses) <= {200, 409} and statuses.count(200) >= 5
    found = send("GET", path)[2]
    assert found["Version"] == 1 + statuses.count(200)
    runs = {run["input"]["Version"] for run in world.executions("campaign")}
    assert runs == set(range(1, found["Version"] + 1))


def test_a_segment_and_a_journey(send, at_once):
    segment = f"{APPS}/segments/{new(send, 'segments', {'Name': 's'})}"
    statuses = at_once("PUT", segment, lambda number: {"Name": f"n{number}"})
    assert set(statuses) <= {200, 409}
    assert send("GET", segment)[2]["Version"] == 1 + statuses.count(200)
    journey = f"{APPS}/journeys/{new(send, 'journeys', {'Name': 'j'})}"
    assert set(at_once("PUT", journey, lambda number: {"Name": f"n{number}"})) <= {200, 409}


def test_a_template_and_its_tags(send, at_once):
    made = at_once("POST", "/v1/templates/t/sms", lambda number: {"Body": f"b{number}"})
    assert sorted(made) == [201] + [400] * 9
    statuses = at_once("PUT", "/v1/templates/t/sms?create-new-version=true", lambda number: {"Body": f"v{number}"})
    assert set(statuses) <= {202, 409}
    found = send("GET", "/v1/templates/t/sms")[2]
    assert found["Version"] == str(1 + statuses.count(202))
    arn = found["Arn"].replace(":", "%3A").replace("/", "%2F")
    statuses = at_once("POST", f"/v1/tags/{arn}", lambda number: {"tags": {f"k{number}": "v"}})
    assert set(statuses) <= {204, 409}
    assert len(send("GET", f"/v1/tags/{arn}")[2]["tags"]) == statuses.count(204)


def test_settings_of_an_application(send, at_once):
    members = ("Limits", "QuietTime", "JourneyLimits")
    statuses = at_once("PUT", f"{APPS}/settings", lambda number: {members[number % 3]: {}})
    assert set(statuses) <= {200, 409}
    assert statuses.count(409) or all(name in send("GET", f"{APPS}/settings")[2] for name in members)


def test_an_endpoint_its_user_and_its_address(send, at_once):
    def body(number):
        return {
            "ChannelType": "SMS",
            "Address": "+12065550100",
            "User": {"UserId": "u"},
            "Attributes": {f"a{number}": ["x"]},
        }

    statuses = at_once("PUT", f"{APPS}/endpoints/e", body)
    assert set(statuses) <= {202, 429}
    assert len(send("GET", f"{APPS}/endpoints/e")[2]["Attributes"]) == statuses.count(202)
    assert set(at_once("DELETE", f"{APPS}/users/u", lambda _: {})) <= {202, 404, 409}
