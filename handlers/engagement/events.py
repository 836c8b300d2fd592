"""Events into the application's stream, in Pinpoint's event JSON: one object a record, without a line end."""

import time
from collections.abc import Mapping
from typing import Any, Self

from handlers.engagement.identifiers import parse_time
from handlers.engagement.store.registry import Apps
from handlers.engagement.store.service_tables import Tables
from handlers.shared.compact_json import compact_json
from handlers.shared.event_stream import Event, EventStream
from handlers.shared.logging import logger

ENDPOINT_BYTES = 450_000  # of an endpoint within an event, where each of its quotes is written as two characters again
LONG_ATTRIBUTE = 1_000  # characters; ten times what is stored
ENDPOINT_MEMBERS = (
    "ChannelType", "EndpointStatus", "OptOut", "RequestId", "Location", "Demographic", "EffectiveDate", "Attributes",
    "Metrics", "User", "ApplicationId", "CohortId", "CreationDate",
)  # fmt: skip


class EventWriter(EventStream):
    """Writes events of one application."""

    @classmethod
    def for_application(cls, tables: Tables, environment: Any, application_id: str) -> Self:
        """The application's writer: to the project's stream if the application has an event stream."""
        stream = Apps(tables.registry).event_stream(application_id)
        return cls(environment.event_stream_name or None if stream else None)


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


def journey_send(
    *,
    application_id: str,
    account_id: str,
    endpoint: Mapping[str, Any],
    identity: Mapping[str, str],
    activity_type: str | None,
    status: str,
    result: tuple[str, str] | None,
    moment: int,
) -> Event:
    """A `_journey.send` event.

    Args:
        endpoint: The EndpointResponse as it was sent to; its record goes along without Address and Id.
        identity: journey_id, journey_run_id, journey_activity_id.
        activity_type: EMAIL, SMS or CUSTOM; None: the event is not about a message, but about the end of a wait before it.
        status: journey_send_status: SUCCESS, FAILURE, FAILURE_PERMANENT, ...
        result: journey_send_status_code and journey_send_status_message, where a channel was asked.
        moment: When it was claimed for sending, in milliseconds since 1970: told again, the event is the same.
    """
    attributes = {**identity, "journey_send_status": status}
    if activity_type:
        attributes["journey_activity_type"] = activity_type
    if result:
        attributes |= {"journey_send_status_code": result[0], "journey_send_status_message": result[1]}
    return _envelope("_journey.send", application_id, account_id, endpoint["Id"], attributes, moment=moment) | {
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
    return compact_json(record)


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


def _milliseconds(timestamp: str) -> int:
    return int(parse_time(timestamp).timestamp() * 1000)


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
