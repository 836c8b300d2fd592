"""Endpoints by address on the hosted platform, and strict JSON."""

from __future__ import annotations

import json

import pytest

from bench.fakes.wire import Reply, response
from handlers.shared import clients, project_endpoints, signed_post
from handlers.shared.json_objects import NotAnObjectError, answered, json_object, json_objects
from handlers.shared.project_endpoints import ProjectEndpoints, SearchFailedError


class Http:
    def __init__(self, *statuses):
        self.statuses, self.requests = list(statuses), []

    def send(self, request):
        self.requests.append(request)
        status = self.statuses.pop(0) if self.statuses else 200
        found = [
            {"Id": f"id-{address}", "Address": address.upper(), "ChannelType": "EMAIL", "OptOut": "NONE"}
            for address in json.loads(request.body)["Addresses"]
        ]
        return type("Answer", (), {"status_code": status, "text": json.dumps({"Item": found})})()


@pytest.fixture
def hosted(monkeypatch):
    for name, value in {
        "ENGAGEMENT_ENDPOINT_URL": "https://api.example/",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(name, value)
    clients.forget_clients()
    project_endpoints.forget_clients()

    def answer(*statuses):
        made = Http(*statuses)
        monkeypatch.setattr(signed_post, "_http", lambda: made)
        monkeypatch.setattr(signed_post, "FIRST_PAUSE_SECONDS", 0)
        return made

    yield answer
    monkeypatch.undo()
    clients.forget_clients()
    project_endpoints.forget_clients()


def test_addresses_are_searched_100_a_call_signed_for_the_function_url(hosted):
    http = hosted()
    found = ProjectEndpoints("app").by_address("EMAIL", {f"u{n}@example.org": () for n in range(250)})
    assert len(found) == 250
    assert found["u7@example.org"][0]["Id"] == "id-u7@example.org"
    assert len(http.requests) == 3
    request = http.requests[0]
    assert request.url == "https://api.example/v1/apps/app/endpoint-search"
    assert "/eu-west-1/lambda/aws4_request" in request.headers["Authorization"]


def test_a_search_is_tried_again_when_the_service_is_busy_and_not_when_it_refuses(hosted):
    http = hosted(429, 500, 200)
    assert ProjectEndpoints("app").by_address("EMAIL", {"a@b.c": ()})
    assert len(http.requests) == 3
    http = hosted(403, 200)
    with pytest.raises(SearchFailedError, match="403"):
        ProjectEndpoints("app").by_address("EMAIL", {"a@b.c": ()})
    assert len(http.requests) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "NaN", '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud800"}', "{}{}", "[" * 99_999]
)
def test_what_is_no_object_or_could_not_be_written_again_is_refused(text):
    with pytest.raises(NotAnObjectError):
        json_object(text)


def test_objects_may_follow_each_other_without_a_line_end():
    assert json_objects(' {"a": 1}{"b": "\\ud83d\\ude00"} {} ') == [{"a": 1}, {"b": "😀"}, {}]


def test_of_many_objects_only_those_with_a_pair_of_their_own_are_looked_at_again(monkeypatch):
    seen = []
    monkeypatch.setattr("handlers.shared.json_objects.json.dumps", lambda value, **_: seen.append(value) or "")
    assert len(json_objects('{"a": 1}' * 50 + '{"b": "\\ud83d\\ude00"}' + '{"a": 1}' * 50)) == 101
    assert seen == [{"b": "😀"}]


def test_of_what_a_function_answered_half_of_a_pair_is_a_question_mark_and_the_rest_as_it_is():
    assert answered(b'{"a": ["x\\ud83d", "\\ud83d\\ude00"], "\\uDC00": 1.5}') == {"a": ["x?", "😀"], "?": 1.5}
    assert answered(b"") is None
    with pytest.raises(ValueError):
        answered(b"\xff")


def test_ids_that_no_endpoint_has_are_told_by_the_hosted_service(hosted):
    hosted()

    def answer(request, **_):
        body = {"RequestID": "r", "Message": "Accepted", "Unknown": ["b"]}
        asked.append(request.headers[project_endpoints.EXISTING_ONLY_HEADER])
        return response(request, Reply(body, 202))

    asked = []
    project_endpoints._client().meta.events.register("before-send.pinpoint.UpdateEndpointsBatch", answer)
    updates = ProjectEndpoints("app").update([{"Id": "a"}, {"Id": "b"}])
    assert (updates.done, updates.unknown) == ({"a", "b"}, {"b"})
    assert asked in (["true"], [b"true"])


class OptOutHttp:
    """Answers each call by the worst of its addresses: a status in an address is its answer."""

    def __init__(self):
        self.calls = []

    def send(self, request):
        addresses = [item["Address"] for item in json.loads(request.body)["Item"]]
        self.calls.append(addresses)
        status = max((int(address.partition("-")[0]) for address in addresses if "-" in address), default=202)
        return type("Answer", (), {"status_code": status, "text": "{}"})()


@pytest.mark.parametrize(
    ("status", "is_refusal"), [(400, True), (403, False), (404, False), (409, False), (429, False), (500, False)]
)
def test_an_address_that_the_service_refuses_is_told_as_refused_and_stops_no_other(
    hosted, monkeypatch, status, is_refusal
):
    hosted()
    http = OptOutHttp()
    monkeypatch.setattr(signed_post, "_http", lambda: http)
    bad = f"{status}-x"
    wanted = dict.fromkeys([*(f"a{n}" for n in range(99)), bad], "ALL")
    outs = ProjectEndpoints("app").opt_out_addresses("SMS", wanted)
    if is_refusal:
        assert (outs.refused.keys(), outs.failed) == ({bad}, {})
        assert str(status) in outs.refused[bad]
        assert len(http.calls) <= 2 * 7 + 1
    else:
        assert (outs.refused, outs.failed.keys()) == ({}, wanted.keys())
