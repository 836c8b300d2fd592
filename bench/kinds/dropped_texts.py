"""Architecture 12: queued texts of a fast number are claimed, sent and settled as the queue hands them out, ten at a time."""

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
    sent: dict[str, str] = {}
    lock = threading.Lock()
    table = FakeDynamoDb()

    def send(request: AWSPreparedRequest) -> Reply:
        document = json_of(request)
        shared = document["MessageConfiguration"]["SMSMessage"]
        numbers = document["Addresses"]
        bodies = {number: own.get("BodyOverride") or shared["Body"] for number, own in numbers.items()}
        with lock:
            if twice := bodies.keys() & sent.keys():
                raise AssertionError(f"{len(twice)} numbers got a second text")
            sent.update(bodies)
        told = {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200}
        result = {number: {**told, "MessageId": f"m-{number}"} for number in numbers}
        return Reply({"ApplicationId": "app", "Result": result})

    def run() -> None:
        from handlers.sms_s3_drop.columns import Text
        from handlers.sms_s3_drop.sender import handler

        for start in range(0, items, BATCH):
            texts = [
                Text("r", n, n + 2, f"+1206{n:07d}", f"Hello {n}", "12345", "PROMOTIONAL", "spring", str(n), "")
                for n in range(start, min(start + BATCH, items))
            ]
            records = [
                {"messageId": str(text.row), "body": text.to_json(), "attributes": {"ApproximateReceiveCount": "1"}}
                for text in texts
            ]
            if handler({"Records": records}, Context())["batchItemFailures"]:
                raise AssertionError("texts failed")

    def check() -> None:
        if sent != {f"+1206{n:07d}": f"Hello {n}" for n in range(items)}:
            raise AssertionError(f"{len(sent)} of {items} numbers got a text, or somebody another's")

    return Work(
        environment=ENVIRONMENT,
        answers={"pinpoint.SendMessages": send, **table.answers()},
        run=run,
        check=check,
        # A call takes 100 numbers, but a FIFO queue hands out ten of an identity at a time: their time is reserved, and they are claimed, sent and
        # settled together.
        floor={
            "pinpoint.SendMessages": batches(items, BATCH),
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
    reference={
        "calls": 100
    },  # one SendMessages for the ten messages of a batch: no claim, no rate, no look at the results
)
