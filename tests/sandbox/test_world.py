"""The outside world, in process and as functions see it."""

import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from sandbox.world.extension import install
from sandbox.world.numbers import validate
from sandbox.world.outbox import OUTBOX
from sandbox.world.sms_voice.events import FAILING


@pytest.fixture
def client():
    install()
    OUTBOX.clear()
    with mock_aws():
        yield boto3.client("pinpoint-sms-voice-v2", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")


def test_a_text_lands_in_the_outbox(client):
    answer = client.send_text_message(DestinationPhoneNumber="+12065550100", MessageBody="Hi", Context={"a": "b"})
    [message] = OUTBOX.messages()
    assert (message.channel, message.to, message.body, message.context) == ("SMS", "+12065550100", "Hi", {"a": "b"})
    assert message.message_id == answer["MessageId"]


def test_an_opted_out_number_is_refused_until_it_is_taken_off_the_list(client):
    client.put_opted_out_number(OptOutListName="Default", OptedOutNumber="+12065550100")
    with pytest.raises(client.exceptions.ConflictException) as refused:
        client.send_text_message(DestinationPhoneNumber="+12065550100", MessageBody="Hi")
    assert refused.value.response["Reason"] == "DESTINATION_PHONE_NUMBER_OPTED_OUT"
    client.delete_opted_out_number(OptOutListName="Default", OptedOutNumber="+12065550100")
    client.send_text_message(DestinationPhoneNumber="+12065550100", MessageBody="Hi")
    assert len(OUTBOX.messages()) == 1


@pytest.mark.parametrize("number", ["(202) 555-0191", "abc", "+0123", "+"])
def test_a_number_that_is_not_e164_is_refused(client, number):
    with pytest.raises(client.exceptions.ValidationException):
        client.send_text_message(DestinationPhoneNumber=number, MessageBody="Hi")
    assert not OUTBOX.messages()


def test_a_self_managed_number_sends_to_opted_out_numbers(client):
    phone = client.request_phone_number(
        IsoCountryCode="US", MessageType="TRANSACTIONAL", NumberCapabilities=["SMS"], NumberType="TOLL_FREE"
    )
    client.update_phone_number(
        PhoneNumberId=phone["PhoneNumberId"],
        TwoWayEnabled=True,
        TwoWayChannelArn="arn:aws:sns:us-east-1:123456789012:texts",
        SelfManagedOptOutsEnabled=True,
    )
    client.put_opted_out_number(OptOutListName="Default", OptedOutNumber="+12065550100")
    client.send_text_message(
        DestinationPhoneNumber="+12065550100", MessageBody="Hi", OriginationIdentity=phone["PhoneNumberArn"]
    )
    [message] = OUTBOX.messages()
    assert message.sender == phone["PhoneNumber"]


def test_opted_out_numbers_come_in_pages(client):
    client.create_opt_out_list(OptOutListName="mine")
    for n in range(3):
        client.put_opted_out_number(OptOutListName="mine", OptedOutNumber=f"+1206555010{n}")
    first = client.describe_opted_out_numbers(OptOutListName="mine", MaxResults=2)
    rest = client.describe_opted_out_numbers(OptOutListName="mine", NextToken=first["NextToken"])
    assert [len(page["OptedOutNumbers"]) for page in (first, rest)] == [2, 1]
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_opted_out_numbers(OptOutListName="nobodys")


def test_lists_and_configuration_sets_keep_the_tags_that_they_are_given(client):
    tags = [{"Key": "a", "Value": "1"}]
    arns = (
        client.create_opt_out_list(OptOutListName="mine", Tags=tags)["OptOutListArn"],
        client.create_configuration_set(ConfigurationSetName="mine", Tags=tags)["ConfigurationSetArn"],
    )
    for arn in arns:
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        client.untag_resource(ResourceArn=arn, TagKeys=["a"])
        assert client.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.tag_resource(ResourceArn=f"{arn}-nobodys", Tags=tags)


def test_pinpoint_validates_numbers_in_process(client):
    pinpoint = boto3.client("pinpoint", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    answer = pinpoint.phone_number_validate(NumberValidateRequest={"PhoneNumber": "+14256791901"})
    assert answer["NumberValidateResponse"]["PhoneType"] == "MOBILE"


@pytest.mark.parametrize(
    ("number", "country", "kind", "e164"),
    [
        ("14256791901", "", "MOBILE", "+14256791901"),
        ("+12025550191", "", "OTHER", "+12025550191"),
        ("(202) 555-0191", "US", "OTHER", "+12025550191"),
        ("+18005551234", "", "OTHER", "+18005551234"),
        ("(+351) 282 43 50 50", "", "LANDLINE", "+351282435050"),
        ("+4915112345678", "", "MOBILE", "+4915112345678"),
        ("123", "", "INVALID", "+123"),
    ],
)
def test_numbers_are_told_apart(number, country, kind, e164):
    answer = validate(number, country)
    assert (answer["PhoneType"], answer.get("CleansedPhoneNumberE164")) == (kind, e164)
    assert answer["OriginalPhoneNumber"] == number


def test_facts_that_are_not_known_are_absent():
    answer = validate("abc")
    assert answer == {"OriginalPhoneNumber": "abc", "PhoneType": "INVALID", "PhoneTypeCode": 3}
    assert "ZipCode" not in validate("+14256791901")


INSTANCE = "00000000-0000-4000-8000-000000000001"
CALL = {"InstanceId": INSTANCE, "ContactFlowId": INSTANCE, "QueueId": "queue", "DestinationPhoneNumber": "+12065550100"}


@pytest.fixture
def service(client):
    def made(name):
        return boto3.client(
            name,
            "us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="y",
            config=Config(retries={"total_max_attempts": 1}),
        )

    return made


def whatsapp(client, **message):
    whole = {"messaging_product": "whatsapp", "to": "+12065550100", **message}
    return client.send_whatsapp_message(
        originationPhoneNumberId="phone-number-id-1", metaApiVersion="v20.0", message=json.dumps(whole).encode()
    )


def test_a_call_of_connect_lands_in_the_outbox_once_for_each_token(service):
    connect = service("connect")
    first = connect.start_outbound_voice_contact(**CALL, ClientToken="t", Attributes={"Message": "Hi", "Name": "Ann"})
    again = connect.start_outbound_voice_contact(**CALL, ClientToken="t", Attributes={"Message": "Hi", "Name": "Ann"})
    other = connect.start_outbound_voice_contact(**CALL, ClientToken="u")
    assert first["ContactId"] == again["ContactId"] != other["ContactId"]
    message, _ = OUTBOX.messages()
    assert (message.channel, message.sender, message.to, message.body) == ("VOICE", "queue", "+12065550100", "Hi")
    assert message.context == {"InstanceId": INSTANCE, "ContactFlowId": INSTANCE, "QueueId": "queue", "Name": "Ann"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"DestinationPhoneNumber": FAILING}, "DestinationNotAllowedException"),
        ({"DestinationPhoneNumber": "2065550100"}, "InvalidParameterException"),
        ({"InstanceId": "x" * 101}, "InvalidParameterException"),
    ],
)
def test_connect_refuses_what_it_may_not_call(service, given, code):
    with pytest.raises(ClientError, match=code):
        service("connect").start_outbound_voice_contact(**{**CALL, **given})
    assert not OUTBOX.messages()


