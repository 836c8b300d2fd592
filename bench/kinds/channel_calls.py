"""Architecture 16: a campaign's endpoints go into a channel's queue, and each is called once, claimed and settled up to fifty at a time."""

from __future__ import annotations

import threading
from typing import Any

from botocore.awsrequest import AWSPreparedRequest

from bench.fakes.dynamodb import FakeDynamoDb
from bench.fakes.wire import Reply, json_of
from bench.kind import Kind, Work, batches
from bench.row import Context

ENTRIES = 10
BATCH = 50
ENDPOINTS_PER_CALL = 50
TRANSACTION = SEARCH = 100
QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/calls"


def prepare(items: int) -> Work:
    queued: list[str] = []
    called: list[str] = []
    lock = threading.Lock()
    table = FakeDynamoDb()

    def queue(request: AWSPreparedRequest) -> Reply:
        entries = json_of(request)["Entries"]
        queued.extend(entry["MessageBody"] for entry in entries)
        taken = [{"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""} for entry in entries]
        return Reply({"Successful": taken, "Failed": []})

    def call(request: AWSPreparedRequest) -> Reply:
        with lock:
            called.append(json_of(request)["DestinationPhoneNumber"])
        return Reply({"ContactId": "00000000-0000-4000-8000-000000000000"})

    def endpoints(request: AWSPreparedRequest) -> Reply:
        ids = json_of(request)["EndpointIds"]
        return Reply(
            {
                "Item": [
                    {"Id": id_, "ChannelType": "SMS", "Address": f"+1206{int(id_[1:]):07d}", "OptOut": "NONE"}
                    for id_ in ids
                ]
            }
        )

    def run() -> None:
        from handlers.custom_channel import function, sender

        for start in range(0, items, ENDPOINTS_PER_CALL):
            endpoints: dict[str, Any] = {
                f"e{n}": {"ChannelType": "SMS", "Address": f"+1206{n:07d}", "Attributes": {"Name": [f"N{n}"]}}
                for n in range(start, min(start + ENDPOINTS_PER_CALL, items))
            }
            data = {"Message": {}, "Data": "Hi {{Attributes.Name}}"}
            function.handler({"ActivityId": "a", "CampaignId": "c", "Endpoints": endpoints, **data}, Context())
        for start in range(0, items, BATCH):
            records = [
                {"messageId": str(at), "receiptHandle": "r", "body": body}
                for at, body in enumerate(queued[start : start + BATCH])
            ]
            if sender.handler({"Records": records}, Context())["batchItemFailures"]:
                raise AssertionError("calls failed")

    def check() -> None:
        if len(called) != items or len(set(called)) != items:
            raise AssertionError(f"{len(called)} calls were made to {len(set(called))} numbers, not {items}")

    return Work(
        environment={
            "CHANNEL": "connect_channel",
            "ENGAGEMENT_ENDPOINT_URL": "https://bench.lambda-url.us-east-1.on.aws",
            "APPLICATION_ID": "app",
            "CHANNEL_TYPES": "SMS",
            "CALLS_PER_SECOND": "100000",
            "QUEUE_URL": QUEUE,
            "DEAD_LETTER_QUEUE_URL": f"{QUEUE}-dead",
            "REFUSED_QUEUE_URL": f"{QUEUE}-refused",
            "CALLS_TABLE": "calls",
            "DEADLINE_HOURS": "72",
            "REMEMBERED_DAYS": "30",
            "CONNECT_INSTANCE_ID": "instance",
            "CONNECT_CONTACT_FLOW_ID": "flow",
            "CONNECT_QUEUE_ID": "queue",
        },
        answers={
            "http.endpoint-search": endpoints,
            "connect.StartOutboundVoiceContact": call,
            "sqs.SendMessageBatch": queue,
            **table.answers(),
        },
        run=run,
        check=check,
        # What the services take at a time. Ours are the queue's batches of 50: more would be in doubt where a process dies.
        floor={
            "sqs.SendMessageBatch": batches(items, ENTRIES),
            "connect.StartOutboundVoiceContact": items,
            "http.endpoint-search": batches(items, SEARCH),  # who has opted out since
            "dynamodb.TransactWriteItems": 2 * batches(items, TRANSACTION),
        },
    )


KIND = Kind(
    name="channel-calls",
    title="endpoints called by a custom channel",
    items=1_000,
    handler="handlers.custom_channel.sender",
    prepare=prepare,
)
