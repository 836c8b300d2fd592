from __future__ import annotations

import pytest

from handlers.engagement.messages.email import EmailSender
from handlers.shared.messages.sms import SmsSender
from tests.handlers.shared.fakes import FakeClient


def mailed(address, **more):
    client = FakeClient({"send_email": {"MessageId": "m"}})
    result = EmailSender("J\u00fcrgen <shop@m\u00fcnchen.de>", client=client).send(
        address, subject="s", text="t", **more
    )
    return result, client.calls["send_email"]


def test_email_goes_to_the_punycode_domain_from_an_encoded_name():
    result, (request,) = mailed("Ana@fa\u00df.de\u00a0", reply_to=["\u00c4nne <a@b.de>"])
    assert result.status == "SUCCESSFUL"
    assert request["Destination"]["ToAddresses"] == ["Ana@xn--fa-hia.de"]
    assert request["FromEmailAddress"] == "=?utf-8?q?J=C3=BCrgen?= <shop@xn--mnchen-3ya.de>"
    assert request["ReplyToAddresses"] == ["=?utf-8?b?w4RubmU=?= <a@b.de>"]


@pytest.mark.parametrize("address", ["\u00fc@example.com", "a@\u2603.com", "no address", "", None, "a b@c.de"])
def test_a_recipient_whom_ses_cannot_reach_is_refused_alone(address):
    result, calls = mailed(address)
    assert (result.status, len(calls)) == ("PERMANENT_FAILURE", 0)
    assert "\u00fc" not in result.status_message


def test_a_sender_that_is_two_addresses_is_refused():
    result, calls = mailed("a@b.de", from_address="Doe, Jane <j@b.de>")
    assert (result.status, len(calls)) == ("PERMANENT_FAILURE", 0)
    assert "quotes" in result.status_message


@pytest.mark.parametrize(
    "address", ["+1206555010\u0660", "+\u0661\u0662065550100", "12065550100", "+1 206 555 0100", "", None]
)
def test_a_text_goes_to_ascii_digits_only(address):
    client = FakeClient({"send_text_message": {"MessageId": "m"}})
    assert SmsSender(client=client).send(address, "hello").status == "PERMANENT_FAILURE"
    assert not client.calls


def test_a_text_goes_to_the_number_without_the_blanks_around_it():
    client = FakeClient({"send_text_message": {"MessageId": "m"}})
    assert SmsSender(client=client).send("\u202a+12065550100 ", "hello").status == "SUCCESSFUL"
    assert client.calls["send_text_message"][0]["DestinationPhoneNumber"] == "+12065550100"
