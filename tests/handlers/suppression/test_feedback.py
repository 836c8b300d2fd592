"""Architectures 1 and 6: what is new feedback, what SES held back itself, and what says nothing of the address."""

from __future__ import annotations

import json

import pytest

from handlers.pinpoint_event_processing import function as objects
from handlers.ses_event_processing import function as notifications
from handlers.suppression.feedback import Feedback, of_bounce, of_complaint
from tests.handlers.pinpoint_event_processing.test_objects import KEY, email, put
from tests.handlers.shared.fakes import s3_event, sqs_event
from tests.handlers.suppression.world import world  # noqa: F401

# Those that IANA's registry of feedback types knows, and how they may be written.
NO_COMPLAINTS = ["auth-failure", "not-spam", "Not-Spam", " AUTH-FAILURE "]
COMPLAINTS = [None, "", "abuse", "fraud", "virus", "other", "opt-out", "unheard-of", "not spam", 5, ["not-spam"]]
HELD_BACK = ["OnAccountSuppressionList", "OnTenantSuppressionList", "Suppressed"]
UNSENT = ["EmailValidationSuppressed", "UnsubscribedRecipient"]
BOUNCES = [None, "", "General", "NoEmail", "Undetermined", "MailboxFull", "unheard-of", 5]
WHO = "bo@example.org"


def notified(kind, **detail):
    """Architecture 1: an SES notification through its queue."""
    member = "bouncedRecipients" if kind == "Bounce" else "complainedRecipients"
    detail |= {member: [{"emailAddress": WHO}], "feedbackId": "f"}
    message = {"notificationType": kind, kind.lower(): detail, "mail": {"messageId": "m"}}
    assert notifications.handler(sqs_event(json.dumps(message)), None) == {"batchItemFailures": []}


def streamed(world, kind, **detail):  # noqa: F811
    """Architecture 6: an event of the stream through its object."""
    names = {
        "bounceType": "bounce_type",
        "bounceSubType": "bounce_sub_type",
        "complaintFeedbackType": "complaint_feedback_type",
        "complaintSubType": "complaint_sub_type",
    }
    member = "bounced_recipients" if kind == "Bounce" else "complained_recipients"
    found = {names[name]: value for name, value in detail.items()} | {member: [{"email_address": WHO}]}
    event_type = "_email.hardbounce" if kind == "Bounce" else "_email.complaint"
    put(world, email(event_type, "e1", **{kind.lower(): found}))
    assert objects.handler(sqs_event(s3_event(KEY, bucket="bucket")), None) == {"batchItemFailures": []}


@pytest.fixture(params=["1", "6"])
def feedback(request, world):  # noqa: F811
    """Lets one bounce or complaint in by an entrance; returns what is on the list, announced, and the endpoint's opt-out."""
    world.endpoint("e1", Address=WHO, ChannelType="EMAIL", OptOut="NONE")

    def let_in(kind, **detail):
        notified(kind, **detail) if request.param == "1" else streamed(world, kind, **detail)
        assert world.dead == []
        return dict(world.suppressed), len(world.announced), world.endpoints["e1"]["OptOut"]

    # Architecture 1 knows no endpoint's id, and Amazon Pinpoint cannot be searched by address.
    let_in.out = "NONE" if request.param == "1" else "ALL"
    return let_in


@pytest.mark.parametrize("feedback_type", NO_COMPLAINTS)
def test_a_report_on_authentication_and_the_word_that_it_was_no_spam_change_nothing(feedback, feedback_type):
    assert feedback("Complaint", complaintFeedbackType=feedback_type, complaintSubType=None) == ({}, 0, "NONE")


@pytest.mark.parametrize("feedback_type", COMPLAINTS)
def test_every_other_type_absent_or_unknown_is_a_complaint(feedback, feedback_type):
    assert feedback("Complaint", complaintFeedbackType=feedback_type) == ({WHO: "COMPLAINT"}, 1, feedback.out)


def test_a_complaint_that_says_no_type_is_one(feedback):
    assert feedback("Complaint") == ({WHO: "COMPLAINT"}, 1, feedback.out)


@pytest.mark.parametrize("subtype", HELD_BACK)
def test_what_ses_held_back_changes_neither_list_nor_topic_and_opts_the_endpoint_out(feedback, world, subtype):  # noqa: F811
    world.suppressed[WHO] = "COMPLAINT"
    assert feedback("Bounce", bounceType="Permanent", bounceSubType=subtype) == ({WHO: "COMPLAINT"}, 0, feedback.out)
    world.suppressed[WHO] = "BOUNCE"
    assert feedback("Complaint", complaintSubType=subtype) == ({WHO: "BOUNCE"}, 0, feedback.out)
    assert world.calls["PutSuppressedDestination"] == world.calls["PublishBatch"] == 0


@pytest.mark.parametrize("subtype", UNSENT)
def test_what_the_accounts_own_settings_did_not_send_changes_nothing(feedback, subtype):
    assert feedback("Bounce", bounceType="Permanent", bounceSubType=subtype) == ({}, 0, "NONE")


@pytest.mark.parametrize("subtype", BOUNCES)
def test_every_other_permanent_bounce_suppresses(feedback, subtype):
    given = {"bounceType": "Permanent", "bounceSubType": subtype}
    assert feedback("Bounce", **given) == ({WHO: "BOUNCE"}, 1, feedback.out)


def test_new_feedback_beside_one_that_was_held_back_counts_whichever_comes_last(world):  # noqa: F811
    def bounce(subtype):
        recipients = [{"emailAddress": WHO}]
        detail = {"bounceType": "Permanent", "bounceSubType": subtype, "bouncedRecipients": recipients}
        return json.dumps({"notificationType": "Bounce", "bounce": {**detail, "feedbackId": subtype}})

    assert notifications.handler(sqs_event(bounce("General"), bounce("Suppressed")), None) == {"batchItemFailures": []}
    assert (world.suppressed, len(world.announced)) == ({WHO: "BOUNCE"}, 1)


@pytest.mark.parametrize("bounce_type", ["Transient", "Undetermined"])
def test_no_subtype_makes_a_bounce_permanent(bounce_type):
    found = {of_bounce(bounce_type, subtype) for subtype in (*HELD_BACK, *UNSENT, *BOUNCES)}
    assert found == {Feedback.NONE}


def test_a_correction_of_an_address_that_was_held_back_is_no_complaint_either():
    assert of_complaint("not-spam", "OnAccountSuppressionList") is Feedback.NONE
