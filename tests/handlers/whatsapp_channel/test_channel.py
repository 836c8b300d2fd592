"""One message in WhatsApp, as botocore's model of End User Messaging Social has it."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.stub import ANY, Stubber

from handlers.custom_channel.channel import Call, RefusedError
from handlers.shared import clients
from handlers.whatsapp_channel import channel
from handlers.whatsapp_channel.channel import LONGEST_TEXT, WhatsAppChannel
from handlers.whatsapp_channel.environment import WhatsAppEnvironment

NUMBER = "phone-number-id-0123456789abcdef0123456789abcdef"
COMMON = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": "+12065550100"}


def call(message="Hello", texts=()):
    return Call("app", "campaign", "run", "0", "ada", "SMS", "+12065550100", 1, message, tuple(texts))


def made(client, template="", *parameters):
    environment = WhatsAppEnvironment(
        phone_number_id=NUMBER, api_version="v20.0", template=template, language="pt_BR", parameters=parameters
    )
    return WhatsAppChannel(environment, client)


@pytest.fixture
def social():
    return boto3.client("socialmessaging", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


def written(client, channel, given):
    """What the channel sends for a call: the message, once."""
    seen = []
    client.meta.events.register("provide-client-params.*.SendWhatsAppMessage", lambda params, **_: seen.append(params))
    with Stubber(client) as stubber:
        expected = {"originationPhoneNumberId": NUMBER, "metaApiVersion": "v20.0", "message": ANY}
        stubber.add_response("send_whatsapp_message", {"messageId": "m1"}, expected)
        assert channel.call(given) == "m1"
    [params] = seen
    return json.loads(params["message"])


def test_without_a_template_the_campaigns_text_is_written(social):
    assert written(social, made(social), call("Olá")) == {**COMMON, "type": "text", "text": {"body": "Olá"}}


def test_a_text_may_be_as_long_as_whatsapp_takes_and_no_longer(social):
    assert written(social, made(social), call("x" * LONGEST_TEXT))["text"]["body"] == "x" * 4096
    with pytest.raises(RefusedError, match=r"4,097 characters; WhatsApp takes 4,096"):
        made(social).call(call("x" * (LONGEST_TEXT + 1)))


def test_a_template_is_written_in_its_language_with_its_texts_in_order_on_one_line(social):
    message = written(social, made(social, "order", "a", "b"), call(texts=["Ann\n\tLee", "two   words"]))
    assert message == {
        **COMMON,
        "type": "template",
        "template": {
            "name": "order",
            "language": {"code": "pt_BR"},
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": "Ann Lee"}, {"type": "text", "text": "two words"}],
                }
            ],
        },
    }


def test_a_template_without_texts_has_no_components(social):
    assert "components" not in written(social, made(social, "hello"), call(""))["template"]


@pytest.mark.parametrize(("texts", "place"), [(["", "b"], 1), (["a", " \n\t"], 2)])
def test_an_empty_text_of_a_template_is_refused_with_its_place(social, texts, place):
    with pytest.raises(RefusedError, match=f"text {place} of the template is empty"):
        made(social, "order", "a", "b").call(call(texts=texts))


def test_a_text_is_needed_without_a_template_only(social):
    assert (made(social).needs_message, made(social).texts) == (True, ())
    template = made(social, "order", "{{Attributes.Name}}")
    assert (template.needs_message, template.texts) == (False, ("{{Attributes.Name}}",))
    assert (template.repeatable, template.name) == (False, "whatsAppChannel")


def test_it_is_made_of_the_functions_variables(monkeypatch):
    clients.forget_clients()
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "WHATSAPP_PHONE_NUMBER_ID": NUMBER,
        "WHATSAPP_API_VERSION": "v20.0",
        "WHATSAPP_TEMPLATE": "order",
        "WHATSAPP_LANGUAGE": "de",
        "WHATSAPP_PARAMETERS": '["{{Attributes.Name}}", "a, b"]',
    }.items():
        monkeypatch.setenv(name, value)
    assert channel.make().texts == ("{{Attributes.Name}}", "a, b")
    clients.forget_clients()
