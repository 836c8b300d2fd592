"""One call of Amazon Connect, as botocore's own model of the service has it."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.stub import Stubber

from handlers.connect_channel import channel
from handlers.connect_channel.channel import ConnectChannel
from handlers.connect_channel.environment import ConnectEnvironment
from handlers.custom_channel.channel import Call, RefusedError
from handlers.shared import clients
from handlers.shared.environment import EnvironmentProblemError

INSTANCE, FLOW, QUEUE = (f"00000000-0000-4000-8000-00000000000{n}" for n in (1, 2, 3))
VARIABLES = {"CONNECT_INSTANCE_ID": INSTANCE, "CONNECT_CONTACT_FLOW_ID": FLOW, "CONNECT_QUEUE_ID": QUEUE}


def call(address="+12065550100", message="Hello", activity="run"):
    return Call("app", "campaign", activity, "0", "ada", "SMS", address, 1, message)


@pytest.fixture
def connect():
    client = boto3.client("connect", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    environment = ConnectEnvironment(instance_id=INSTANCE, contact_flow_id=FLOW, queue_id=QUEUE)
    with Stubber(client) as stubber:
        yield ConnectChannel(environment, client), stubber


def wanted(given):
    return {
        "InstanceId": INSTANCE,
        "ContactFlowId": FLOW,
        "QueueId": QUEUE,
        "DestinationPhoneNumber": given.address,
        "Attributes": {"Message": given.message},
        "ClientToken": given.token,
    }


def test_it_calls_the_number_from_the_queue_with_the_text_as_an_attribute_and_tells_the_contact(connect):
    channel, stubber = connect
    given = call()
    stubber.add_response("start_outbound_voice_contact", {"ContactId": "contact"}, wanted(given))
    assert channel.call(given) == "contact"
    stubber.assert_no_pending_responses()


def test_the_token_is_the_runs_and_the_endpoints_whatever_the_text():
    assert call().token == call(message="other", address="+12065550111").token
    assert call().token != call(activity="another").token


@pytest.mark.parametrize("address", ["", "12065550199", "+1 206 555 0100", "ada@example.com", "+0123", "+1206555010x"])
def test_what_is_no_phone_number_is_refused_without_a_call_and_without_naming_it(connect, address):
    channel, _ = connect
    with pytest.raises(RefusedError, match=r"no phone number in E\.164 format") as refused:
        channel.call(call(address))
    assert not address or address not in str(refused.value)


def test_what_connect_answers_with_an_error_is_the_callers_to_judge(connect):
    channel, stubber = connect
    stubber.add_client_error("start_outbound_voice_contact", "DestinationNotAllowedException", http_status_code=403)
    with pytest.raises(ClientError, match="DestinationNotAllowedException"):
        channel.call(call())


def test_connects_model_takes_no_text_that_is_none(connect):
    channel, stubber = connect
    stubber.add_response("start_outbound_voice_contact", {"ContactId": "contact"})
    with pytest.raises(ParamValidationError):
        channel.call(call(message=None))  # pyright: ignore[reportArgumentType]


def test_it_is_made_of_the_functions_variables_and_says_which_are_missing(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients.forget_clients()
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    made = channel.make()
    assert (made.name, made.repeatable, made.needs_message, made.texts) == ("connectChannel", True, True, ())
    for name in VARIABLES:
        monkeypatch.delenv(name)
    with pytest.raises(
        EnvironmentProblemError, match=r"CONNECT_INSTANCE_ID.*CONNECT_CONTACT_FLOW_ID.*CONNECT_QUEUE_ID"
    ):
        channel.make()
    clients.forget_clients()
