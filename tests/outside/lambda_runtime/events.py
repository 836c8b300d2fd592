"""A typical event for each function, and what it must answer on an account in which the hosted service has one endpoint.

Answers are parts: members that are not named may be anything. `Error` names an error that the function is to raise.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.outside.lambda_runtime.account import ACCOUNT, REGION, url_event

APPLICATION = "APPLICATION_ID"
"""Stands for the stack's application id."""
NUMBER = "+12065550100"
BATCH_DONE = {"batchItemFailures": []}
TRIED_AGAIN = {"batchItemFailures": [{"itemIdentifier": "m0"}]}


@dataclass(frozen=True)
class Error:
    """The function raises this, with a text that has `part` in it."""

    kind: str
    part: str


@dataclass(frozen=True)
class Case:
    """An event and what is expected of it."""

    event: Any
    expected: Any


def queue(*bodies: Any) -> dict[str, Any]:
    """A batch of a queue's messages."""
    return {
        "Records": [
            {
                "messageId": f"m{at}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1893553445678"},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue",
                "awsRegion": REGION,
            }
            for at, body in enumerate(bodies)
        ]
    }


def notification(message: Any) -> dict[str, Any]:
    """What SNS puts into a queue."""
    return {
        "Type": "Notification",
        "MessageId": "n1",
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:topic",
        "Message": json.dumps(message),
        "Timestamp": "2030-01-02T03:04:05.678Z",
    }


def object_created(bucket: str, key: str) -> dict[str, Any]:
    """What EventBridge says of an object that was written."""
    return {
        "version": "0",
        "id": "e1",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": ACCOUNT,
        "region": REGION,
        "time": "2030-01-02T03:04:05Z",
        "detail": {
            "version": "0",
            "bucket": {"name": bucket},
            "object": {"key": key, "size": 10, "etag": "0" * 32, "sequencer": "1"},
            "reason": "PutObject",
        },
    }


def firehose(*documents: Mapping[str, Any]) -> dict[str, Any]:
    """Firehose's batch of records."""
    return {
        "invocationId": "i1",
        "deliveryStreamArn": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/stream",
        "region": REGION,
        "records": [
            {
                "recordId": f"r{at}",
                "approximateArrivalTimestamp": 1893553445678,
                "data": base64.b64encode(json.dumps(document).encode()).decode(),
            }
            for at, document in enumerate(documents)
        ],
    }


def crud(action: str, **given: Any) -> dict[str, Any]:
    """What an invocation resource of Pulumi's calls with."""
    return {**given, "tf": {"action": action, "prev_input": None}}


def refused(error: str) -> dict[str, Any]:
    """The outcome of a task whose input or project does not let it begin."""
    return {"Status": "FAILED", "Result": {"Error": error}}


