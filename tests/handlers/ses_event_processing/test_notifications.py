"""Architecture 1: whatever SES sends, in any envelope, ends suppressed, ignored, dead-lettered or tried again."""

from __future__ import annotations

import json
import time

import pytest

from handlers.ses_event_processing.function import handler
from handlers.ses_event_processing.notification import recipients_of
from handlers.suppression.recipients import UnreadableError
from tests.handlers.shared.fakes import sqs_event
from tests.handlers.suppression.world import world  # noqa: F401


def bounce(address="bo@example.org", kind="notificationType", bounce_type="Permanent", **changes):
    detail = {"bounceType": bounce_type, "bouncedRecipients": [{"emailAddress": address}], "feedbackId": f"f-{address}"}
    return {kind: "Bounce", "bounce": {**detail, **changes}, "mail": {"messageId": f"m-{address}"}}


def complaint(address="co@example.org", kind="notificationType"):
    recipients = [{"emailAddress": address}]
    return {kind: "Complaint", "complaint": {"complainedRecipients": recipients, "feedbackId": "c"}, "mail": {}}


def enveloped(notification):
    return json.dumps({"Type": "Notification", "MessageId": "1", "Message": json.dumps(notification)})


@pytest.mark.parametrize("kind", ["notificationType", "eventType"])
@pytest.mark.parametrize("wrap", [enveloped, json.dumps])
def test_both_type_names_come_through_in_both_envelopes(kind, wrap):
    assert [(r.address, r.reason) for r in recipients_of(wrap(bounce(kind=kind)))] == [("bo@example.org", "BOUNCE")]
    assert [(r.address, r.reason) for r in recipients_of(wrap(complaint(kind=kind)))] == [
        ("co@example.org", "COMPLAINT")
    ]


@pytest.mark.parametrize("bounce_type", ["Transient", "Undetermined"])
def test_only_permanent_bounces_count(bounce_type):
    assert recipients_of(enveloped(bounce(bounce_type=bounce_type))) == []


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[1]",
        "",
        "NaN",
        "[" * 100_000,
        json.dumps({"notificationType": "Unheard"}),
        json.dumps({"notificationType": 7}),
        json.dumps({"notificationType": ["Bounce"]}),
        json.dumps({"notificationType": "Bounce"}),
        json.dumps(bounce(bouncedRecipients=[])),
        json.dumps(bounce(bouncedRecipients=None)),
        json.dumps(bounce(bouncedRecipients=[{"emailAddress": 5}])),
        json.dumps(bounce(address="no address")),
        json.dumps(bounce(address="\ud800@example.org")),
        json.dumps(bounce()).replace("Permanent", "Odd"),
    ],
    ids=range(15),
)
def test_what_can_never_be_handled_says_why(body):
    with pytest.raises(UnreadableError):
        recipients_of(body)


def test_greetings_of_ses_are_no_mistakes(world):  # noqa: F811
    greeting = json.dumps({"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have subscribed"})
    validated = "Successfully validated SNS topic for Amazon SES event publishing."
    event = sqs_event(
        enveloped(json.loads(greeting)), json.dumps({"Type": "Notification", "Message": validated}), validated
    )
    assert handler(event, None) == {"batchItemFailures": []}
    assert world.dead == []


def test_recipients_are_suppressed_announced_and_the_projects_endpoints_found_by_id_are_not_guessed(world):  # noqa: F811
    world.endpoint("e1", Address="bo@example.org", ChannelType="EMAIL")
    assert handler(sqs_event(enveloped(bounce()), enveloped(complaint())), None) == {"batchItemFailures": []}
    assert world.suppressed == {"bo@example.org": "BOUNCE", "co@example.org": "COMPLAINT"}
    assert [entry["MessageAttributes"]["status"]["StringValue"] for entry in world.announced] == ["BOUNCE", "COMPLAINT"]
    assert json.loads(world.announced[0]["Message"])["EmailAddress"] == "bo@example.org"
    assert world.endpoints["e1"].get("OptOut") is None  # Amazon Pinpoint cannot be searched by address


def test_a_thousand_bounces_at_20_ms_a_call_take_less_than_4_seconds(world):  # noqa: F811
    world.delay = 0.02
    event = sqs_event(*(enveloped(bounce(f"u{n}@example.org")) for n in range(1000)))
    began = time.monotonic()
    assert handler(event, None) == {"batchItemFailures": []}
    assert time.monotonic() - began < 4
    assert len(world.suppressed) == 1000
    assert world.calls["PutSuppressedDestination"] == 1000
    assert world.calls["PublishBatch"] == 100


def test_of_recipients_some_of_whom_are_no_address_the_others_are_suppressed_and_the_message_is_kept(world):  # noqa: F811
    mixed = [{"emailAddress": 5}, {"emailAddress": "bo@example.org"}, None, {"emailAddress": "Al <al@example.org>"}]
    assert handler(sqs_event(enveloped(bounce(bouncedRecipients=mixed))), None) == {"batchItemFailures": []}
    assert world.suppressed == {"bo@example.org": "BOUNCE", "al@example.org": "BOUNCE"}
    (letter,) = world.dead
    reason = letter["MessageAttributes"]["reason"]["StringValue"]
    assert reason == "no email address: bouncedRecipients[0].emailAddress, bouncedRecipients[2].emailAddress"


def test_a_duplicate_changes_nothing(world):  # noqa: F811
    event = sqs_event(enveloped(bounce()), enveloped(bounce()))
    handler(event, None)
    before = dict(world.suppressed)
    assert len(world.announced) == 1
    handler(event, None)
    assert world.suppressed == before
    assert len({entry["Id"] for entry in world.announced}) == 1


def test_every_message_is_done_dead_lettered_or_tried_again_whatever_comes(world):  # noqa: F811
    world.throttle_every = 3
    bodies = [enveloped(bounce(f"u{n}@example.org")) for n in range(60)]
    bodies[3:3] = ["{", json.dumps(bounce(bouncedRecipients=[])), enveloped(bounce("refused@example.org"))]
    bodies.append(enveloped({"notificationType": "Delivery"}))
    waiting = dict(enumerate(bodies))
    done: set[int] = set()
    for _ in range(40):
        if not waiting:
            break
        order = list(waiting)
        answer = handler(sqs_event(*waiting.values()), None)
        failed = {order[int(failure["itemIdentifier"][1:])] for failure in answer["batchItemFailures"]}
        done |= set(order) - failed
        waiting = {at: body for at, body in waiting.items() if at in failed}
    assert waiting == {}
    assert len(done) == len(bodies)
    assert len(world.dead) == 3
    assert all(entry["MessageAttributes"]["reason"]["StringValue"] for entry in world.dead)
    assert len(world.suppressed) == 60
    assert not any("refused@" in entry["MessageAttributes"]["reason"]["StringValue"] for entry in world.dead)
