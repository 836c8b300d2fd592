"""The steps of a suppression: list, announcement, opt-out; what is left out, what failed, and what else goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from handlers.shared.project_endpoints import SearchFailedError, Updates
from handlers.suppression import suppressor
from handlers.suppression.environment import SuppressionEnvironment
from handlers.suppression.recipients import BOUNCE, COMPLAINT, Recipient
from handlers.suppression.suppressor import NOTIFICATIONS, Suppression, Suppressor
from tests.handlers.shared.fakes import client_error

TOPIC = "arn:aws:sns:eu-west-1:123456789012:status"
UNREACHABLE = EndpointConnectionError(endpoint_url="https://x")
SEARCH_FAILED = SearchFailedError("endpoint-search answered 503")


class Outside:
    """SES, SNS and the project. What an address is answered, or a search, or an update, is set by the test."""

    def __init__(self) -> None:
        self.put: dict[str, str] = {}
        self.batches: list[list[dict[str, Any]]] = []
        self.refusing: dict[str, Exception] = {}
        self.publishing: Any = {"Successful": []}
        self.endpoints: list[dict[str, Any]] = []
        self.search_error: Exception | None = None
        self.searched: list[dict[str, set[str]]] = []
        self.updated: list[Any] = []
        self.updates = Updates()

    def aws_client(self, service, max_attempts=None):
        assert (service, max_attempts) in {("sesv2", 8), ("sns", None)}
        return self

    def put_suppressed_destination(self, *, EmailAddress, Reason):
        if error := self.refusing.get(EmailAddress):
            raise error
        self.put[EmailAddress] = Reason

    def publish_batch(self, *, TopicArn, PublishBatchRequestEntries):
        assert TopicArn == TOPIC
        self.batches.append(PublishBatchRequestEntries)
        if isinstance(self.publishing, Exception):
            raise self.publishing
        return self.publishing

    def by_address(self, channel_type, candidates):
        assert channel_type == "EMAIL"
        self.searched.append({address: set(known) for address, known in candidates.items()})
        if self.search_error:
            raise self.search_error
        found: dict[str, list[Any]] = {}
        for endpoint in self.endpoints:
            if (address := endpoint["Address"].lower()) in candidates:
                found.setdefault(address, []).append(endpoint)
        return found

    def update(self, items, addresses):
        self.updated.append((items, addresses))
        bad = {*self.updates.refused, *self.updates.failed}
        self.updates.done = {item["Id"] for item in items} - bad
        return self.updates


@pytest.fixture
def outside(monkeypatch):
    made = Outside()
    monkeypatch.setattr(suppressor, "aws_client", made.aws_client)

    def project(application):
        assert application == "app"
        return made

    monkeypatch.setattr(suppressor, "ProjectEndpoints", project)
    return made


def suppress(*recipients, application="app"):
    made = Suppressor(SuppressionEnvironment(status_topic_arn=TOPIC, application_id=application))
    return made.suppress(recipients)


def bounced(address, **others):
    return Recipient(address, BOUNCE, "m", **others)


def endpoint(identifier, address="bo@example.org", opt_out="NONE"):
    return {"Id": identifier, "Address": address, **({"OptOut": opt_out} if opt_out else {})}


def addresses(outside):
    return [json.loads(entry["Message"])["EmailAddress"] for batch in outside.batches for entry in batch]


def test_a_recipient_is_put_on_the_list_announced_and_its_endpoints_are_opted_out(outside):
    outside.endpoints = [endpoint("e1"), endpoint("e2", "Bo@Example.org", ""), endpoint("e3", opt_out="ALL")]
    assert suppress(bounced("bo@example.org")) == Suppression({}, {}, 2)
    assert outside.put == {"bo@example.org": "BOUNCE"}
    assert addresses(outside) == ["bo@example.org"]
    stored = {"e1": "bo@example.org", "e2": "Bo@Example.org", "e3": "bo@example.org"}
    assert outside.updated == [([{"Id": "e1", "OptOut": "ALL"}, {"Id": "e2", "OptOut": "ALL"}], stored)]


def test_an_announcement_says_what_is_known_of_the_recipient_and_nothing_else(outside):
    whole = Recipient("bü@example.org", COMPLAINT, "m", "f", "e1")
    suppress(whole, Recipient("al@example.org", BOUNCE))
    first, second = outside.batches[0]
    assert first == {
        "Id": whole.notification_id,
        "Subject": "Recipient suppressed",
        "Message": first["Message"],
        "MessageAttributes": {"status": {"DataType": "String", "StringValue": "COMPLAINT"}},
    }
    assert json.loads(first["Message"]) == {
        "Id": whole.notification_id,
        "Status": "COMPLAINT",
        "EmailAddress": "bü@example.org",
        "MessageId": "m",
        "FeedbackId": "f",
        "EndpointId": "e1",
    }
    assert "bü@" in first["Message"]
    assert set(json.loads(second["Message"])) == {"Id", "Status", "EmailAddress"}


def test_without_a_project_nobody_is_searched_for(outside):
    outside.endpoints = [endpoint("e1")]
    assert suppress(bounced("bo@example.org"), application="") == Suppression()
    assert outside.searched == outside.updated == [] and addresses(outside) == ["bo@example.org"]


def test_nobody_is_searched_for_where_nobody_is_left(outside):
    outside.refusing["bo@example.org"] = client_error("BadRequestException", 400)
    suppress(bounced("bo@example.org"))
    assert outside.searched == outside.batches == []


def test_the_last_reason_of_an_address_stays_and_each_is_announced_once(outside):
    twice = [bounced("Bo@example.org"), Recipient("bo@example.org", COMPLAINT, "m")] * 2
    suppress(*twice)
    assert outside.put == {"bo@example.org": "COMPLAINT"}
    assert addresses(outside) == ["Bo@example.org", "bo@example.org"]


def test_whom_ses_held_back_is_neither_listed_nor_announced_and_keeps_nobody_from_either(outside):
    outside.endpoints = [endpoint("e1"), endpoint("e2", "al@example.org")]
    outcome = suppress(bounced("bo@example.org", held_back=True), bounced("al@example.org"))
    assert outside.put == {"al@example.org": "BOUNCE"} and addresses(outside) == ["al@example.org"]
    assert outcome.opted_out == 2


@pytest.mark.parametrize(
    ("error", "kind", "reason"),
    [
        (client_error("BadRequestException", 400, "bad bo@example.org", "Put"), "rejected", "Put: BadRequestException"),
        (client_error("AccessDeniedException", 403, "denied", "Put"), "failed", "Put: denied"),
        (client_error("NotFoundException", 404, "no list", "Put"), "failed", "Put: no list"),
        (client_error("ExpiredTokenException", 403, "expired", "Put"), "failed", "Put: expired"),
        (client_error("TooManyRequestsException", 429, "slow", "Put"), "failed", "Put: slow"),
        (client_error("InternalFailure", 500, "down", "Put"), "failed", "Put: down"),
        (UNREACHABLE, "failed", "EndpointConnectionError"),
    ],
)
def test_an_address_that_ses_does_not_take_is_told_without_it_and_nothing_further_is_done_for_it(
    outside, error, kind, reason
):
    outside.refusing["Bo@example.org"] = error
    outcome = suppress(*[bounced(f"{name}@example.org") for name in ("al", "bo", "cy", "Bo")])
    assert outcome == Suppression(**{kind: {1: reason, 3: reason}})
    assert addresses(outside) == ["al@example.org", "cy@example.org"]
    assert outside.searched == [{"al@example.org": set(), "cy@example.org": set()}]


@pytest.mark.parametrize(("count", "sizes"), [(10, [10]), (11, [1, 10]), (20, [10, 10])])
def test_announcements_go_ten_at_a_time(outside, count, sizes):
    suppress(*[bounced(f"u{at}@example.org") for at in range(count)])
    assert NOTIFICATIONS == 10
    assert sorted(map(len, outside.batches)) == sizes
    assert sorted(addresses(outside)) == sorted(f"u{at}@example.org" for at in range(count))


def test_an_announcement_that_the_topic_does_not_take_fails_all_who_are_waiting_for_it(outside):
    lost, kept = bounced("bo@example.org"), bounced("al@example.org")
    silent = bounced("cy@example.org")
    outside.publishing = {
        "Failed": [{"Id": lost.notification_id, "Code": "InternalError"}, {"Id": silent.notification_id}]
    }
    outcome = suppress(lost, kept, lost, silent)
    reason = "not announced: InternalError"
    assert outcome == Suppression(failed={0: reason, 2: reason, 3: "not announced: unknown"})
    assert outside.searched == [{"al@example.org": set()}]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (client_error("AuthorizationError", 403, "denied", "PublishBatch"), "PublishBatch: denied"),
        (UNREACHABLE, "EndpointConnectionError"),
    ],
)
def test_a_call_that_announces_nothing_fails_everybody_of_it(outside, error, reason):
    outside.publishing = error
    outcome = suppress(bounced("bo@example.org"), bounced("al@example.org", held_back=True))
    assert outcome.failed == {0: f"not announced: {reason}"}


def test_endpoints_are_searched_by_address_once_with_the_ids_that_the_events_named(outside):
    suppress(
        bounced("Bo@example.org", endpoint_id="e1"),
        bounced("al@example.org"),
        bounced("bo@example.org", endpoint_id="e2"),
        bounced("bo@example.org"),
    )
    assert outside.searched == [{"bo@example.org": {"e1", "e2"}, "al@example.org": set()}]


@pytest.mark.parametrize("error", [SEARCH_FAILED, UNREACHABLE], ids=lambda error: type(error).__name__)
def test_a_search_that_fails_fails_everybody_and_opts_nobody_out(outside, error):
    outside.search_error = error
    outcome = suppress(*[bounced(address) for address in ("bo@example.org", "al@example.org", "Bo@example.org")])
    assert outcome == Suppression(failed=dict.fromkeys(range(3), f"endpoints not found: {error}"))
    assert outside.updated == []


def test_an_endpoint_that_is_not_opted_out_fails_those_with_its_address_alone(outside):
    outside.endpoints = [
        endpoint("e1"),
        endpoint("e2"),
        endpoint("e3", "al@example.org"),
        endpoint("e4", "cy@example.org"),
    ]
    outside.updates = Updates(refused={"e2": "no"}, failed={"e3": "later"})
    outcome = suppress(*[bounced(f"{name}@example.org") for name in ("bo", "al", "cy", "Bo")])
    refused = "endpoint e2 not opted out: no"
    failed = {0: refused, 3: refused, 1: "endpoint e3 not opted out: later"}
    assert outcome == Suppression(failed=failed, opted_out=2)


def test_what_is_open_is_neither_rejected_nor_failed():
    assert Suppression(rejected={1: "r"}, failed={3: "f"}).open(5) == [0, 2, 4]
