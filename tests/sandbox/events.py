"""Events by hand, and what the readers of the event stream made of them."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sandbox.demos import findings

SECONDS = 120
"""For what takes a few seconds on a quiet machine."""


def put(sandbox, records: list[bytes]) -> None:
    """Onto the project's stream, all in one shard and in this order."""
    name = sandbox.exports["eventStreamArn"].rpartition("/")[2]
    for record in records:
        sandbox.aws("kinesis").put_record(StreamName=name, Data=record, PartitionKey="one")


def streamed(kinesis: Any, stream: str, since: datetime) -> Iterator[dict[str, Any]]:
    """The events that came onto a stream at a moment or later. Tests of readers leave records there that are no events."""
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        place = {"StreamName": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "AT_TIMESTAMP"}
        iterator = kinesis.get_shard_iterator(**place, Timestamp=since)["ShardIterator"]
        while records := (page := kinesis.get_records(ShardIterator=iterator))["Records"]:
            yield from filter(None, (_read(record["Data"]) for record in records))
            iterator = page["NextShardIterator"]


def _read(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def told(sandbox, since: datetime) -> Iterator[dict[str, Any]]:
    """The events that came onto the project's stream at a moment or later."""
    return streamed(sandbox.aws("kinesis"), sandbox.exports["eventStreamArn"].rpartition("/")[2], since)


def event(sandbox, kind: Any, endpoint: str, mark: str, **more: Any) -> bytes:
    now = int(time.time() * 1000)
    made = {
        "event_type": kind,
        "event_timestamp": now,
        "arrival_timestamp": now,
        "application": {"app_id": sandbox.application_id},
        "client": {"client_id": endpoint},
        "attributes": {"mark": mark},
    }
    return json.dumps({**made, **more}).encode()


def bounce(*addresses: str) -> dict[str, Any]:
    recipients = [{"email_address": address} for address in addresses]
    found = {"bounce_type": "Permanent", "bounced_recipients": recipients, "feedback_id": "f"}
    return {"email_channel": {"mail_event": {"mail": {"message_id": "m"}, "bounce": found}}}


def rows(sandbox, sql: str) -> list[dict[str, str]]:
    return findings.rows(sandbox.aws, sandbox.exports["eventWorkgroupName"], sandbox.exports["eventDatabaseName"], sql)


def attributes(sandbox, endpoint: str) -> dict[str, list[str]]:
    found = sandbox.pinpoint.get_endpoint(ApplicationId=sandbox.application_id, EndpointId=endpoint)
    return found["EndpointResponse"].get("Attributes", {})


def people(sandbox, names: list[str]) -> None:
    items = [{"Id": name, "ChannelType": "EMAIL", "Address": f"{name}@example.org"} for name in names]
    for start in range(0, len(items), 100):
        sandbox.pinpoint.update_endpoints_batch(
            ApplicationId=sandbox.application_id, EndpointBatchRequest={"Item": items[start : start + 100]}
        )
