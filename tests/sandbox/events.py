"""Events by hand, and what the readers of the event stream made of them."""

import json
import time
from typing import Any

from sandbox.demos import findings

SECONDS = 120
"""For what takes a few seconds on a quiet machine."""


def put(sandbox, records: list[bytes]) -> None:
    """Onto the project's stream, all in one shard and in this order."""
    name = sandbox.exports["eventStreamArn"].rpartition("/")[2]
    for record in records:
        sandbox.aws("kinesis").put_record(StreamName=name, Data=record, PartitionKey="one")


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
