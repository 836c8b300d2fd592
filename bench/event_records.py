"""Events of the project's stream for the rows that read it: made as they are needed, so that none are kept in memory."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.hosted_service import APPLICATION, CAMPAIGN, STREAM

TIME = 1_893_456_000_000
FIREHOSE_RECORDS = 500
"""Records of one transformation: events of about a kilobyte, and Firehose's smallest buffer of 512 KB."""
DELIVERY_STREAM = "arn:aws:firehose:us-east-1:123456789012:deliverystream/events"


def campaign_send(endpoint: int) -> dict[str, Any]:
    """A `_campaign.send` to an endpoint."""
    record = {"ChannelType": "EMAIL", "EndpointStatus": "ACTIVE", "Attributes": {"FirstName": [f"Name{endpoint}"]}}
    return _event(
        "_campaign.send",
        endpoint,
        attributes={"delivery_type": "EMAIL", "campaign_send_status": "SUCCESS", **_campaign()},
        client_context={"custom": {"endpoint": json.dumps(record)}},
    )


def email_event(kind: str, endpoint: int, **detail: Any) -> dict[str, Any]:
    """An `_email.KIND` about an endpoint's message. detail: the members of `mail_event` beside `mail`."""
    mail = {
        "message_id": f"message-{endpoint}",
        "message_send_timestamp": TIME,
        "from_address": "shop@example.org",
        "destination": [address(endpoint)],
        "headers_truncated": False,
        "headers": [{"name": "Subject", "value": "News"}],
        "common_headers": {"from": "shop@example.org", "to": [address(endpoint)], "subject": "News"},
    }
    return _event(
        f"_email.{kind}",
        endpoint,
        attributes={"feedback": kind, **_campaign()},
        facets={"email_channel": {"mail_event": {"mail": mail, **detail}}},
    )


def address(endpoint: int) -> str:
    """An address of its own for each."""
    return f"person{endpoint}@example.org"


def firehose_batches(items: int, event: Callable[[int], Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What Firehose hands its transformation for `items` events."""
    for start in range(0, items, FIREHOSE_RECORDS):
        numbers = range(start, min(items, start + FIREHOSE_RECORDS))
        yield {
            "invocationId": f"invocation-{start}",
            "deliveryStreamArn": DELIVERY_STREAM,
            "region": "us-east-1",
            "records": [
                {"recordId": str(number), "approximateArrivalTimestamp": TIME, "data": _encoded(event(number))}
                for number in numbers
            ],
        }


def stream_batches(items: int, size: int, event: Callable[[int], Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What Lambda reads of a Kinesis stream for `items` events, `size` a batch."""
    for start in range(0, items, size):
        yield {
            "Records": [
                {
                    "eventSource": "aws:kinesis",
                    "eventID": f"shardId-000000000000:{number}",
                    "eventSourceARN": STREAM,
                    "kinesis": {"sequenceNumber": str(number), "partitionKey": "p", "data": _encoded(event(number))},
                }
                for number in range(start, min(items, start + size))
            ]
        }


def queue_batches(items: int, size: int, body: Callable[[int], str]) -> Iterator[dict[str, Any]]:
    """What Lambda reads of a queue for `items` messages, `size` a batch."""
    for start in range(0, items, size):
        yield {
            "Records": [
                {
                    "messageId": f"q-{number}",
                    "receiptHandle": "handle",
                    "body": body(number),
                    "attributes": {"SentTimestamp": str(TIME)},
                    "messageAttributes": {},
                    "md5OfBody": "",
                    "eventSource": "aws:sqs",
                    "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
                    "awsRegion": "us-east-1",
                }
                for number in range(start, min(items, start + size))
            ]
        }


def enveloped(message: Mapping[str, Any]) -> str:
    """A message as SNS puts it into a queue."""
    return json.dumps({"Type": "Notification", "MessageId": "m", "Message": json.dumps(message)})


def _event(event_type: str, endpoint: int, **members: Any) -> dict[str, Any]:
    return {
        "event_type": event_type,
        "event_timestamp": TIME + endpoint,
        "arrival_timestamp": TIME + endpoint,
        "event_version": "3.1",
        "application": {"app_id": APPLICATION, "sdk": {}},
        "client": {"client_id": f"endpoint-{endpoint}"},
        "device": {"platform": {}},
        "session": {},
        "awsAccountId": "123456789012",
        **members,
    }


def _campaign() -> dict[str, str]:
    return {"campaign_id": CAMPAIGN, "campaign_activity_id": "4" * 32, "treatment_id": "0"}


def _encoded(event: Mapping[str, Any]) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()
