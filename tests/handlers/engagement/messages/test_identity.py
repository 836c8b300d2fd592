"""What delivery events can tell of a message: the ids that go along with it, and how the translation reads them back."""

import json

import pytest

from handlers.engagement.messages.identity import email_tags, sms_context
from handlers.engagement.translation.context import Account, context_of
from handlers.shared.clients import sending_client

APP = "0a" * 16
ACCOUNT = Account(APP, "123456789012")


@pytest.mark.parametrize("endpoint_id", ["a@b.c", "ada lovelace", "+12065550100", "größe", "x" * 256])
def test_the_translation_reads_back_the_endpoint_id_that_was_sent_along(endpoint_id):
    for pairs in (email_tags({"endpoint_id": endpoint_id}), sms_context({"endpoint_id": endpoint_id})):
        assert context_of(pairs, ACCOUNT, "m").endpoint_id == endpoint_id


def test_an_id_that_fits_goes_as_it_is_and_no_other_does():
    identity = {"application_id": APP, "endpoint_id": "ada lovelace"}
    assert email_tags(identity) == {"application_id": APP, "endpoint_id_b64": "YWRhIGxvdmVsYWNl"}
    assert email_tags({"endpoint_id": "a@b.c"}) == {"endpoint_id": "a@b.c"}
    assert email_tags({"endpoint_id": " " * 200, "application_id": APP}) == {"application_id": APP}
    assert sms_context({"endpoint_id": "+1 206"}) == {"endpoint_id_b64": "KzEgMjA2"}
    assert sms_context({"endpoint_id": "ü" * 10}) == {"endpoint_id": "ü" * 10}


@pytest.fixture
def sent(world):
    """Bodies of the calls that send email and text messages."""
    bodies = []
    for service, operation in (("sesv2", "SendEmail"), ("pinpoint-sms-voice-v2", "SendTextMessage")):
        sending_client(service).meta.events.register(
            f"before-call.{service}.{operation}", lambda params, **_: bodies.append(json.loads(params["body"]))
        )
    return bodies


def send(pinpoint, identifier, channel, address, message):
    endpoint = {"ChannelType": channel, "Address": address}
    pinpoint.update_endpoint(ApplicationId=APP, EndpointId=identifier, EndpointRequest=endpoint)
    pinpoint.send_messages(
        ApplicationId=APP,
        MessageRequest={
            "Endpoints": {identifier: {"Context": {"order": "7", "application_id": "another"}}},
            "Context": {"shop": "berlin"},
            "MessageConfiguration": message,
        },
    )


def test_a_direct_email_says_its_application_and_endpoint_first(pinpoint, sent):
    simple = {"SimpleEmail": {"Subject": {"Data": "Hi"}, "TextPart": {"Data": "there"}}}
    send(pinpoint, "ada lovelace", "EMAIL", "a@b.c", {"EmailMessage": simple})
    assert [(tag["Name"], tag["Value"]) for tag in sent[0]["EmailTags"]] == [
        ("application_id", APP),
        ("endpoint_id_b64", "YWRhIGxvdmVsYWNl"),
        ("shop", "berlin"),
        ("order", "7"),
    ]


def test_a_direct_text_says_its_application_and_endpoint_first(pinpoint, sent):
    send(pinpoint, "ada", "SMS", "+12065550100", {"SMSMessage": {"Body": "Hi"}})
    assert list(sent[0]["Context"].items()) == [
        ("application_id", APP),
        ("endpoint_id", "ada"),
        ("shop", "berlin"),
        ("order", "7"),
    ]


def test_a_message_to_an_address_says_its_application_alone(pinpoint, sent):
    pinpoint.send_messages(
        ApplicationId=APP,
        MessageRequest={
            "Addresses": {"+12065550100": {"ChannelType": "SMS"}},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )
    assert sent[0]["Context"] == {"application_id": APP}
