"""A send event as the archiver reads it from its queue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from handlers.message_archiver.location import CAMPAIGN_SEND, LOCATION, STATUS, archive_location, sent_at
from handlers.shared.delivery import RefusedRecordError
from handlers.shared.queues import RejectedMessageError


@dataclass(frozen=True)
class SendEvent:
    """What was sent to whom. endpoint: the endpoint's record at that time, with its Id.

    channel: EMAIL, SMS, VOICE, CUSTOM or a push channel, as the event's delivery type or the journey's activity says.
    """

    location: str
    endpoint_id: str
    application_id: str
    timestamp: int
    sent: datetime
    channel: str
    status: str
    endpoint: Mapping[str, Any]
    campaign_id: str = ""
    treatment_id: str = ""
    journey_id: str = ""
    journey_activity_id: str = ""


def parse(body: str, archive_prefix: str) -> SendEvent:
    """Reads a queue message. Raises RejectedMessageError if it is no send event with its location."""
    try:
        event = json.loads(body)
        attributes = event["attributes"]
        custom = event["client_context"]["custom"]
        kind = event["event_type"]
        status = attributes.get(STATUS[kind]) or ""
        location = archive_location(event, archive_prefix)
        sent = sent_at(event)
    except RefusedRecordError as error:
        raise RejectedMessageError(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RejectedMessageError(
            f"not a send event with its attributes and endpoint: {type(error).__name__}"
        ) from error
    if custom.get(LOCATION) != location:
        raise RejectedMessageError(f"client_context.custom.{LOCATION} is not the place that follows from the event")
    endpoint = _endpoint(custom.get("endpoint"), event["client"]["client_id"])
    campaign = kind == CAMPAIGN_SEND
    channel = attributes.get("delivery_type" if campaign else "journey_activity_type") or endpoint.get("ChannelType")
    if not isinstance(channel, str) or not channel:
        raise RejectedMessageError("the event names no channel: neither its attributes nor its endpoint do")
    return SendEvent(
        location=location,
        endpoint_id=event["client"]["client_id"],
        application_id=event["application"]["app_id"],
        timestamp=round(sent.timestamp() * 1000),
        sent=sent,
        channel=channel,
        status=str(status),
        endpoint=endpoint,
        campaign_id=_needed(attributes, "campaign_id") if campaign else "",
        treatment_id=str(attributes.get("treatment_id") or "0") if campaign else "",
        journey_id="" if campaign else _needed(attributes, "journey_id"),
        journey_activity_id="" if campaign else _needed(attributes, "journey_activity_id"),
    )


def _needed(attributes: Mapping[str, Any], name: str) -> str:
    value = attributes.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise RejectedMessageError(f"attributes.{name} must be a text that is not empty")
    return value


def _endpoint(text: Any, endpoint_id: str) -> dict[str, Any]:
    try:
        endpoint = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError) as error:
        raise RejectedMessageError("client_context.custom.endpoint is not JSON") from error
    if not isinstance(endpoint, dict):
        raise RejectedMessageError("client_context.custom.endpoint is not a JSON object")
    return {**endpoint, "Id": endpoint.get("Id") or endpoint_id}
