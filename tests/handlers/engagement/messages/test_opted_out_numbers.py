"""A number that said STOP gets no promotional text from the moment on at which its opt-out is acknowledged."""

import json
from types import SimpleNamespace

import pytest

from handlers.shared.clients import aws_client, sending_client

APP = "0a" * 16
OUT, IN = "+12065550100", "+12065550101"


@pytest.fixture
def texted(world, send):
    """Numbers that were texted; OUT is opted out."""
    numbers = []

    def answer(params, **_):
        numbers.append(json.loads(params["body"])["DestinationPhoneNumber"])
        return SimpleNamespace(status_code=200), {"MessageId": "m"}

    aws_client("pinpoint-sms-voice-v2").meta.events.register(
        "before-call.pinpoint-sms-voice-v2.SendTextMessage", answer
    )
    sending_client("pinpoint-sms-voice-v2").meta.events.register(
        "before-call.pinpoint-sms-voice-v2.SendTextMessage", answer
    )
    body = {"ChannelType": "SMS", "Item": [{"Address": OUT, "OptOut": "ALL"}]}
    assert send("POST", f"https://api/v1/apps/{APP}/address-opt-outs", json.dumps(body).encode())[0] == 200
    return numbers


def message(kind):
    return {"SMSMessage": {"Body": "Hello", "MessageType": kind}}


@pytest.mark.parametrize(("kind", "reached"), [("PROMOTIONAL", [IN]), ("TRANSACTIONAL", [OUT, IN])])
def test_a_promotional_text_to_a_number_that_is_out_is_not_sent_and_a_transactional_one_is(
    pinpoint, texted, kind, reached
):
    addresses = {OUT: {"ChannelType": "SMS"}, IN: {"ChannelType": "SMS"}}
    request = {"Addresses": addresses, "MessageConfiguration": message(kind)}
    answer = pinpoint.send_messages(ApplicationId=APP, MessageRequest=request)["MessageResponse"]["Result"]
    assert sorted(texted) == sorted(reached)
    assert answer[OUT]["DeliveryStatus"] == ("OPT_OUT" if kind == "PROMOTIONAL" else "SUCCESSFUL")
    assert answer[IN]["DeliveryStatus"] == "SUCCESSFUL"


def test_nor_to_an_endpoint_or_a_user_with_that_number(pinpoint, texted):
    user = {"UserId": "ada"}
    for name, number in (("a", OUT), ("b", IN)):
        endpoint = {"ChannelType": "SMS", "Address": number, "User": user}
        pinpoint.update_endpoint(ApplicationId=APP, EndpointId=name, EndpointRequest=endpoint)
    request = {"Endpoints": {"a": {}, "b": {}}, "MessageConfiguration": message("PROMOTIONAL")}
    pinpoint.send_messages(ApplicationId=APP, MessageRequest=request)
    request = {"Users": {"ada": {}}, "MessageConfiguration": message("PROMOTIONAL")}
    pinpoint.send_users_messages(ApplicationId=APP, SendUsersMessageRequest=request)
    assert texted == [IN, IN]
