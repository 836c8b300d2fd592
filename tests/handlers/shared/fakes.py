"""Stand-ins for what handlers call, and the events that call them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, status: int, message: str = "no", operation: str = "Operation") -> ClientError:
    """The error that a boto3 client raises for this answer of a service."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},
        operation,
    )


@dataclass
class FakeClient:
    """A client whose operations answer from `answers` (a value, an error, or a function of the arguments)."""

    answers: dict[str, Any]
    calls: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls[operation].append(arguments)
            answer = self.answers[operation]
            if isinstance(answer, list):
                answer = answer.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer(**arguments) if callable(answer) else answer

        return call


@dataclass
class Context:
    """A Lambda context with time left."""

    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def sqs_event(*bodies: str) -> dict[str, Any]:
    """What Lambda gets from a queue; message ids are m0, m1, ..."""
    return {
        "Records": [
            {
                "messageId": f"m{place}",
                "receiptHandle": "r",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:q",
                "awsRegion": "eu-west-1",
            }
            for place, body in enumerate(bodies)
        ]
    }


def s3_event(key: str, *, bucket: str = "files", sequencer: str | None = "0A1B") -> str:
    """An `Object Created` event as EventBridge puts it into a queue (Amazon S3 User Guide)."""
    created = {"key": key, "size": 5, "etag": "e"} | ({"sequencer": sequencer} if sequencer else {})
    return json.dumps(
        {
            "version": "0",
            "id": "2ee9cc15-d022-99ea-1fb8-1b1bac4850f9",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "123456789012",
            "time": "2030-01-02T03:04:05Z",
            "region": "eu-west-1",
            "resources": [f"arn:aws:s3:::{bucket}"],
            "detail": {"version": "0", "bucket": {"name": bucket}, "object": created, "reason": "PutObject"},
        }
    )


def sns_envelope(message: Any, notification_type: str = "success", subject: str = "Amazon Pinpoint ...") -> str:
    """A notification as a topic puts it into a queue, without raw delivery."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "11111111-2222-3333-4444-555555555555",
            "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
            "Subject": subject,
            "Message": message if isinstance(message, str) else json.dumps(message),
            "Timestamp": "2030-01-02T03:04:05.000Z",
            "MessageAttributes": {"notification_type": {"Type": "String", "Value": notification_type}},
        }
    )
