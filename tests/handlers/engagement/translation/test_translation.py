"""SES and End User Messaging events in, Pinpoint's event JSON out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.translation import function
from handlers.engagement.translation.context import Account, UntranslatableError
from handlers.shared import claims, letters
from handlers.shared.event_stream import EventsLostError, EventStream
from handlers.shared.tables import TransactionCancelledError
from tests.handlers.engagement.metrics.memory_table import MemoryTable
from tests.handlers.shared.fakes import FakeClient, client_error, sqs_event

ACCOUNT = Account("a" * 32, "123456789012")
TAGS = {
    "application_id": ["b" * 32],
    "endpoint_id": ["e1"],
    "campaign_id": ["c" * 32],
    "campaign_activity_id": ["d" * 32],
    "treatment_id": ["0"],
    "team": ["red", "blue"],
}
MAIL = {
    "timestamp": "2030-01-02T03:04:05.678Z",
    "source": "Shop <shop@example.org>",
    "messageId": "mid",
    "destination": ["bo@example.org"],
    "headersTruncated": False,
    "headers": [{"name": "Subject", "value": "Hi"}],
    "commonHeaders": {"from": ["Shop <shop@example.org>"], "to": ["bo@example.org"], "subject": "Hi"},
    "tags": TAGS,
}
LATER = "2030-01-02T03:05:05.000Z"
SENT, THEN = 1893553445678, 1893553505000
BOUNCED = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [
        {"emailAddress": "bo@example.org", "action": "failed", "status": "5.1.1", "diagnosticCode": "no"}
    ],
    "timestamp": LATER,
    "feedbackId": "f",
    "reportingMTA": "mta",
}
CLICKED = {"ipAddress": "1.2.3.4", "userAgent": "UA", "timestamp": LATER, "link": "https://x", "linkTags": None}
VISITOR = {"ip_address": "1.2.3.4", "user_agent": "UA"}


def translate(document: Any, account: Account = ACCOUNT) -> list[dict[str, Any]]:
    body = json.dumps(
        {"Type": "Notification", "Message": document if isinstance(document, str) else json.dumps(document)}
    )
    return function.translate({"body": body, "messageId": "m", "attributes": {"SentTimestamp": "7"}}, account)


def ses(kind: str, **detail: Any) -> list[dict[str, Any]]:
    return translate({"eventType": kind, "mail": MAIL, **detail})


@pytest.mark.parametrize(
    ("kind", "detail", "event_type", "feedback", "name", "expected", "arrived"),
    [
        ("Send", {"send": {}}, "_email.send", "received", "send", {}, SENT),
        ("Reject", {"reject": {"reason": "virus"}}, "_email.rejected", "rejected", "reject", {"reason": "virus"}, SENT),
        (
            "Delivery",
            {"delivery": {"timestamp": LATER, "processingTimeMillis": 5, "recipients": ["bo@example.org"], "smtpResponse": "250", "reportingMTA": "mta"}},
            "_email.delivered",
            "delivered",
            "delivery",
            {"smtp_response": "250", "reporting_mta": "mta", "recipients": ["bo@example.org"], "processing_time_millis": 5},
            THEN,
        ),
        ("Open", {"open": CLICKED}, "_email.open", "opened", "open", VISITOR, THEN),
        ("Click", {"click": CLICKED}, "_email.click", "https://x", "click", {**VISITOR, "link": "https://x", "link_tags": {}}, THEN),
        (
            "Complaint",
            {"complaint": {"complainedRecipients": [{"emailAddress": "bo@example.org"}], "timestamp": LATER, "feedbackId": "f", "userAgent": "ua", "complaintFeedbackType": "abuse"}},
            "_email.complaint",
            "complaint",
            "complaint",
            {"complained_recipients": [{"email_address": "bo@example.org"}], "feedback_id": "f", "user_agent": "ua", "complaint_feedback_type": "abuse"},
            THEN,
        ),
        (
            "Rendering Failure",
            {"failure": {"errorMessage": "no name", "templateName": "t"}},
            "_email.rendering_failure",
            "rendering_failure",
            "failure",
            {"error_message": "no name", "template_name": "t"},
            SENT,
        ),
    ],
)  # fmt: skip
def test_each_ses_event_has_its_event_in_the_stream(kind, detail, event_type, feedback, name, expected, arrived):
    (event,) = ses(kind, **detail)
    event_id = event.pop("event_id")
    assert len(event_id) == 32
    assert event == {
        "event_type": event_type,
        "event_timestamp": SENT,
        "arrival_timestamp": arrived,
        "event_version": "3.1",
        "application": {"app_id": "b" * 32, "sdk": {}},
        "client": {"client_id": "e1"},
        "device": {"platform": {}},
        "session": {},
        "attributes": {
            "feedback": feedback,
            "campaign_id": "c" * 32,
            "campaign_activity_id": "d" * 32,
            "treatment_id": "0",
        },
        "client_context": {"custom": {"legacy_identifier": "b" * 32, "team": "red,blue"}},
        "awsAccountId": "123456789012",
        "facets": {
            "email_channel": {
                "mail_event": {
                    "mail": {
                        "message_id": "mid",
                        "message_send_timestamp": SENT,
                        "from_address": "shop@example.org",
                        "destination": ["bo@example.org"],
                        "headers_truncated": False,
                        "headers": [{"name": "Subject", "value": "Hi"}],
                        "common_headers": {
                            "from": "Shop <shop@example.org>",
                            "to": ["bo@example.org"],
                            "subject": "Hi",
                        },
                    },
                    name: expected,
                }
            }
        },
    }


@pytest.mark.parametrize(("kind", "expected"), [("Permanent", "hard"), ("Transient", "soft"), ("Undetermined", "soft")])
def test_permanent_bounces_are_hard_and_others_soft(kind, expected):
    (event,) = ses("Bounce", bounce={**BOUNCED, "bounceType": kind})
    assert event["event_type"] == f"_email.{expected}bounce"
    bounce = event["facets"]["email_channel"]["mail_event"]["bounce"]
    assert bounce["bounced_recipients"] == [
        {"email_address": "bo@example.org", "action": "failed", "status": "5.1.1", "diagnostic_code": "no"}
    ]


def test_a_complaint_about_a_message_that_ses_held_back_says_so():
    complaint = {"complainedRecipients": [{"emailAddress": "bo@example.org"}], "timestamp": LATER}
    (event,) = ses("Complaint", complaint={**complaint, "complaintSubType": "OnAccountSuppressionList"})
    detail = event["facets"]["email_channel"]["mail_event"]["complaint"]
    assert detail["complaint_sub_type"] == "OnAccountSuppressionList"
    (event,) = ses("Complaint", complaint={**complaint, "complaintSubType": None})
    assert "complaint_sub_type" not in event["facets"]["email_channel"]["mail_event"]["complaint"]


def test_a_click_on_an_unsubscribe_link_is_an_unsubscription_too():
    click, gone = ses("Click", click={**CLICKED, "linkTags": {"unsubscribeLinkTag": ["click"]}})
    assert (click["event_type"], gone["event_type"]) == ("_email.click", "_email.unsubscribe")
    assert click["event_id"] != gone["event_id"]
    mail_event = gone["facets"]["email_channel"]["mail_event"]
    assert mail_event["click"]["link_tags"] == {"unsubscribeLinkTag": ["click"]}


def test_a_repetition_has_the_same_event_id_and_another_open_has_another():
    first, again = ses("Open", open=CLICKED)[0], ses("Open", open=CLICKED)[0]
    later = ses("Open", open={**CLICKED, "timestamp": "2030-01-02T03:06:05.000Z"})[0]
    assert first == again
    assert first["event_id"] != later["event_id"]


def test_an_email_without_tags_belongs_to_the_projects_application_and_to_no_endpoint():
    (event,) = translate({"eventType": "Send", "mail": {**MAIL, "tags": {}}, "send": {}})
    assert event["application"]["app_id"] == "a" * 32
    assert len(event["client"]["client_id"]) == 36
    assert event["attributes"] == {"feedback": "received"}


def test_an_endpoint_id_that_no_tag_can_hold_comes_encoded():
    tags = {"endpoint_id_b64": ["w7wvIHg"]}
    (event,) = translate({"eventType": "Send", "mail": {**MAIL, "tags": tags}, "send": {}})
    assert event["client"]["client_id"] == "ü/ x"


SMS = {
    "eventType": "TEXT_DELIVERED",
    "eventVersion": "1.0",
    "eventTimestamp": 1893456003000,
    "originationPhoneNumber": "+15555550222",
    "destinationPhoneNumber": "+15555550111",
    "isoCountryCode": "US",
    "messageId": "mid",
    "messageType": "TRANSACTIONAL",
    "messageStatus": "DELIVERED",
    "messageStatusDescription": "delivered",
    "context": {"endpoint_id": "e1", "campaign_id": "c" * 32, "treatment_id": "1", "order": "42"},
    "totalMessageParts": 2,
    "totalMessagePrice": 0.00581,
}


def test_an_sms_event_has_its_event_in_the_stream():
    (event,) = translate(SMS)
    assert event["event_type"] == "_SMS.SUCCESS"
    assert event["event_timestamp"] == 1893456003000
    assert event["client"] == {"client_id": "e1"}
    assert event["metrics"] == {"price_in_millicents_usd": 581.0}
    assert event["attributes"] == {
        "sender_request_id": "mid",
        "message_id": "mid",
        "message_type": "Transactional",
        "record_status": "DELIVERED",
        "iso_country_code": "US",
        "number_of_message_parts": "2",
        "destination_phone_number": "+15555550111",
        "origination_phone_number": "+15555550222",
        "campaign_id": "c" * 32,
        "treatment_id": "1",
        "customer_context": '{"order": "42"}',
    }


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("TEXT_QUEUED", "BUFFERED"),
        ("TEXT_PENDING", "BUFFERED"),
        ("TEXT_SUCCESSFUL", "SUCCESS"),
        ("TEXT_SPAM", "FAILURE"),
    ],
)
def test_states_on_the_way_good_ends_and_bad_ends(kind, expected):
    assert translate({**SMS, "eventType": kind})[0]["event_type"] == f"_SMS.{expected}"


def test_a_text_that_a_number_received_belongs_to_another_topic():
    inbound = {"originationNumber": "+15555550111", "destinationNumber": "+15555550222", "inboundMessageId": "i"}
    with pytest.raises(UntranslatableError, match="a text that a number received: its topic is twoWayTopicArn"):
        translate({**inbound, "messageBody": "Stop"})


def test_what_pinpoint_has_no_event_for_is_none():
    assert translate({"eventType": "VOICE_ANSWERED"}) == []
    assert translate({"eventType": "DeliveryDelay", "mail": MAIL}) == []
    assert translate("Successfully validated SNS topic for Amazon SES event publishing.") == []


@pytest.mark.parametrize(
    "document",
    [
        "{", "[1]", '{"eventType": ["Send"]}', {"eventType": 5}, {"eventType": "Odd", "mail": MAIL}, {"eventType": "Send"},
        {"eventType": "Send", "mail": {**MAIL, "timestamp": "soon"}}, {"eventType": "Bounce", "mail": MAIL},
        {"eventType": "Bounce", "mail": MAIL, "bounce": {**BOUNCED, "bouncedRecipients": []}},
        {**SMS, "eventType": "TEXT_ODD"}, {**SMS, "eventTimestamp": "x"}, {**SMS, "eventTimestamp": True},
        {**SMS, "eventTimestamp": 10**20}, '{"eventType": "TEXT_SENT", "messageId": "m", "eventTimestamp": 1e999}',
        {**SMS, "messageId": None}, "[" * 100_000,
    ],
    ids=range(16),
)  # fmt: skip
def test_what_can_never_be_translated_says_why(document):
    with pytest.raises(UntranslatableError):
        translate(document)


@pytest.fixture
def world(monkeypatch):
    for name, value in {
        "APPLICATION_ID": "a" * 32,
        "ACCOUNT_ID": "123456789012",
        "EVENT_STREAM_NAME": "events",
        "SENDS_TABLE": "sends",
        "DEAD_LETTER_QUEUE_URL": "dead",
    }.items():
        monkeypatch.setenv(name, value)
    function._environment.cache_clear()
    function._writer.cache_clear()
    written: list[Any] = []
    queue = FakeClient({"send_message_batch": {"Failed": []}})
    monkeypatch.setattr(letters, "aws_client", lambda service: queue)
    writer = type("W", (), {"put": lambda self, events: written.extend(events), "queue": queue, "written": written})()
    monkeypatch.setattr(function, "_writer", lambda: writer)
    table = writer.table = MemoryTable()
    monkeypatch.setattr(function, "_metrics", lambda: Metrics(table, clock=lambda: THEN / 1000))  # type: ignore[arg-type]
    yield writer
    function._environment.cache_clear()


def test_in_equals_written_plus_dead_letters(world):
    bodies = [json.dumps({**SMS, "messageId": f"m{n}"}) for n in range(20)]
    bodies += ["{", json.dumps({"eventType": "Send"}), json.dumps({**SMS, "context": {"x": "y" * 1_000_000}})]
    assert function.handler(sqs_event(*bodies), None) == {"batchItemFailures": []}
    dead = [entry for call in world.queue.calls["send_message_batch"] for entry in call["Entries"]]
    assert (len(world.written), len(dead)) == (20, 3)


def test_messages_whose_events_the_stream_does_not_take_are_tried_again(world, monkeypatch):
    def refuse(self, events):
        raise EventsLostError("throttled")

    monkeypatch.setattr(type(world), "put", refuse)
    bodies = [json.dumps(SMS), "{", json.dumps({"eventType": "VOICE_ANSWERED"})]
    assert function.handler(sqs_event(*bodies), None) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_what_is_written_is_counted_and_what_is_not_counted_is_tried_again(world, monkeypatch):
    monkeypatch.setattr(claims, "backoff", lambda _: None)
    opened = json.dumps({"eventType": "Open", "mail": MAIL, "open": CLICKED})
    refused = 12

    def refuse() -> None:
        nonlocal refused
        refused -= 1
        if refused > 0:
            raise TransactionCancelledError([0], "conflict")

    world.table.before = refuse
    assert function.handler(sqs_event(opened, "{"), None) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert (len(world.written), world.table.counters()) == (1, {})
    assert function.handler(sqs_event(opened), None) == {"batchItemFailures": []}
    assert function.handler(sqs_event(opened), None) == {"batchItemFailures": []}
    (row,) = [
        row for (pk, _), row in world.table.counters().items() if pk.endswith(f"#C#{'c' * 32}") and "e_sent" in row
    ]
    assert row == {"e_sent": 1, "e_delivered": 1, "e_opened": 1}


def test_events_that_the_stream_did_not_take_are_not_counted_before_it_does(world, monkeypatch):
    def refuse(self, events):
        raise EventsLostError("throttled")

    monkeypatch.setattr(type(world), "put", refuse)
    function.handler(sqs_event(json.dumps({"eventType": "Open", "mail": MAIL, "open": CLICKED})), None)
    assert world.table.items == {}


class FlakyStream:
    """A Kinesis client: every third call is throttled or fails, and every third record is refused at first."""

    def __init__(self) -> None:
        self.calls = 0
        self.seen: dict[bytes, int] = {}
        self.taken: list[dict[str, Any]] = []

    def put_records(self, *, Records: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        self.calls += 1
        if self.calls % 3 == 0:
            code, status = [("LimitExceededException", 400), ("InternalFailure", 500)][self.calls % 2]
            raise client_error(code, status, operation="PutRecords")
        answers = []
        for record in Records:
            refused = record["Data"] not in self.seen and len(self.seen) % 3 == 0
            self.seen.setdefault(record["Data"], len(self.seen))
            answers.append({"ErrorCode": "ProvisionedThroughputExceededException"} if refused else {"ShardId": "s"})
            if not refused:
                self.taken.append(json.loads(record["Data"]))
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedRecordCount": failed, "Records": answers}


def test_a_stream_that_refuses_every_third_call_and_record_loses_nothing(world, monkeypatch):
    """in = written + dead letters, over all batches, with what came again."""
    stream = FlakyStream()
    monkeypatch.setattr("handlers.shared.event_stream.backoff", lambda _: None)
    monkeypatch.setattr(function, "_writer", lambda: EventStream("events", stream))
    bodies = [json.dumps({**SMS, "messageId": f"m{n}"}) for n in range(200)] + ["{", "[1]", '{"eventType": "Send"}']
    waiting, rounds = bodies, 0
    while waiting:
        rounds += 1
        assert rounds < 200, "messages come again without end"
        batch, waiting = waiting[:10], waiting[10:]
        again = function.handler(sqs_event(*batch), None)["batchItemFailures"]
        waiting += [batch[int(failed["itemIdentifier"].removeprefix("m"))] for failed in again]
    dead = [entry for call in world.queue.calls["send_message_batch"] for entry in call["Entries"]]
    assert len(dead) == 3
    wanted = {event["event_id"] for body in bodies[:200] for event in translate(body)}
    assert len(wanted) == 200 and {event["event_id"] for event in stream.taken} == wanted
