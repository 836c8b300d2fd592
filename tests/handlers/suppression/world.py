"""SES, SNS, SQS, S3, DynamoDB and the engagement project as the event patterns see them: in memory, thread-safe, throttling on request."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from handlers.shared import clients, letters, project_endpoints, stream_records, tables
from tests.handlers.shared.fakes import client_error

REGION = "eu-west-1"
APPLICATION = "a" * 32


@dataclass
class World:
    """What the outside world holds. delay: seconds a call takes. throttle_every: each n-th call is throttled (0: none)."""

    delay: float = 0.0
    throttle_every: int = 0
    suppressed: dict[str, str] = field(default_factory=dict)
    announced: list[dict[str, Any]] = field(default_factory=list)
    dead: list[dict[str, Any]] = field(default_factory=list)
    parked: list[str] = field(default_factory=list)
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def called(self, name: str) -> None:
        time.sleep(self.delay)
        with self._lock:
            self.calls[name] += 1
            self._count += 1
            if self.throttle_every and self._count % self.throttle_every == 0:
                raise client_error("TooManyRequestsException", 429, operation=name)

    # sesv2
    def put_suppressed_destination(self, EmailAddress: str, Reason: str) -> None:
        self.called("PutSuppressedDestination")
        if "refused" in EmailAddress:
            raise client_error("BadRequestException", 400, f"bad {EmailAddress}", "PutSuppressedDestination")
        with self._lock:
            self.suppressed[EmailAddress] = Reason

    # sns
    def publish_batch(self, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> dict[str, Any]:
        self.called("PublishBatch")
        assert len(PublishBatchRequestEntries) <= 10
        with self._lock:
            self.announced += PublishBatchRequestEntries
        return {"Successful": [], "Failed": []}

    # sqs
    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert len(Entries) <= 10
        if QueueUrl == "later":
            self.parked += [entry["MessageBody"] for entry in Entries]
        else:
            self.dead += Entries
        return {"Failed": []}

    # pinpoint
    def get_endpoint(self, ApplicationId: str, EndpointId: str) -> dict[str, Any]:
        self.called("GetEndpoint")
        found = self.endpoints.get(EndpointId.lower())
        if found is None:
            raise client_error("NotFoundException", 404, operation="GetEndpoint")
        return {"EndpointResponse": dict(found)}

    def update_endpoints_batch(self, ApplicationId: str, EndpointBatchRequest: dict[str, Any]) -> dict[str, Any]:
        self.called("UpdateEndpointsBatch")
        items = EndpointBatchRequest["Item"]
        assert 1 <= len(items) <= 100
        if any("$" in item["Id"] for item in items):
            raise client_error("BadRequestException", 400, "an id", "UpdateEndpointsBatch")
        with self._lock:
            for item in items:
                held = self.endpoints.setdefault(item["Id"].lower(), {"Id": item["Id"]})
                attributes = {**held.get("Attributes", {}), **item.get("Attributes", {})}
                held |= {"EndpointStatus": "ACTIVE", **item, "Attributes": attributes}
        return {}

    def endpoint(self, identifier: str, **members: Any) -> None:
        """Adds an endpoint."""
        self.endpoints[identifier.lower()] = {"Id": identifier, "EndpointStatus": "ACTIVE", **members}


def kinesis_event(*records: bytes | str | dict[str, Any], first: int = 0) -> dict[str, Any]:
    """What Lambda gets from a stream; sequence numbers count from `first`. A str is the data field as it is."""
    import base64

    def data(record: Any) -> str:
        if isinstance(record, str):
            return record
        return base64.b64encode(record if isinstance(record, bytes) else json.dumps(record).encode()).decode()

    return {
        "Records": [
            {
                "eventSource": "aws:kinesis",
                "eventID": f"shardId-000000000000:{first + at}",
                "eventSourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/events",
                "kinesis": {"sequenceNumber": str(first + at), "partitionKey": "p", "data": data(record)},
            }
            for at, record in enumerate(records)
        ]
    }


def forget() -> None:
    """Lets every handler read its environment again."""
    from handlers.event_based_segmentation import function as segmentation
    from handlers.pinpoint_event_processing import function as objects
    from handlers.ses_event_processing import function as notifications

    clients.forget_clients()
    project_endpoints.forget_clients()
    for made in (
        segmentation._environment, segmentation._rules, segmentation._segmentation, objects._environment,
        objects._suppressor, notifications._environment, notifications._suppressor,
    ):  # fmt: skip
        made.cache_clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The world, beside moto's S3 and DynamoDB; the project on platform `pinpoint`."""
    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "APPLICATION_ID": APPLICATION,
        "RECIPIENT_STATUS_TOPIC_ARN": "arn:aws:sns:eu-west-1:123456789012:status",
        "DEAD_LETTER_QUEUE_URL": "dead",
        "LATER_QUEUE_URL": "later",
        "EVENTS_PREFIX": "events/",
        "ERRORS_PREFIX": "errors/",
        "ERRORS_BUCKET": "bucket",
        "MEMORY_TABLE": "memory",
        "MEMORY_DAYS": "90",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL", raising=False)
    made = World()

    def client(service: str, **_: Any) -> Any:
        return boto3.client(service) if service in {"s3", "dynamodb"} else made

    from handlers.pinpoint_event_processing import error_lines
    from handlers.pinpoint_event_processing import function as objects
    from handlers.suppression import suppressor

    with mock_aws():
        real: dict[str, Any] = {}
        lock = threading.Lock()

        def shared(service: str, **options: Any) -> Any:
            with lock:
                if service not in real:
                    made_client = client(service, **options)
                    real[service] = OneAtATime(made_client) if service == "dynamodb" else made_client
                return real[service]

        for module in (letters, stream_records, suppressor, tables, objects, error_lines):
            monkeypatch.setattr(module, "aws_client", shared)
        monkeypatch.setattr(project_endpoints, "_client", _Made(made))
        shared("s3").create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        shared("dynamodb").create_table(
            TableName="memory",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        )
        made.s3 = shared("s3")  # type: ignore[attr-defined]
        forget()
        yield made
        forget()


class OneAtATime:
    """moto's DynamoDB is not made for threads: calls one after the other."""

    def __init__(self, client: Any) -> None:
        self._client, self._lock = client, threading.Lock()

    def __getattr__(self, operation: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, operation)(**arguments)

        return call


class _Made:
    """Stands in for the cached function that makes the project's client."""

    def __init__(self, made: World) -> None:
        self._made = made

    def __call__(self) -> World:
        return self._made

    def cache_clear(self) -> None:
        """Nothing to forget."""


def objects_in(world: Any, prefix: str) -> dict[str, bytes]:
    """Objects of the bucket by key."""
    pages = world.s3.get_paginator("list_objects_v2").paginate(Bucket="bucket", Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
    return {key: world.s3.get_object(Bucket="bucket", Key=key)["Body"].read() for key in keys}


__all__ = ["APPLICATION", "ClientError", "World", "forget", "kinesis_event", "objects_in", "world"]