@pytest.mark.parametrize(
    ("message", "body"),
    [
        ({"type": "text", "text": {"body": "Hi"}}, "Hi"),
        ({"type": "template", "template": {"name": "order", "language": {"code": "de"}}}, "order (de)"),
        (
            {
                "type": "template",
                "template": {
                    "name": "order",
                    "language": {"code": "de"},
                    "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ann"}]}],
                },
            },
            "order (de): Ann",
        ),
    ],
)
def test_a_whatsapp_message_lands_in_the_outbox(service, message, body):
    answer = whatsapp(service("socialmessaging"), **message)
    [found] = OUTBOX.messages()
    assert (found.channel, found.sender, found.to, found.body) == (
        "WHATSAPP",
        "phone-number-id-1",
        "+12065550100",
        body,
    )
    assert found.message_id == answer["messageId"]


@pytest.mark.parametrize(
    "message",
    [
        {"to": FAILING, "type": "text", "text": {"body": "Hi"}},
        {"to": "Ann", "type": "text", "text": {"body": "Hi"}},
        {"type": "text", "text": {"body": ""}},
        {"type": "template", "template": {"name": "order"}},
        {"type": "image"},
        {"messaging_product": "sms", "type": "text", "text": {"body": "Hi"}},
    ],
)
def test_whatsapp_refuses_what_it_cannot_send(service, message):
    with pytest.raises(ClientError, match="InvalidParametersException"):
        whatsapp(service("socialmessaging"), **message)
    assert not OUTBOX.messages()
