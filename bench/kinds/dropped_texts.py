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
        ((number, _),) = json_of(request)["Addresses"].items()
        with lock:
            sent.append(number)
        result = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "MessageId": f"m-{number}"}
        return Reply({"ApplicationId": "app", "Result": {number: result}})

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
        # One text a call, so that a number's rate can be kept; claimed and settled one by one, so that a function
        # that dies leaves one text in doubt and not ten.
        floor={
            "pinpoint.SendMessages": items,
            "dynamodb.TransactWriteItems": items,
            "dynamodb.PutItem": items + batches(items, BATCH),
        },
    )


KIND = Kind(
    name="dropped-texts",
    title="queued texts of a dropped file sent",
    items=1_000,
    handler="handlers.sms_s3_drop.sender",
    prepare=prepare,
)