PINPOINT_EVENT = {
    "event_type": "_email.open",
    "event_timestamp": 1893553445678,
    "arrival_timestamp": 1893553445900,
    "event_version": "3.1",
    "application": {"app_id": APPLICATION, "sdk": {}},
    "client": {"client_id": "endpoint-1"},
    "device": {"platform": {}},
    "session": {},
    "attributes": {"campaign_id": "c1"},
    "client_context": {"custom": {"endpoint": "{}"}},
    "awsAccountId": ACCOUNT,
}
HARD_BOUNCE = {
    **PINPOINT_EVENT,
    "event_type": "_email.hardbounce",
    "facets": {"email_channel": {"mail_event": {"mail": {"destination": ["ada@example.com"]}}}},
}
MAIL = {
    "timestamp": "2030-01-02T03:04:05.678Z",
    "source": "shop@example.com",
    "messageId": "mid",
    "destination": ["ada@example.com"],
}
BOUNCE = {
    "notificationType": "Bounce",
    "mail": MAIL,
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
        "timestamp": "2030-01-02T03:05:05.000Z",
        "feedbackId": "f1",
    },
}
TEXT_DELIVERED = {
    "eventType": "TEXT_DELIVERED",
    "eventTimestamp": 1893553505000,
    "isFinal": True,
    "originationPhoneNumber": "+18335550102",
    "destinationPhoneNumber": NUMBER,
    "isoCountryCode": "US",
    "messageId": "sms-1",
    "messageRequestTimestamp": 1893553445678,
    "messageType": "PROMOTIONAL",
    "messageStatus": "DELIVERED",
    "context": {"application_id": APPLICATION, "endpoint_id": "endpoint-1"},
    "totalMessageParts": 1,
}
INBOUND_TEXT = {
    "originationNumber": NUMBER,
    "destinationNumber": "+18335550102",
    "messageKeyword": "KEYWORD_000000000000",
    "messageBody": "STOP",
    "inboundMessageId": "inbound-1",
    "previousPublishedMessageId": "sms-1",
}
ENDPOINTS = {"endpoint-1": {"ChannelType": "SMS", "Address": NUMBER, "Attributes": {}}}
HOOK = {
    "ApplicationId": APPLICATION,
    "CampaignId": "c1",
    "CampaignName": "news",
    "ActivityId": "a1",
    "TreatmentId": "0",
    "Message": {"smsmessage": {"body": "Hi"}},
    "Endpoints": ENDPOINTS,
}
RECEIVED_MAIL = {
    "eventSource": "aws:ses",
    "eventVersion": "1.0",
    "ses": {
        "mail": {
            **MAIL,
            "source": "ada@example.com",
            "destination": ["shop@shop.example"],
            "headersTruncated": False,
            "headers": [
                {"name": "From", "value": "Ada <ada@example.com>"},
                {"name": "To", "value": "shop@shop.example"},
                {"name": "Subject", "value": "Hello"},
                {"name": "Message-ID", "value": "<1@example.com>"},
            ],
            "commonHeaders": {"from": ["Ada <ada@example.com>"], "to": ["shop@shop.example"], "subject": "Hello"},
        },
        "receipt": {
            "timestamp": "2030-01-02T03:04:05.678Z",
            "recipients": ["shop@shop.example"],
            **{f"{name}Verdict": {"status": "PASS"} for name in ("spam", "virus", "spf", "dkim", "dmarc")},
            "action": {"type": "Lambda", "invocationType": "Event"},
        },
    },
}
JOB = {"operation": "plan", "ApplicationId": APPLICATION, "JobId": "0" * 32}
"""A job that was deleted meanwhile."""
RUN_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:machine:run"

