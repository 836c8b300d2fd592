"""The outside of self-managed opt-outs, in process: tables, topic and queue on moto, texts and lists in the sandbox's
world, the hosted service's routes as a dictionary of endpoints."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws

from components.building_blocks.opt_out_keywords import DEFAULT_LANGUAGES, keywords_json
from handlers.self_managed_opt_outs import answers, function, numbers, phone_numbers, records_function
from handlers.shared import clients, project_endpoints, signed_post
from sandbox.world.extension import install
from sandbox.world.outbox import OUTBOX
from sandbox.world.sms_voice.models import SmsVoiceBackend, sms_voice_backends

REGION = "eu-west-1"
ACCOUNT = "123456789012"
LIST = "out"
STREAM = "events"
PERSON = "+14155550161"
OURS = "+16045550101"
OURS_ID = "phone-00000000000000000000000000000001"


@dataclass
class World:
    """What the outside holds. fail_every: each n-th call of the hosted service is answered in turn by 429 and 500."""

    changes_url: str
    dead_url: str
    backend: SmsVoiceBackend
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    opted_out: set[str] = field(default_factory=set)
    answered: dict[str, str] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    fail_every: int = 0
    _sent: int = 0

    def text(self, body: str, at: str = "2030-01-02T03:04:05.000Z", *, sender: str = PERSON, **more: str) -> str:
        """A queue message with a text; members of it by name."""
        self._sent += 1
        document = {
            "originationNumber": sender,
            "destinationNumber": OURS,
            "messageKeyword": "KEYWORD_1",
            "messageBody": body,
            "inboundMessageId": f"in-{self._sent}",
            **more,
        }
        return envelope(json.dumps(document), at)

    def handle(self, *bodies: str) -> list[str]:
        """One batch; returns the ids (m0, m1, ...) of messages that stay in the queue."""
        return [failure["itemIdentifier"] for failure in function.handler(event(*bodies), None)["batchItemFailures"]]

    def replies(self, number: str = PERSON) -> list[str]:
        return [message.body for message in OUTBOX.messages() if message.to == number]

    def listed(self) -> set[str]:
        return set(self.backend.lists[LIST].numbers)

    def changes(self) -> list[tuple[str, dict[str, Any]]]:
        """Announcements that were not taken yet: attribute `status`, and the message."""
        found = [json.loads(body) for body in self._take(self.changes_url)]
        return [(one["MessageAttributes"]["status"]["Value"], json.loads(one["Message"])) for one in found]

    def events(self) -> list[dict[str, Any]]:
        """All that is in the project's stream."""
        kinesis, first = boto3.client("kinesis"), "shardId-000000000000"
        iterator = kinesis.get_shard_iterator(StreamName=STREAM, ShardId=first, ShardIteratorType="TRIM_HORIZON")
        records = kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
        return [json.loads(record["Data"]) for record in records]

    def dead(self) -> list[str]:
        """Why messages were dead-lettered."""
        queue = boto3.client("sqs")
        answer = queue.receive_message(
            QueueUrl=self.dead_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=0
        )
        return [message["MessageAttributes"]["reason"]["StringValue"] for message in answer.get("Messages", ())]

    def record(self, number: str = PERSON) -> dict[str, Any] | None:
        return records_function.handler({"operation": "get", "Address": number}, None)["Number"]

    def _take(self, url: str) -> Iterator[str]:
        queue = boto3.client("sqs")
        while messages := queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                yield message["Body"]

    # the hosted service
    def send(self, request: Any) -> Any:
        route, body = request.url.rpartition("/")[2], json.loads(request.body)
        self.calls[route] += 1
        turn, rest = divmod(sum(self.calls.values()), self.fail_every) if self.fail_every else (0, 1)
        if rest == 0:
            return type("Answer", (), {"status_code": 429 if turn % 2 else 500, "text": "no"})()
        answer: dict[str, Any] = {}
        if route == "endpoint-search":
            answer = {"Item": [one for one in self.endpoints.values() if one["Address"] in body["Addresses"]]}
        elif route == "message-opt-outs":
            self.answered |= {item["MessageId"]: item["Timestamp"] for item in body["Item"]}
        else:
            for item in body["Item"]:
                (self.opted_out.add if item["OptOut"] == "ALL" else self.opted_out.discard)(item["Address"])
                for endpoint in self.endpoints.values():
                    if endpoint["Address"] == item["Address"]:
                        endpoint["OptOut"] = item["OptOut"]
        return type("Answer", (), {"status_code": 200, "text": json.dumps(answer)})()


def envelope(message: str, at: str = "2030-01-02T03:04:05.000Z") -> str:
    return json.dumps({"Type": "Notification", "MessageId": "n", "Message": message, "Timestamp": at})


def event(*bodies: str) -> dict[str, Any]:
    sent = str(int(time.time() * 1000))
    return {
        "Records": [
            {"messageId": f"m{place}", "body": body, "attributes": {"SentTimestamp": sent}}
            for place, body in enumerate(bodies)
        ]
    }


@contextmanager
def outside(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    install()
    OUTBOX.clear()
    for name, value in {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",  # pragma: allowlist secret
        "ENGAGEMENT_ENDPOINT_URL": "https://api.example/",
        "APPLICATION_ID": "a" * 32,
        "ACCOUNT_ID": ACCOUNT,
        "EVENT_STREAM_NAME": STREAM,
        "NUMBERS_TABLE": "numbers",
        "MEMORY_TABLE": "memory",
        "MEMORY_DAYS": "14",
        "OPT_OUT_LIST": LIST,
        "KEYWORDS": keywords_json(DEFAULT_LANGUAGES),
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        _tables()
        sns, sqs = boto3.client("sns"), boto3.client("sqs")
        topic = sns.create_topic(Name="changes")["TopicArn"]
        changes, dead = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("changes", "dead"))
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:changes")
        monkeypatch.setenv("OPT_OUT_TOPIC_ARN", topic)
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead)
        boto3.client("kinesis").create_stream(StreamName=STREAM, ShardCount=1)
        boto3.client("pinpoint-sms-voice-v2").create_opt_out_list(OptOutListName=LIST)
        world = World(changes, dead, sms_voice_backends[ACCOUNT][REGION])
        monkeypatch.setattr(signed_post, "_http", lambda: world)
        monkeypatch.setattr(numbers, "pause", lambda _: None)
        monkeypatch.setattr(answers, "pause", lambda _: None)
        _forget()
        yield world
    _forget()


def _forget() -> None:
    clients.forget_clients()
    project_endpoints._client.cache_clear()
    function.forget()
    answers._sender.cache_clear()
    records_function._environment.cache_clear()
    phone_numbers._environment.cache_clear()


def _tables() -> None:
    dynamodb = boto3.client("dynamodb")
    text = {"AttributeType": "S"}
    dynamodb.create_table(
        TableName="numbers",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "address", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": name, **text} for name in ("address", "status", "since")],
        GlobalSecondaryIndexes=[
            {
                "IndexName": numbers.BY_STATUS,
                "KeySchema": [
                    {"AttributeName": "status", "KeyType": "HASH"},
                    {"AttributeName": "since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    dynamodb.create_table(
        TableName="memory",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", **text}],
    )
