"""Texts in the outside world: parts, rates, phone numbers, opt-outs, and what people text back. Without any server."""

import json

import boto3
import pytest
from moto import mock_aws

from sandbox.world.extension import install
from sandbox.world.outbox import OUTBOX, Message
from sandbox.world.sms_voice.events import text_events
from sandbox.world.sms_voice.inbound import InboundError
from sandbox.world.sms_voice.models import SmsVoiceBackend, SmsVoiceError, sms_voice_backends
from sandbox.world.sms_voice.parts import counted
from sandbox.world.sms_voice.rates import RateLimit, too_fast

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:texts"
PERSON = "+14155550161"
LONG_CODE = "+16045550101"
LONG_CODE_ID = "phone-00000000000000000000000000000001"


@pytest.fixture
def client():
    install()
    OUTBOX.clear()
    with mock_aws():
        yield boto3.client("pinpoint-sms-voice-v2", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")


@pytest.fixture
def backend(client) -> SmsVoiceBackend:
    return sms_voice_backends[ACCOUNT]["us-east-1"]


def two_way(client, **more):
    given = {"TwoWayEnabled": True, "TwoWayChannelArn": TOPIC, **more}
    return client.update_phone_number(PhoneNumberId=LONG_CODE_ID, **given)


def send(client, body: str = "Hi", to: str = PERSON, identity: str = LONG_CODE) -> str:
    answer = client.send_text_message(DestinationPhoneNumber=to, MessageBody=body, OriginationIdentity=identity)
    return answer["MessageId"]


@pytest.mark.parametrize(
    ("body", "encoding", "parts"),
    [
        ("a" * 160, "GSM", 1),
        ("a" * 161, "GSM", 2),
        ("a" * 306, "GSM", 2),
        ("a" * 307, "GSM", 3),
        ("àéùñÜßΩ¿@£", "GSM", 1),
        ("€" * 80, "GSM", 1),
        ("€" * 81, "GSM", 2),
        ("a" + "€" * 76 + "€" * 76, "GSM", 2),
        ("€" * 153, "GSM", 3),
        ("ç" * 70, "Unicode", 1),
        ("ç" * 71, "Unicode", 2),
        ("ç" * 134, "Unicode", 2),
        ("ç" * 135, "Unicode", 3),
        ("a" * 70 + "中", "Unicode", 2),
        ("😀" * 35, "Unicode", 1),
        ("😀" * 36, "Unicode", 2),
        ("😀" * 67, "Unicode", 3),
    ],
)
def test_parts_are_counted_as_carriers_do(body, encoding, parts):
    assert counted(body) == (encoding, parts)


def test_the_outbox_tells_encoding_and_parts(client):
    send(client, "ç" * 71)
    [message] = OUTBOX.messages()
    shown = message.to_json()
    assert (shown["encoding"], shown["parts"]) == ("Unicode", 2)


@pytest.mark.parametrize(
    ("rate", "sent", "late"),
    [
        (1, [(0.0, 1), (1.0, 1), (2.0, 1)], []),
        (1, [(0.0, 1), (0.5, 1), (1.5, 1)], [0.5]),
        (1, [(0.0, 3), (1.0, 1), (2.9, 1), (3.0, 1)], [1.0, 2.9]),
        (3, [(0.0, 1), (0.0, 1), (0.0, 1), (0.9, 1), (1.0, 3)], [0.9]),
        (10, [(0.0, 9), (0.1, 2), (0.2, 1)], [0.1]),
        (0.5, [(0.0, 1), (1.0, 1), (2.0, 1)], [1.0]),
    ],
)
def test_what_is_faster_than_a_numbers_rate_is_found(rate, sent, late):
    assert too_fast(sent, rate) == late


def test_what_was_refused_takes_nothing_of_the_rate():
    limit = RateLimit(1)
    assert [limit.take(1, moment) for moment in (0.0, 0.4, 0.8, 1.0)] == [True, False, False, True]


def test_rates_are_enforced_only_when_told_so(client, backend):
    for _ in range(3):
        send(client)
    backend.limit_rates({"LONG_CODE": 1})
    send(client)
    with pytest.raises(SmsVoiceError, match="more than 1 parts a second") as refused:
        backend.call(
            "SendTextMessage",
            {"DestinationPhoneNumber": PERSON, "MessageBody": "Hi", "OriginationIdentity": LONG_CODE},
        )
    assert refused.value.code == "ThrottlingException"
    send(client, identity="555104")
    backend.limit_rates({})
    send(client)


def test_every_nth_call_fails_when_told_so(backend):
    backend.failing_every["DescribePhoneNumbers"] = 3
    outcomes = []
    for _ in range(6):
        try:
            backend.call("DescribePhoneNumbers", {})
            outcomes.append(200)
        except SmsVoiceError as error:
            outcomes.append(error.status)
    assert outcomes == [200, 200, 400, 200, 200, 500]


def test_the_account_has_a_number_of_each_type(client):
    found = client.describe_phone_numbers()["PhoneNumbers"]
    assert [(one["PhoneNumber"], one["NumberType"]) for one in found] == [
        ("+16045550101", "LONG_CODE"),
        ("+18335550102", "TOLL_FREE"),
        ("+12065550103", "TEN_DLC"),
        ("555104", "SHORT_CODE"),
    ]
    [one] = client.describe_phone_numbers(Filters=[{"Name": "number-type", "Values": ["TEN_DLC"]}])["PhoneNumbers"]
    assert one["PhoneNumber"] == "+12065550103"


def test_a_number_is_had_changed_and_given_back(client):
    given = {"IsoCountryCode": "US", "MessageType": "TRANSACTIONAL", "NumberCapabilities": ["SMS"]}
    made = client.request_phone_number(NumberType="TOLL_FREE", DeletionProtectionEnabled=True, **given)
    with pytest.raises(client.exceptions.ConflictException) as refused:
        client.release_phone_number(PhoneNumberId=made["PhoneNumberId"])
    assert refused.value.response["Reason"] == "DELETION_PROTECTION_ENABLED"
    client.update_phone_number(PhoneNumberId=made["PhoneNumberId"], DeletionProtectionEnabled=False)
    assert client.release_phone_number(PhoneNumberId=made["PhoneNumberId"])["Status"] == "DELETED"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_phone_numbers(PhoneNumberIds=[made["PhoneNumberId"]])
    with pytest.raises(client.exceptions.ValidationException, match="NumberType 'SHORT_CODE' is none of"):
        client.request_phone_number(NumberType="SHORT_CODE", **given)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"TwoWayEnabled": True}, "TWO_WAY_CHANNEL_NOT_PRESENT"),
        ({"TwoWayEnabled": True, "TwoWayChannelArn": "arn:aws:sqs:us-east-1:123456789012:q"}, "INVALID_ARN"),
        ({"SelfManagedOptOutsEnabled": True}, "TWO_WAY_NOT_ENABLED"),
    ],
)
def test_a_number_cannot_be_set_to_what_cannot_work(client, change, reason):
    with pytest.raises(client.exceptions.ValidationException) as refused:
        client.update_phone_number(PhoneNumberId=LONG_CODE_ID, **change)
    assert refused.value.response["Reason"] == reason


