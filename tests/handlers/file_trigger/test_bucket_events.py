from __future__ import annotations

import copy

import pytest

from handlers.file_trigger import bucket_events
from tests.handlers.shared.fakes import client_error

THEIRS = {
    "QueueConfigurations": [
        {"Id": "theirs", "QueueArn": "arn:aws:sqs:eu-west-1:123456789012:others", "Events": ["s3:ObjectCreated:*"]}
    ]
}


class Buckets:
    """S3's notification configurations and tags; moto's answers leave EventBridge out."""

    def __init__(self):
        self.notifications = {}
        self.tags = {}

    def create_bucket(self, Bucket):
        self.notifications[Bucket], self.tags[Bucket] = {}, []

    def _check(self, bucket):
        if bucket not in self.notifications:
            raise client_error("NoSuchBucket", 404)

    def get_bucket_notification_configuration(self, Bucket):
        self._check(Bucket)
        return {**copy.deepcopy(self.notifications[Bucket]), "ResponseMetadata": {}}

    def put_bucket_notification_configuration(self, Bucket, NotificationConfiguration, SkipDestinationValidation=False):
        self._check(Bucket)
        self.notifications[Bucket] = copy.deepcopy(NotificationConfiguration)

    def get_bucket_tagging(self, Bucket):
        self._check(Bucket)
        if not self.tags[Bucket]:
            raise client_error("NoSuchTagSet", 404)
        return {"TagSet": self.tags[Bucket]}

    def put_bucket_tagging(self, Bucket, Tagging):
        assert Tagging["TagSet"]
        self.tags[Bucket] = Tagging["TagSet"]

    def delete_bucket_tagging(self, Bucket):
        self.tags[Bucket] = []


@pytest.fixture
def s3(monkeypatch):
    client = Buckets()
    client.create_bucket(Bucket="theirs")
    client.put_bucket_tagging(Bucket="theirs", Tagging={"TagSet": [{"Key": "team", "Value": "crm"}]})
    client.put_bucket_notification_configuration(Bucket="theirs", NotificationConfiguration=THEIRS)
    monkeypatch.setattr(bucket_events, "aws_client", lambda service: client)
    return client


def call(action, bucket="theirs", owner="p/s/x", previous=None):
    event = {"Bucket": bucket, "Owner": owner, "tf": {"action": action, "prev_input": previous}}
    return bucket_events.handler(event, None)


def notifications(s3, bucket="theirs"):
    response = s3.get_bucket_notification_configuration(Bucket=bucket)
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def tags(s3, bucket="theirs"):
    return {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}


def test_delivery_is_added_to_what_the_bucket_has_and_taken_away_alone(s3):
    before, before_tags = notifications(s3), tags(s3)
    assert call("create") == {"Bucket": "theirs", "EventBridge": True}
    assert notifications(s3) == {**before, "EventBridgeConfiguration": {}}
    assert tags(s3) == {**before_tags, bucket_events.TAG: "p/s/x"}
    assert call("delete") == {"Bucket": "theirs", "EventBridge": False}
    assert (notifications(s3), tags(s3)) == (before, before_tags)


def test_delivery_that_was_on_before_us_stays_on_after_us(s3):
    s3.put_bucket_notification_configuration(
        Bucket="theirs", NotificationConfiguration={**THEIRS, "EventBridgeConfiguration": {}}
    )
    before, before_tags = notifications(s3), tags(s3)
    call("create")
    assert tags(s3) == before_tags
    assert call("delete") == {"Bucket": "theirs", "EventBridge": True}
    assert (notifications(s3), tags(s3)) == (before, before_tags)


def test_the_last_of_two_owners_switches_delivery_off(s3):
    call("create", owner="p/s/one")
    call("create", owner="p/s/two")
    assert tags(s3)[bucket_events.TAG] == "p/s/one p/s/two"
    assert call("delete", owner="p/s/one")["EventBridge"] is True
    assert call("delete", owner="p/s/two")["EventBridge"] is False
    assert "EventBridgeConfiguration" not in notifications(s3)


def test_a_second_create_changes_nothing(s3):
    call("create")
    after, after_tags = notifications(s3), tags(s3)
    call("create")
    assert (notifications(s3), tags(s3)) == (after, after_tags)


def test_another_bucket_takes_over_from_the_one_before(s3):
    s3.create_bucket(Bucket="next")
    call("create")
    call("update", bucket="next", previous={"Bucket": "theirs", "Owner": "p/s/x"})
    assert "EventBridgeConfiguration" not in notifications(s3)
    assert notifications(s3, "next") == {"EventBridgeConfiguration": {}}
    assert tags(s3, "next") == {bucket_events.TAG: "p/s/x"}


def test_a_bucket_that_is_gone_is_left_without_an_error(s3):
    assert call("delete", bucket="never-was") == {"Bucket": "never-was", "EventBridge": False}
