"""What a push message says of its campaign or journey, so that apps can report `_campaign.opened_notification` and its like.

AWS adds no ids to messages that are sent to tokens. Raw content gets them where Amplify's libraries look for them: iOS in `data.pinpoint.campaign` or
`data.pinpoint.journey`; Android in keys of `data`, `pinpoint.campaign.campaign_id` and so on, for a journey in `pinpoint`, as JSON text.
Other messages have them as Context, whose texts AWS adds to `data.pinpoint`: `campaign.campaign_id`, `journey.journey_id`, ...
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from handlers.shared.compact_json import compact_json

SOURCES = {
    "campaign": ("campaign_id", "campaign_activity_id", "treatment_id"),
    "journey": ("journey_id", "journey_run_id", "journey_activity_id"),
}
FCM = "fcmV1Message"


def push_context(identity: Mapping[str, str]) -> dict[str, str]:
    """The identity (ids by name) as Context of a push message."""
    source, ids = _ids(identity)
    return {f"{source}.{name}": value for name, value in ids.items()}


def identified(channel: str, raw: str, identity: Mapping[str, str], most: int) -> str:
    """Raw content with the ids in it; as it was where it has a place of its own for them, or no room.

    Args:
        raw: A JSON object.
        most: Bytes that it may have.
    """
    source, ids = _ids(identity)
    payload = json.loads(raw)
    if not source or channel == "BAIDU":
        return raw
    if channel.startswith("APNS"):
        pinpoint = _within(_within(payload, "data"), "pinpoint")
        added = {source: ids}
    else:
        message = _within(payload.get(FCM), "message") if FCM in payload else payload
        pinpoint = _within(message, "data")
        added = (
            {"pinpoint": json.dumps({source: ids}, separators=(",", ":"))}
            if source == "journey"
            else {f"pinpoint.{source}.{name}": value for name, value in ids.items()}
        )
    if pinpoint is None or added.keys() & pinpoint.keys():
        return raw
    pinpoint |= added
    found = compact_json(payload)
    return found if len(found.encode()) <= most else raw


def _ids(identity: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    for source, names in SOURCES.items():
        if found := {name: identity[name] for name in names if identity.get(name)}:
            return source, found
    return "", {}


def _within(parent: Any, name: str) -> dict[str, Any] | None:
    """The object of that name in another one, made where it is missing; None where something else is there."""
    if not isinstance(parent, dict):
        return None
    found = parent.setdefault(name, {})
    return found if isinstance(found, dict) else None
