"""Architecture 12: queued texts of a fast number are sent, each claimed before and settled behind."""

from __future__ import annotations

import threading

from botocore.awsrequest import AWSPreparedRequest

from bench.drops import ENVIRONMENT
from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.wire import Reply, json_of
from bench.kind import Kind, Work, batches
from bench.row import Context

BATCH = 10


def prepare(items: int) -> Work:
    sent: list[str] = []
    lock = threading.Lock()
    table = FakeDynamoDb()

    def send(request: AWSPreparedRequest) -> Reply:
        numbers = list(json_of(request)["Addresses"])
        with lock:
            sent.extend(numbers)
        told = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}
        result = {number: {**told, "MessageId": f"m-{number}"} for number in numbers}
        return Reply({"ApplicationId": "app", "Result": result})

    def run() -> None:
        from handlers.sms_s3_drop.columns import Text
        from handlers.sms_s3_drop.sender import handler

        for start in range(0, items, BATCH):
            texts = [
                Text("r", n, n + 2, f"+1206{n:07d}", "Hello", "12345", "PROMOTIONAL", "spring", str(n), "")
                for n in range(start, min(start + BATCH, items))
            ]
            records = [
                {"messageId": str(text.row), "body": text.to_json(), "attributes": {"ApproximateReceiveCount": "1"}}
                for text in texts
            ]
            if handler({"Records": records}, Context())["batchItemFailures"]:
                raise AssertionError("texts failed")

    def check() -> None:
        if len(sent) != items or len(set(sent)) != items:
            raise AssertionError(f"{len(sent)} texts were sent to {len(set(sent))} numbers, not {items}")

    return Work(
        environment=ENVIRONMENT,
        answers={"pinpoint.SendMessages": send, **table.answers()},
        run=run,
        check=check,
        # One text a call, so that a call's trouble leaves one in doubt. A queue hands out ten at a time: claimed before, settled behind, and
        # their time reserved, together.
        floor={
            "pinpoint.SendMessages": items,
            "dynamodb.TransactWriteItems": batches(items, BATCH),
            "dynamodb.BatchWriteItem": batches(items, BATCH),
            "dynamodb.PutItem": batches(items, BATCH),
        },
    )


KIND = Kind(
    name="dropped-texts",
    title="queued texts of a dropped file sent",
    items=1_000,
    handler="handlers.sms_s3_drop.sender",
    prepare=prepare,
)
