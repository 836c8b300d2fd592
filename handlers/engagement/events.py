"""Events into the application's stream, in Pinpoint's event JSON: one object a record, without a line end."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from handlers.engagement.identifiers import parse_time
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.tables import Tables, backoff
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

RECORDS = 500
CALL_BYTES = 4_900_000  # the API takes 5 MB a call, partition keys included
RECORD_BYTES = 1_000_000
ENDPOINT_BYTES = 450_000  # of an endpoint within an event, where each of its quotes is written as two characters again
LONG_ATTRIBUTE = 1_000  # characters; ten times what is stored
ATTEMPTS = 10
ENDPOINT_MEMBERS = (
    "ChannelType", "EndpointStatus", "OptOut", "RequestId", "Location", "Demographic", "EffectiveDate", "Attributes",
    "Metrics", "User", "ApplicationId", "CohortId", "CreationDate",
)  # fmt: skip

Event = dict[str, Any]


class EventsLostError(Exception):
    """Some events never got into the stream; the message says how many and why."""


class EventWriter:
    """Writes events to one Kinesis stream.

    Args:
        stream_name: The stream; None: the application has no event stream, and its events go nowhere, as in Pinpoint.
        client: A boto3 kinesis client; default the shared one.
    """

    def __init__(self, stream_name: str | None, client: Any = None) -> None:
        self.stream_name = stream_name
        self._client = client

    @classmethod
    def for_application(cls, tables: Tables, environment: Any, application_id: str) -> Self:
        """The application's writer: to the project's stream if the application has an event stream."""
        stream = Apps(tables.registry).event_stream(application_id)
        return cls(environment.event_stream_name if stream else None)

    def put(self, events: Iterable[Event]) -> None:
        """Writes events: 500 records or 5 MB a call; records that failed are sent again.

        Raises:
            EventsLostError: some were still refused after 10 attempts.
        """
        if self.stream_name is None:
            return
        client = self._client or aws_client("kinesis")
        for batch in _batches(events):
            self._put_batch(client, batch)

    def _put_batch(self, client: Any, batch: Sequence[dict[str, Any]]) -> None:
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


def campaign_send(
    *,
    application_id: str,
    account_id: str,
    endpoint: Mapping[str, Any],
    campaign_id: str,
    activity_id: str,
    treatment_id: str,
    status: str,
    delivery_type: str,
    moment: int,
) -> Event:
    """A `_campaign.send` event.

    Args:
        endpoint: The EndpointResponse as it was sent to, edited by the hook; its record goes along without Address and Id.
        moment: When it was claimed for sending, in milliseconds since 1970: told again, the event is the same.
        status: campaign_send_status: SUCCESS, FAILURE, FAILURE_PERMANENT, HOLDOUT, DUPLICATE_ADDRESS, HOOK_FAILURE, ...
        delivery_type: The channel type; CUSTOM for a custom channel.
    """
    attributes = {
        "campaign_id": campaign_id,
        "campaign_activity_id": activity_id,
        "treatment_id": treatment_id,
        "delivery_type": delivery_type,
        "campaign_send_status": status,
    }
    return _envelope("_campaign.send", application_id, account_id, endpoint["Id"], attributes, moment=moment) | {
        "client_context": {"custom": {"endpoint": _bounded_record(endpoint)}}
    }


def custom_event(
    *,
    application_id: str,
    account_id: str,
    endpoint_id: str,
    event: Mapping[str, Any],
    endpoint: Mapping[str, Any] | None = None,
) -> Event:
    """An event that an app reported by PutEvents (`event`: its Event shape).

    Args:
        endpoint: The EndpointResponse, if there is one; its record goes along.

    Raises:
        ValueError: a timestamp is not ISO 8601.
    """
    record = _envelope(event["EventType"], application_id, account_id, endpoint_id, dict(event.get("Attributes") or {}))
    record["event_timestamp"] = _milliseconds(event["Timestamp"])
    record["metrics"] = dict(event.get("Metrics") or {})
    sdk = {"name": event.get("SdkName"), "version": event.get("ClientSdkVersion")}
    record["application"] = {
        "app_id": application_id,
        **_present(
            package_name=event.get("AppPackageName"),
            title=event.get("AppTitle"),
            version_code=event.get("AppVersionCode"),
        ),
        "sdk": _present(**sdk),
    }
    session = event.get("Session")
    if session:
        record["session"] = _present(
            session_id=session["Id"],
            start_timestamp=_milliseconds(session["StartTimestamp"]),
            stop_timestamp=_milliseconds(session["StopTimestamp"]) if session.get("StopTimestamp") else None,
            duration=session.get("Duration"),
        )
    record["client_context"] = {"custom": {"endpoint": endpoint_record(endpoint)} if endpoint else {}}
    return record


def endpoint_record(endpoint: Mapping[str, Any]) -> str:
    """The endpoint as events carry it: a JSON string without Address and Id; Attributes always there."""
    record = {name: endpoint[name] for name in ENDPOINT_MEMBERS if name in endpoint}
    record.setdefault("Attributes", {})
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _bounded_record(endpoint: Mapping[str, Any]) -> str:
    """The endpoint's record; without the attributes of which a hook made more than an event can hold."""
    record = endpoint_record(endpoint)
    if len(record.encode()) <= ENDPOINT_BYTES:
        return record
    attributes = endpoint.get("Attributes") or {}
    kept = {name: values for name, values in attributes.items() if sum(map(len, values)) <= LONG_ATTRIBUTE}
    logger.warning(
        "attributes are too large for an event",
        extra={"endpoint": endpoint["Id"], "attributes": sorted(set(attributes) - set(kept))},
    )
    return endpoint_record({**endpoint, "Attributes": kept})


def _envelope(
    event_type: str,
    application_id: str,
    account_id: str,
    client_id: str,
    attributes: Mapping[str, str],
    *,
    moment: int | None = None,
) -> Event:
    moment = moment or int(time.time() * 1000)
    return {
        "event_type": event_type,
        "event_timestamp": moment,
        "arrival_timestamp": moment,
        "event_version": "3.1",
        "application": {"app_id": application_id, "sdk": {}},
        "client": {"client_id": client_id},
        "device": {"platform": {}},
        "session": {},
        "attributes": attributes,
        "awsAccountId": account_id,
    }


def _batches(events: Iterable[Event]) -> Iterable[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        data = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        if len(data) > RECORD_BYTES:
            raise EventsLostError(
                f"an event {event['event_type']} has {len(data):,} bytes; at most {RECORD_BYTES:,} fit"
            )
        if batch and (len(batch) == RECORDS or size + len(data) > CALL_BYTES):
            yield batch
            batch, size = [], 0
        batch.append({"Data": data, "PartitionKey": event["client"]["client_id"][:256] or "-"})
        size += len(data) + 256
    if batch:
        yield batch


def _milliseconds(timestamp: str) -> int:
    return int(parse_time(timestamp).timestamp() * 1000)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
