"""A text message that a number of ours received, from the SNS notification in a queue message.

Source: AWS End User Messaging SMS User Guide, "Two-way SMS": `originationNumber`, `destinationNumber`,
`messageKeyword`, `messageBody`, `inboundMessageId`, `previousPublishedMessageId`. It has no time; the notification that
carries it has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from handlers.shared.addresses.e164 import EXAMPLE, is_e164
from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.letters import unwrapped


class UnreadableError(ValueError):
    """The message can never be handled. The text says why, without personal data."""


@dataclass(frozen=True)
class Inbound:
    """number: who sent it, in E.164. destination: our number, "" where it is not told. at: `2030-01-02T03:04:05.678Z`.
    answered_id: the message of ours that came before it, "" where there was none."""

    number: str
    destination: str
    body: str
    message_id: str
    at: str
    answered_id: str = ""


def inbound_of(record: Mapping[str, Any]) -> Inbound:
    """Reads a record of an SQS event. Raises UnreadableError."""
    body = record["body"]
    text = unwrapped(body)
    try:
        document = json_object(text)
    except NotAnObjectError as error:
        raise UnreadableError(f"the message is no JSON object: {error}") from error
    return Inbound(
        number=_number(document.get("originationNumber")),
        destination=_text(document, "destinationNumber", ""),
        body=_text(document, "messageBody", None),
        message_id=_text(document, "inboundMessageId", "") or hashlib.sha256(body.encode()).hexdigest(),
        at=_moment(record, body),
        answered_id=_text(document, "previousPublishedMessageId", ""),
    )


def _number(given: Any) -> str:
    if given is None:
        raise UnreadableError("originationNumber is missing: who sent the message is not known")
    number = f"+{normal_form('SMS', given).removeprefix('+')}" if isinstance(given, str) else ""
    if not is_e164(number):
        raise UnreadableError(f"originationNumber is no phone number in E.164 format, such as {EXAMPLE}")
    return number


def _text(document: Mapping[str, Any], name: str, default: str | None) -> str:
    value = document.get(name)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise UnreadableError(f"{name} is {'missing' if value is None else 'no text'}")
    return value


def _moment(record: Mapping[str, Any], body: str) -> str:
    """When the topic took the message; where the notification does not tell, when the queue did."""
    try:
        told = datetime.fromisoformat(str(json_object(body)["Timestamp"]))
    except (NotAnObjectError, KeyError, ValueError):
        told = datetime.fromtimestamp(int(record["attributes"]["SentTimestamp"]) / 1000, UTC)
    told = told if told.tzinfo else told.replace(tzinfo=UTC)
    return told.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
