"""The archiver's surroundings on moto: queue, dead-letter queue, bucket, and a project that answers from a dict."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from handlers.message_archiver import archiver, records_function, transformation
from handlers.shared import clients
from tests.handlers.event_database import events
from tests.handlers.shared.fakes import Context, FakeClient, client_error, sqs_event

BUCKET = "archive-bucket"
NOT_FOUND = client_error("NotFoundException", 404, "Resource not found", "Get")


@dataclass
class Project:
    """What the Pinpoint API answers. `requests`: how often each operation was asked."""

    campaigns: dict[str, Any] = field(default_factory=dict)
    journeys: dict[str, Any] = field(default_factory=dict)
    templates: dict[tuple[str, str], Any] = field(default_factory=dict)
    endpoints: dict[str, Any] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def client(self) -> FakeClient:
        def answer(operation: str, member: str, found: Any) -> Any:
            def call(**arguments: Any) -> Any:
                self.requests[operation] += 1
                value = found(arguments)
                if value is None:
                    raise NOT_FOUND
                return {member: value}

            return call

        template = {
            f"get_{kind.lower()}_template": answer(
                f"get_{kind.lower()}_template",
                member,
                lambda given, kind=kind: self.templates.get((kind, given["TemplateName"])),
            )
            for kind, member in (
                ("EMAIL", "EmailTemplateResponse"),
                ("SMS", "SMSTemplateResponse"),
                ("PUSH", "PushNotificationTemplateResponse"),
                ("VOICE", "VoiceTemplateResponse"),
            )
        }
        return FakeClient(
            {
                "get_campaign": answer(
                    "get_campaign", "CampaignResponse", lambda g: self.campaigns.get(g["CampaignId"])
                ),
                "get_journey": answer("get_journey", "JourneyResponse", lambda g: self.journeys.get(g["JourneyId"])),
                "get_endpoint": answer(
                    "get_endpoint", "EndpointResponse", lambda g: self.endpoints.get(g["EndpointId"])
                ),
                **template,
            }
        )


@dataclass
class World:
    s3: Any
    sqs: Any
    queue: str
    dead: str
    project: Project

    def messages(self, url: str | None = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while batch := self.sqs.receive_message(
            QueueUrl=url or self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages"):
            found += batch
            for message in batch:
                self.sqs.delete_message(QueueUrl=url or self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def objects(self, prefix: str = "archive/") -> dict[str, bytes]:
        keys = [
            found["Key"]
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
            for found in page.get("Contents", [])
        ]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def errors(self) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.objects("errors/").values() for line in body.splitlines()]

    def queued(self, *sends: dict[str, Any]) -> list[str]:
        """What the transformation queues for these events."""
        transformation.handler(events.batch(*sends), Context())
        return [message["Body"] for message in self.messages()]

    def archive(self, *bodies: str) -> dict[str, Any]:
        return archiver.handler(sqs_event(*bodies), Context())


def forget() -> None:
    clients.forget_clients()
    for module in (transformation, archiver, records_function):
        module._environment.cache_clear()
    archiver._contents.cache_clear()


@pytest.fixture
def world(monkeypatch):
    for name, value in {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "APPLICATION_ID": events.APPLICATION,
        "ARCHIVE_BUCKET": BUCKET,
        "ARCHIVE_PREFIX": "archive/",
        "INDEX_PREFIX": "sends/",
        "ERROR_BUCKET": BUCKET,
        "ERROR_PREFIX": "errors/",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        s3, sqs = boto3.client("s3"), boto3.client("sqs")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        queue, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("archive", "dead"))
        monkeypatch.setenv("QUEUE_URL", queue)
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead)
        forget()
        project = Project()
        client = project.client()
        monkeypatch.setattr(archiver, "engagement_client", lambda: client)
        yield World(s3, sqs, queue, dead, project)
        forget()
