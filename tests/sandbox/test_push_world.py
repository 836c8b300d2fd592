"""Push messages of the outside world: held to AWS's model, and tokens that do what they are told."""

import json

import boto3
import pytest
from moto import mock_aws

from sandbox.world.extension import install
from sandbox.world.faults import ServiceError
from sandbox.world.outbox import OUTBOX
from sandbox.world.push import push_messages

APPLICATION = "ab" * 16
ACCOUNT, REGION = "123456789012", "us-east-1"


@pytest.fixture
def client():
    install()
    OUTBOX.clear()
    config = boto3.session.Config(retries={"total_max_attempts": 1}, parameter_validation=False)
    with mock_aws():
        yield boto3.client("pinpoint", REGION, aws_access_key_id="x", aws_secret_access_key="y", config=config)


def send(client, addresses, configuration, **more):
    request = {"Addresses": addresses, "MessageConfiguration": configuration, **more}
    return client.send_messages(ApplicationId=APPLICATION, MessageRequest=request)["MessageResponse"]["Result"]


def test_an_addresss_own_texts_win_over_the_messages(client):
    own = {"ChannelType": "GCM", "BodyOverride": "mine", "Context": {"a": "1"}}
    answer = send(client, {"t": own}, {"GCMMessage": {"Title": "T", "Body": "all"}}, Context={"b": "2"})
    [message] = OUTBOX.messages()
    assert (message.channel, message.sender, message.to) == ("PUSH", APPLICATION, "t")
    assert (message.subject, message.body) == ("T", "mine")
    assert message.context == {"ChannelType": "GCM", "a": "1", "b": "2"}
    assert answer["t"]["MessageId"] == message.message_id


@pytest.mark.parametrize(
    "request_",
    [
        {"Addresses": {}, "MessageConfiguration": {}},
        {"Addresses": {f"t{at}": {"ChannelType": "GCM"} for at in range(101)}, "MessageConfiguration": {}},
        {"Addresses": {"t": {"ChannelType": "FCM"}}, "MessageConfiguration": {"GCMMessage": {"Body": "x"}}},
        {"Addresses": {"t": {"ChannelType": "GCM"}}, "MessageConfiguration": {"GCMMessage": {"TimeToLive": "60"}}},
        {"Addresses": {"t": {"ChannelType": "GCM"}}},
        {"Endpoints": {"e": {}}, "MessageConfiguration": {"GCMMessage": {"Body": "x"}}},
    ],
)
def test_a_call_that_awss_model_refuses_is_refused(client, request_):
    with pytest.raises(client.exceptions.BadRequestException):
        client.send_messages(ApplicationId=APPLICATION, MessageRequest=request_)
    assert not OUTBOX.messages()


@pytest.mark.parametrize(
    ("address", "configuration", "told"),
    [
        ({"ChannelType": "SMS"}, {"DefaultMessage": {"Body": "x"}}, "No channel of type SMS is enabled"),
        ({"ChannelType": "APNS"}, {"GCMMessage": {"Body": "x"}}, "the message is empty"),
        ({"ChannelType": "GCM", "RawContent": "x"}, {}, "RawContent is not JSON"),
        ({"ChannelType": "GCM", "RawContent": "[]"}, {}, "RawContent is not a JSON object"),
        ({"ChannelType": "APNS", "BodyOverride": "x" * 4200}, {}, "the payload is too large"),
    ],
)
def test_a_message_that_no_device_can_get_fails_for_good(client, address, configuration, told):
    result = send(client, {"t": address}, configuration)["t"]
    assert (result["DeliveryStatus"], result["StatusCode"]) == ("PERMANENT_FAILURE", 400)
    assert told in result["StatusMessage"]


def test_variables_are_the_address_s_then_the_message_s_then_the_default_message_s_and_nothing_without_a_value(client):
    configuration = {
        "DefaultMessage": {"Body": "x", "Substitutions": {"a": ["0"], "b": ["0"], "c": ["default"]}},
        "GCMMessage": {
            "Title": "{{ a }}-{{b}}-{{c}}",
            "Body": "{{names.[1]}}{{none}}!",
            "Substitutions": {"b": ["message"]},
        },
    }
    own = {"ChannelType": "GCM", "Substitutions": {"a": ["own"], "names": ["x", "y"]}}
    send(client, {"t": own, "raw": {**own, "RawContent": '{"data": {"x": "{{a}}"}}'}}, configuration)
    message, raw = OUTBOX.messages()
    assert (message.subject, message.body) == ("own-message-default", "y!")
    assert raw.body == '{"data": {"x": "own"}}'
    assert "Substitutions" not in json.loads(message.raw)


@pytest.mark.parametrize(("channel", "reason"), [("GCM", "INVALID_ARGUMENT"), ("APNS", "MissingDeviceToken")])
def test_an_address_that_is_blank_gets_nothing(client, channel, reason):
    answer = send(client, {" ": {"ChannelType": channel}}, {"DefaultPushNotificationMessage": {"Body": "x"}})
    assert (answer[" "]["DeliveryStatus"], answer[" "]["StatusCode"]) == ("PERMANENT_FAILURE", 400)
    assert json.loads(answer[" "]["StatusMessage"])["pushProviderError"] == reason
    assert not OUTBOX.messages()


def test_tokens_do_what_they_are_told_and_for_as_long(client):
    service = push_messages(ACCOUNT, REGION)
    service.set_states({"busy": {"State": "throttled", "Times": 2}, "gone": {"State": "unregistered"}})
    for expected in ("THROTTLED", "THROTTLED", "SUCCESSFUL"):
        assert (
            send(client, {"busy": {"ChannelType": "GCM"}}, {"GCMMessage": {"Body": "x"}})["busy"]["DeliveryStatus"]
            == expected
        )
    gone = send(client, {"gone": {"ChannelType": "APNS"}}, {"APNSMessage": {"Body": "x"}})["gone"]
    assert (gone["StatusCode"], json.loads(gone["StatusMessage"])["pushProviderError"]) == (410, "Unregistered")
    with pytest.raises(ServiceError, match="State of t is none of registered, unregistered"):
        service.set_states({"t": {"State": "lost"}})


def test_a_call_meets_the_trouble_that_it_is_to_meet(client):
    push_messages(ACCOUNT, REGION).throttled["SendMessages"] = 1
    with pytest.raises(client.exceptions.TooManyRequestsException):
        send(client, {"t": {"ChannelType": "GCM"}}, {"GCMMessage": {"Body": "x"}})
    assert send(client, {"t": {"ChannelType": "GCM"}}, {"GCMMessage": {"Body": "x"}})["t"]["StatusCode"] == 200