def test_a_list_in_use_and_the_default_list_stay(client):
    client.create_opt_out_list(OptOutListName="mine")
    client.update_phone_number(PhoneNumberId=LONG_CODE_ID, OptOutListName="mine")
    for name, reason in (("mine", "RESOURCE_NOT_EMPTY"), ("Default", "RESOURCE_DELETION_NOT_ALLOWED")):
        with pytest.raises(client.exceptions.ConflictException) as refused:
            client.delete_opt_out_list(OptOutListName=name)
        assert refused.value.response["Reason"] == reason


def test_a_number_honours_its_own_list(client):
    client.create_opt_out_list(OptOutListName="mine")
    client.put_opted_out_number(OptOutListName="mine", OptedOutNumber=PERSON)
    send(client)
    client.update_phone_number(PhoneNumberId=LONG_CODE_ID, OptOutListName="mine")
    with pytest.raises(client.exceptions.ConflictException):
        send(client)
    two_way(client, SelfManagedOptOutsEnabled=True)
    send(client)


def test_members_are_held_to_the_services_model(backend):
    for operation, given, said in (
        ("SendTextMessage", {"MessageBody": "Hi"}, "DestinationPhoneNumber is required"),
        ("CreateOptOutList", {"OptOutListName": "my list"}, "does not match"),
        ("UpdatePhoneNumber", {"PhoneNumberId": LONG_CODE_ID, "TwoWayEnabled": "yes"}, "is not a boolean"),
        ("DescribePhoneNumbers", {"MaxResults": 101}, "MaxResults is 101; 1 to 100 are allowed"),
        ("DescribeOptOutLists", {"OptOutListNames": ["a"] * 6}, "has a length of 6; 0 to 5 are allowed"),
    ):
        with pytest.raises(SmsVoiceError, match=said) as refused:
            backend.call(operation, given)
        assert refused.value.code == "ValidationException"


