"""Architecture 17: notifications from the queue start the next state machine."""

from __future__ import annotations

import json
from typing import Any

from bench.fakes.services import state_machines
from bench.kind import Kind, Work
from bench.row import Context

BATCH = 10
_MACHINES = "arn:aws:states:us-east-1:123456789012:stateMachine"


def prepare(items: int) -> Work:
    handled: list[int] = []

    def run() -> None:
        from handlers.import_validate_campaign.forwarder import handler

        for start in range(0, items, BATCH):
            records = [_record(number) for number in range(start, min(items, start + BATCH))]
            answer = handler({"Records": records}, Context())
            handled.append(len(records) - len(answer["batchItemFailures"]))

    def check() -> None:
        if sum(handled) != items:
            raise AssertionError(f"{sum(handled)} notifications were forwarded, not {items}")

    return Work(
        environment={
            "PHONE_VALIDATE_STATE_MACHINE_ARN": f"{_MACHINES}:validate",
            "CAMPAIGN_CREATE_STATE_MACHINE_ARN": f"{_MACHINES}:campaign",
            "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:alerts",
            "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/dead",
            "SMS_TEMPLATE_NAME": "welcome",
            "EMAIL_TEMPLATE_NAME": "",
        },
        answers=state_machines(),
        run=run,
        check=check,
        floor={"sfn.StartExecution": items},  # Step Functions takes one run a call
    )


def _record(number: int) -> dict[str, Any]:
    job = {
        "ApplicationId": "0" * 32,
        "Id": f"{number:032x}",
        "JobStatus": "COMPLETED",
        "Definition": {"SegmentId": "2" * 32, "SegmentName": "rows.csv"},
    }
    envelope = {
        "Type": "Notification",
        "MessageId": f"m-{number}",
        "Subject": "Amazon Pinpoint Import Successful",
        "Message": json.dumps({"Message": "Import Successful", "ImportResult": job}),
        "MessageAttributes": {"notification_type": {"Type": "String", "Value": "success"}},
    }
    return {
        "messageId": f"q-{number}",
        "receiptHandle": "handle",
        "body": json.dumps(envelope),
        "attributes": {},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }


KIND = Kind(
    name="forwarded-notifications",
    title="notifications forwarded",
    items=100,
    handler="handlers.import_validate_campaign.forwarder",
    prepare=prepare,
)
