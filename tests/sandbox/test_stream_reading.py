"""What the flow tests read of an event stream. Without any server."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from moto import mock_aws

from tests.sandbox.events import streamed

EVENT = {"event_type": "_email.delivered", "attributes": {"campaign_id": "c"}}


@pytest.fixture
def kinesis():
    with mock_aws():
        client = boto3.client("kinesis", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
        client.create_stream(StreamName="events", ShardCount=1)
        yield client


def put(kinesis, *records):
    for record in records:
        kinesis.put_record(StreamName="events", Data=record, PartitionKey="one")


def test_records_that_are_no_events_are_passed_over(kinesis):
    put(kinesis, b'{"event_type": "cut', b"\xff\xfe", b'["no object"]', b"7", json.dumps(EVENT).encode(), b"null")
    assert list(streamed(kinesis, "events", datetime.now(UTC) - timedelta(minutes=1))) == [EVENT]


def test_what_came_before_is_not_read(kinesis):
    put(kinesis, json.dumps({"event_type": "old"}).encode())
    since = datetime.now(UTC) + timedelta(seconds=1)
    assert list(streamed(kinesis, "events", since)) == []