def test_a_text_is_published_as_the_service_does(client, backend):
    two_way(client, SelfManagedOptOutsEnabled=True)
    before = send(client)
    received = backend.receive_text(PERSON, LONG_CODE, "Arrêt, s'il vous plaît")
    [message] = backend.undelivered
    assert (message["TopicArn"], message["Service"]) == (TOPIC, "sms-voice.amazonaws.com")
    assert json.loads(message["Message"]) == {
        "originationNumber": PERSON,
        "destinationNumber": LONG_CODE,
        "messageKeyword": f"KEYWORD_{ACCOUNT}",
        "messageBody": "Arrêt, s'il vous plaît",
        "inboundMessageId": received.message_id,
        "previousPublishedMessageId": before,
    }


def test_a_text_is_delivered_once_more_under_its_id(client, backend):
    two_way(client)
    first = backend.receive_text(PERSON, LONG_CODE, "Hello")
    again = backend.receive_text(PERSON, LONG_CODE, "Hello", first.message_id)
    assert first == again and backend.undelivered[0] == backend.undelivered[1]


@pytest.mark.parametrize(
    ("body", "action", "listed"),
    [
        ("STOP", "opted out", True),
        (" stop\n", "opted out", True),
        ("Stop all", "opted out", True),
        ("Unsubscribe", "opted out", True),
        ("help", "answered", False),
        ("Helping hands", "published", False),
        ("don't stop", "published", False),
        ("the weekend", "published", False),
    ],
)
def test_the_service_answers_stop_and_help_itself(client, backend, body, action, listed):
    two_way(client)
    assert backend.receive_text(PERSON, LONG_CODE, body).action == action
    assert len(OUTBOX.messages()) == (action != "published") == 1 - len(backend.undelivered)
    numbers = client.describe_opted_out_numbers(OptOutListName="Default")["OptedOutNumbers"]
    assert [(one["OptedOutNumber"], one["EndUserOptedOut"]) for one in numbers] == ([(PERSON, True)] if listed else [])


def test_a_second_stop_is_not_answered(client, backend):
    two_way(client)
    for _ in range(2):
        backend.receive_text(PERSON, LONG_CODE, "STOP")
    [reply] = OUTBOX.messages()
    assert (reply.sender, reply.to) == (LONG_CODE, PERSON)


def test_with_self_managed_opt_outs_the_service_keeps_out_of_it(client, backend):
    two_way(client, SelfManagedOptOutsEnabled=True)
    for body, keyword in (("STOP", "STOP"), ("help me", "HELP")):
        received = backend.receive_text(PERSON, LONG_CODE, body)
        assert received.action == "published" and received.document["messageKeyword"] == keyword
    assert not OUTBOX.messages()
    assert client.describe_opted_out_numbers(OptOutListName="Default")["OptedOutNumbers"] == []


@pytest.mark.parametrize(
    ("sender", "number", "body", "said"),
    [
        (PERSON, "+19995550100", "Hi", "the account has no number '\\+19995550100' \\(it has "),
        (PERSON, LONG_CODE, "Hi", "two-way SMS is off"),
        ("14155550161", LONG_CODE, "Hi", "'14155550161' is not a phone number in E.164 format"),
        (PERSON, LONG_CODE, "  ", "the text is empty"),
    ],
)
def test_a_text_that_goes_nowhere_says_why(backend, sender, number, body, said):
    with pytest.raises(InboundError, match=said):
        backend.receive_text(sender, number, body)


def test_a_topic_that_refuses_is_told(client, backend, monkeypatch):
    monkeypatch.setattr(SmsVoiceBackend, "deliver", staticmethod(lambda _: "its policy does not allow it"))
    two_way(client)
    with pytest.raises(InboundError, match="could not publish the text: its policy does not allow it"):
        backend.receive_text(PERSON, LONG_CODE, "Hi")


@pytest.mark.parametrize(
    ("number", "end", "country"),
    [
        ("+12065550100", "TEXT_DELIVERED", "US"),
        ("+999999999999999", "TEXT_INVALID", ""),
        ("+10000000000", "TEXT_DELIVERED", ""),
    ],
)
def test_every_number_gets_an_end_and_that_of_no_country_is_invalid(number, end, country):
    queued, ended = text_events(Message("SMS", "555104", number, "Hi", "m-1", encoding="GSM", parts=1), "PROMOTIONAL")
    assert (queued["eventType"], ended["eventType"], ended["isoCountryCode"]) == ("TEXT_QUEUED", end, country)
