"""Services that a benchmark only has to take calls for: their answers do not depend on what was before."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.wire import Answer, Reply, always, json_of

EMAILS_PER_CALL = 50
MESSAGE_BODY = {"RequestID": "00000000-0000-0000-0000-000000000000", "Message": "Accepted"}
_ASSUMED = """<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIABENCH</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>
</Credentials><AssumedRoleUser><AssumedRoleId>A:b</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/r/b</Arn>
</AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"""


def roles() -> dict[str, Answer]:
    """STS: every role may be assumed."""
    return {"sts.AssumeRole": always(_ASSUMED)}


def state_machines() -> dict[str, Answer]:
    """Step Functions: every run starts."""
    arn = "arn:aws:states:us-east-1:123456789012:execution:machine:run"
    return {"sfn.StartExecution": always({"executionArn": arn, "startDate": 1.0})}


class Outbox:
    """End User Messaging: takes every text and keeps whom it was for."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {"pinpoint-sms-voice-v2.SendTextMessage": self._send}

    def _send(self, request: AWSPreparedRequest) -> Reply:
        with self._lock:
            self.recipients.append(json_of(request)["DestinationPhoneNumber"])
        return Reply({"MessageId": str(uuid.uuid4())})


class Mailbox:
    """SES: takes every email, by one call or with others, and keeps whom it was for."""

    def __init__(self) -> None:
        self.recipients: list[str] = []
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {"sesv2.SendEmail": self._send, "sesv2.SendBulkEmail": self._send_bulk}

    def _send(self, request: AWSPreparedRequest) -> Reply:
        return Reply({"MessageId": self._taken(json_of(request))})

    def _send_bulk(self, request: AWSPreparedRequest) -> Reply:
        entries = json_of(request)["BulkEmailEntries"]
        if len(entries) > EMAILS_PER_CALL:
            return Reply({"message": f"{len(entries)} destinations"}, 400)
        results = [{"Status": "SUCCESS", "MessageId": self._taken(entry)} for entry in entries]
        return Reply({"BulkEmailEntryResults": results})

    def _taken(self, message: Mapping[str, Any]) -> str:
        with self._lock:
            self.recipients += message["Destination"]["ToAddresses"]
        return str(uuid.uuid4())


class Stream:
    """Kinesis: takes every record and counts them."""

    def __init__(self) -> None:
        self.records = 0
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {"kinesis.PutRecords": self._put}

    def _put(self, request: AWSPreparedRequest) -> Reply:
        count = len(json_of(request)["Records"])
        with self._lock:
            self.records += count
        return Reply({"FailedRecordCount": 0, "Records": [{"SequenceNumber": "1", "ShardId": "s-0"}] * count})


class Queue:
    """SQS: takes every message and counts them."""

    def __init__(self) -> None:
        self.messages = 0
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {"sqs.SendMessageBatch": self._send}

    def _send(self, request: AWSPreparedRequest) -> Reply:
        entries = json_of(request)["Entries"]
        with self._lock:
            self.messages += len(entries)
        taken = [{"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""} for entry in entries]
        return Reply({"Successful": taken, "Failed": []})


class Project:
    """An engagement project that takes endpoint updates, and AWS's number validation."""

    def __init__(self) -> None:
        self.endpoints = 0
        self._lock = threading.Lock()

    def answers(self) -> dict[str, Answer]:
        return {
            "pinpoint.PhoneNumberValidate": self._validate,
            "pinpoint.UpdateEndpointsBatch": self._update,
        }

    def _validate(self, request: AWSPreparedRequest) -> Reply:
        number = json_of(request)["PhoneNumber"]
        return Reply(
            {
                "Carrier": "Carrier",
                "City": "Seattle",
                "CleansedPhoneNumberE164": number,
                "Country": "United States",
                "CountryCodeIso2": "US",
                "OriginalPhoneNumber": number,
                "PhoneType": "MOBILE",
                "PhoneTypeCode": 0,
                "Timezone": "America/Los_Angeles",
                "ZipCode": "98101",
            }
        )

    def _update(self, request: AWSPreparedRequest) -> Reply:
        count = len(json_of(request)["Item"])
        with self._lock:
            self.endpoints += count
        return Reply(MESSAGE_BODY, 202)
