"""Writing to the project's event stream, in Pinpoint's event JSON: one object a record, without a line end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from handlers.shared.backoff import backoff
from handlers.shared.batching import batched
from handlers.shared.clients import aws_client
from handlers.shared.compact_json import compact_json

if TYPE_CHECKING:
    from botocore.client import BaseClient

RECORDS = 500
CALL_BYTES = 4_900_000  # the API takes 5 MB a call, partition keys included
RECORD_BYTES = 1_000_000
ATTEMPTS = 10

Event = dict[str, Any]


def stream_client() -> BaseClient:
    """The client that writes events, unchecked by botocore: records are made here."""
    return aws_client("kinesis", parameter_validation=False)


class EventsLostError(Exception):
    """Some events never got into the stream; the message says how many and why."""


class EventStream:
    """Writes events to one Kinesis stream.

    Args:
        stream_name: The stream; None: there is no event stream, and events go nowhere, as in Pinpoint.
        client: A boto3 kinesis client; default the shared one.
    """

    def __init__(self, stream_name: str | None, client: BaseClient | None = None) -> None:
        self.stream_name = stream_name
        self._client = client

    def put(self, events: Iterable[Event]) -> None:
        """Writes events: 500 records or 5 MB a call; records that failed are sent again.

        Raises:
            EventsLostError: some were still refused after 10 attempts.
        """
        if self.stream_name is None:
            return
        client = self._client or stream_client()
        for batch in batched(map(_record, events), _bytes, CALL_BYTES, RECORDS):
            self._put_batch(client, batch)

    def _put_batch(self, client: BaseClient, batch: Sequence[dict[str, Any]]) -> None:
        pending, reason = list(batch), ""
        for attempt in range(ATTEMPTS):
            if attempt:
                backoff(attempt)
            answer = client.put_records(StreamName=self.stream_name, Records=pending)
            if not answer.get("FailedRecordCount"):
                return
            failed = [at for at, record in enumerate(answer["Records"]) if record.get("ErrorCode")]
            reason = answer["Records"][failed[0]].get("ErrorMessage", "") if failed else ""
            pending = [pending[at] for at in failed]
        raise EventsLostError(
            f"{len(pending)} of {len(batch)} events not taken by stream {self.stream_name} in {ATTEMPTS} attempts: {reason}"
        )


def envelope(
    event_type: str,
    *,
    application_id: str,
    account_id: str,
    endpoint_id: str,
    happened: int,
    arrived: int,
    identity: str,
    attributes: Mapping[str, str],
) -> Event:
    """An event with the members that all have. Times are milliseconds of the epoch.

    Args:
        identity: What tells this event from all others; the same text gives the same `event_id`, by which a reader can
            tell a repetition.
    """
    return {
        "event_type": event_type,
        "event_timestamp": happened,
        "arrival_timestamp": arrived,
        "event_version": "3.1",
        "event_id": hashlib.sha256(f"{event_type}\0{identity}".encode()).hexdigest()[:32],
        "application": {"app_id": application_id, "sdk": {}},
        "client": {"client_id": endpoint_id},
        "device": {"platform": {}},
        "session": {},
        "attributes": dict(attributes),
        "awsAccountId": account_id,
    }


def _record(event: Event) -> dict[str, Any]:
    """The record of an event. Raises EventsLostError where it has more bytes than one may have."""
    data = compact_json(event).encode()
    if len(data) > RECORD_BYTES:
        raise EventsLostError(f"an event {event['event_type']} has {len(data):,} bytes; at most {RECORD_BYTES:,} fit")
    return {"Data": data, "PartitionKey": event["client"]["client_id"][:256] or "-"}


def _bytes(record: Mapping[str, Any]) -> int:
    """What a record counts at most of a call, with its key."""
    return len(record["Data"]) + 256
