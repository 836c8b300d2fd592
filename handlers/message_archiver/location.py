"""Where the message of a send event is archived: a function of the event, so that every delivery of it agrees."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from handlers.shared.delivery import RefusedRecordError
from handlers.shared.event_times import milliseconds

CAMPAIGN_SEND = "_campaign.send"
JOURNEY_SEND = "_journey.send"
LOCATION = "message_archive_location"
STATUS = {CAMPAIGN_SEND: "campaign_send_status", JOURNEY_SEND: "journey_send_status"}
SENT = ("SUCCESS", "UNKNOWN", None)
"""Statuses of messages that went out, or may have: an event without one is from a time before there was one."""
IDENTITY = (
    "campaign_id",
    "campaign_activity_id",
    "treatment_id",
    "journey_id",
    "journey_run_id",
    "journey_activity_id",
)

_NAMESPACE = uuid.UUID("6f0c1d86-3e0b-5c53-9a0b-6d7c8f6e4f57")
_LONGEST_KEY = 1024
_DOTS = re.compile(r"\.")
_UNSAFE = re.compile(r"[%/\x00-\x1f\x7f]")


def is_send(event: Mapping[str, Any]) -> bool:
    """Whether the event says that a message of a campaign or journey went out."""
    status = STATUS.get(event["event_type"]) if isinstance(event.get("event_type"), str) else None
    if status is None:
        return False
    attributes = event.get("attributes")
    return not isinstance(attributes, dict) or attributes.get(status) in SENT


def archive_folder(endpoint_id: str, prefix: str) -> str:
    """The key prefix of all that is archived for an endpoint. A `/` in the id is escaped: it opens no folder."""
    unsafe = _DOTS if endpoint_id in (".", "..") else _UNSAFE
    return f"{prefix}{unsafe.sub(lambda found: f'%{ord(found[0]):02X}', endpoint_id)}/"


def archive_location(event: Mapping[str, Any], prefix: str = "archive/") -> str:
    """`PREFIX[EndpointId]/[Year]/[Month]/[Day]/[Hour]/[uuid]`, in UTC.

    Raises RefusedRecordError when the event lacks what the key is made of.
    """
    endpoint_id = _text(_member(event, "client"), "client.client_id")
    application_id = _text(_member(event, "application"), "application.app_id")
    attributes = _member(event, "attributes")
    if not any(isinstance(attributes.get(key), str) for key in ("campaign_id", "journey_id")):
        raise RefusedRecordError("attributes.campaign_id and attributes.journey_id missing; a send needs one of them")
    sent = sent_at(event)
    identity = "\n".join(
        str(part)
        for part in (
            event["event_type"],
            application_id,
            endpoint_id,
            round(sent.timestamp() * 1000),
            *(attributes.get(key, "") for key in IDENTITY),
        )
    )
    hour = sent.strftime("%Y/%m/%d/%H")
    key = f"{archive_folder(endpoint_id, prefix)}{hour}/{uuid.uuid5(_NAMESPACE, identity)}"
    if len(key.encode("utf-8", "replace")) > _LONGEST_KEY:
        raise RefusedRecordError(f"client.client_id makes a key longer than {_LONGEST_KEY} bytes")
    return key


def sent_at(event: Mapping[str, Any]) -> datetime:
    """The event's time in UTC. Raises RefusedRecordError if it is no epoch time in milliseconds."""
    try:
        value = milliseconds(event.get("event_timestamp"), "event_timestamp")
    except ValueError as error:
        raise RefusedRecordError(str(error)) from error
    if value is None:
        raise RefusedRecordError("event_timestamp must be milliseconds since 1970, as a whole number")
    return datetime.fromtimestamp(value / 1000, UTC)


def with_location(event: dict[str, Any], prefix: str) -> dict[str, Any]:
    """The event, if it is a send, with `client_context.custom.message_archive_location`; else as it is.

    Raises RefusedRecordError as archive_location does.
    """
    if not is_send(event):
        return event
    location = archive_location(event, prefix)
    context = _member(event, "client_context")
    custom = _member(context, "custom", "client_context.custom")
    return {**event, "client_context": {**context, "custom": {**custom, LOCATION: location}}}


def _member(event: Mapping[str, Any], name: str, path: str = "") -> dict[str, Any]:
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RefusedRecordError(f"{path or name} is a JSON {type(value).__name__}; allowed is an object")
    return value


def _text(parent: Mapping[str, Any], path: str) -> str:
    value = parent.get(path.partition(".")[2])
    if not isinstance(value, str) or not value.strip():
        raise RefusedRecordError(f"{path} must be a text that is not empty")
    if not value.isprintable():
        raise RefusedRecordError(f"{path} holds characters that are not printable")
    return value
