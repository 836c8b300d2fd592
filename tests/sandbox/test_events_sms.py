"""Configuration sets of End User Messaging, and the events that they publish."""

import json

import boto3
import pytest
from moto import mock_aws

from sandbox.world.extension import install
from sandbox.world.outbox import OUTBOX
from sandbox.world.sms_voice.configuration_sets import ConfigurationSets
from sandbox.world.sms_voice.events import FAILING

TOPIC = "arn:aws:sns:us-east-1:123456789012:events"


@pytest.fixture
def published(monkeypatch):
    found = []
    monkeypatch.setattr(ConfigurationSets, "publisher", staticmethod(found.append))
    return found


@pytest.fixture
def client(published):
    install()
    OUTBOX.clear()
    with mock_aws():
        made = boto3.client("pinpoint-sms-voice-v2", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
        made.create_configuration_set(ConfigurationSetName="set", Tags=[{"Key": "a", "Value": "b"}])
        yield made


def destination(client, **more):
    given = {"MatchingEventTypes": ["TEXT_ALL"], "SnsDestination": {"TopicArn": TOPIC}, **more}
    return client.create_event_destination(ConfigurationSetName="set", EventDestinationName="d", **given)


def types(published) -> list[str]:
    return [json.loads(message["Message"])["eventType"] for message in published]


def test_a_text_is_queued_and_delivered_with_what_its_sender_attached(client, published):
    destination(client)
    answer = client.send_text_message(
        DestinationPhoneNumber="+14255550100",
        MessageBody="Hi",
        ConfigurationSetName="set",
        Context={"campaign_id": "c"},
    )
    assert types(published) == ["TEXT_QUEUED", "TEXT_DELIVERED"]
    event = json.loads(published[1]["Message"])
    assert event["messageId"] == answer["MessageId"] and event["context"] == {"campaign_id": "c"}
    assert (event["isoCountryCode"], event["totalMessageParts"], event["isFinal"]) == ("US", 1, True)
    assert published[0]["TopicArn"] == TOPIC and published[0]["SourceArn"].endswith("configuration-set/set")


def test_the_simulators_failing_number_is_blocked(client, published):
    destination(client)
    client.send_text_message(DestinationPhoneNumber=FAILING, MessageBody="x" * 161, ConfigurationSetName="set")
    assert types(published) == ["TEXT_QUEUED", "TEXT_BLOCKED"]
    assert json.loads(published[1]["Message"])["totalMessageParts"] == 2


def test_only_what_a_destination_asks_for_is_published(client, published):
    destination(client, MatchingEventTypes=["TEXT_DELIVERED"])
    client.send_text_message(DestinationPhoneNumber="+14255550100", MessageBody="Hi", ConfigurationSetName="set")
    client.send_text_message(DestinationPhoneNumber="+14255550100", MessageBody="Hi")
    assert types(published) == ["TEXT_DELIVERED"]


def test_a_destination_that_is_off_gets_nothing(client, published):
    destination(client)
    client.update_event_destination(ConfigurationSetName="set", EventDestinationName="d", Enabled=False)
    client.send_text_message(DestinationPhoneNumber="+14255550100", MessageBody="Hi", ConfigurationSetName="set")
    assert published == []


def test_a_destination_to_which_the_sandbox_cannot_publish_is_refused(client):
    with pytest.raises(client.exceptions.ValidationException, match="KinesisFirehoseDestination"):
        destination(
            client,
            SnsDestination={"TopicArn": TOPIC},
            KinesisFirehoseDestination={
                "IamRoleArn": "arn:aws:iam::123456789012:role/r",
                "DeliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/d",
            },
        )


def test_defaults_are_set_and_taken_back(client):
    client.set_default_message_type(ConfigurationSetName="set", MessageType="PROMOTIONAL")
    [found] = client.describe_configuration_sets()["ConfigurationSets"]
    assert found["DefaultMessageType"] == "PROMOTIONAL"
    client.delete_default_message_type(ConfigurationSetName="set")
    [found] = client.describe_configuration_sets()["ConfigurationSets"]
    assert "DefaultMessageType" not in found
    tags = client.list_tags_for_resource(ResourceArn=found["ConfigurationSetArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "b"}]