CASES: dict[str, Case] = {
    "engagement-setup": Case(
        crud("create", ApplicationId=APPLICATION, Name="shop"),
        {"ApplicationId": APPLICATION, "Arn": f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/{APPLICATION}"},
    ),
    "engagement-api": Case(
        url_event("POST", "/v1/phone/number/validate", body='{"PhoneNumber": "+14256791901"}'), {"statusCode": 200}
    ),
    "engagement-import": Case(JOB, {"Action": "END", "Chunks": []}),
    "engagement-export": Case(JOB, {"Action": "END", "Chunks": []}),
    "engagement-deletion": Case(
        {"ApplicationId": APPLICATION, "SegmentId": "0" * 32, "Versions": 1, "Cursor": None}, {"Done": True}
    ),
    "engagement-campaign": Case(
        {**JOB, "CampaignId": "0" * 32, "Version": "1", "Run": "1", "Execution": {"StartTime": "now"}},
        {"Action": "END", "Chunks": []},
    ),
    "engagement-journeys": Case(
        {}, {"Campaigns": 0, "Events": 0, "Failed": 0, "Journeys": 0, "Overdue": 0, "Steps": 0}
    ),
    "engagement-translator": Case(queue(notification(TEXT_DELIVERED)), BATCH_DONE),
    "ses-event-processing-identities": Case(crud("delete", TopicArn="arn", Identities="all"), {"Subscribed": []}),
    "ses-event-processing-suppressor": Case(queue(notification(BOUNCE)), BATCH_DONE),
    "ses-auto-reply": Case({"Records": [RECEIVED_MAIL]}, {"Outcomes": [{"MessageId": "mid", "Status": "UNANSWERED"}]}),
    "ses-auto-reply-rule-set": Case(crud("delete", Task="place", RuleSetName="set"), {}),
    "pinpoint-event-processing-transformation": Case(
        firehose(HARD_BOUNCE, PINPOINT_EVENT), {"records": [{"recordId": "r0", "result": "Ok"}, {"result": "Dropped"}]}
    ),
    "pinpoint-event-processing-suppressor": Case(queue(object_created("no-bucket", "events/a")), TRIED_AGAIN),
    "event-database-transformation": Case(firehose(PINPOINT_EVENT), {"records": [{"recordId": "r0", "result": "Ok"}]}),
    "event-database-erasure": Case({"Identifiers": ["endpoint-1"]}, {"Done": True}),
    "self-managed-opt-outs-records": Case({"operation": "get", "Address": NUMBER}, {"Number": None}),
    "self-managed-opt-outs-changer": Case(queue(notification(INBOUND_TEXT)), BATCH_DONE),
    "sms-s3-drop-undelivered": Case(queue("not a text"), TRIED_AGAIN),
    "sms-s3-drop-tasks": Case(
        {"operation": "start", "Input": {"S3URL": "s3://no-bucket/texts/a.csv"}},
        Error("NoSuchBucket", "PutObject"),
    ),
    "sms-s3-drop-starter": Case(queue(object_created("bucket", "texts/a.csv")), BATCH_DONE),
    "sms-s3-drop-sender": Case(queue("not a text"), TRIED_AGAIN),
    "message-archiver-records": Case({"operation": "list", "EndpointId": "endpoint-1"}, {"Messages": []}),
    "message-archiver-transformation": Case(firehose(PINPOINT_EVENT), {"records": [{"result": "Dropped"}]}),
    "message-archiver-archiver": Case(queue({"event": PINPOINT_EVENT}), BATCH_DONE),
    "connect-channel": Case(HOOK, {"Queued": 1, "PassedOver": 0}),
    "connect-channel-sender": Case(queue("not a call"), BATCH_DONE),
    "whatsapp-channel": Case(HOOK, {"Queued": 1, "PassedOver": 0}),
    "whatsapp-channel-sender": Case(queue("not a call"), BATCH_DONE),
    "s3-triggered-import-tasks": Case(
        {"operation": "start", "Input": {"S3URL": "s3://bucket/import/a.csv"}}, {"Status": "RUNNING", "Polls": 0}
    ),
    "s3-triggered-import-starter": Case(queue(object_created("bucket", "import/a.csv")), BATCH_DONE),
    "s3-triggered-import-suppress-tasks": Case(
        {"operation": "start", "Input": {"S3URL": "s3://bucket/suppress/none.csv"}}, {"Status": "FAILED", "Polls": 0}
    ),
    "s3-triggered-import-suppress-starter": Case(queue(object_created("bucket", "suppress/a.csv")), BATCH_DONE),
    "phone-number-validate-segment": Case(crud("create", SegmentName="unverified"), {}),
    "phone-number-validate-tasks": Case(
        {"operation": "start", "Execution": RUN_ARN, "Input": {}}, refused("NotFoundException")
    ),
    "event-based-segmentation": Case(queue(PINPOINT_EVENT), BATCH_DONE),
    "federated-segmentation-tasks": Case({"operation": "check", "Input": {}}, refused("InvalidInput")),
    "campaign-create-tasks": Case(
        {"operation": "start", "Input": {}, "Execution": RUN_ARN, "Retries": 0}, refused("InvalidInput")
    ),
    "campaign-hook": Case(HOOK, {"endpoint-1": {"Address": NUMBER, "Attributes": {"Offer": [""]}}}),
    "campaign-hook-registration": Case(crud("create", FunctionArn="arn", Mode="FILTER"), {"Mode": "FILTER"}),
    "import-validate-campaign-forwarder": Case(queue(notification({})), BATCH_DONE),
}
