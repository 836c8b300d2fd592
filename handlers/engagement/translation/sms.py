"""Events of AWS End User Messaging SMS -> `_SMS.*` events.

Sources: AWS End User Messaging SMS User Guide, "Event types"; Pinpoint's SMS event JSON. `_SMS.OPTOUT` comes from whoever
opts people out (handlers/self_managed_opt_outs).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from handlers.engagement.translation.context import (
    Account,
    UntranslatableError,
    context_of,
    event_of,
    member,
)
from handlers.shared.event_stream import Event

BUFFERED = frozenset({"TEXT_SENT", "TEXT_PENDING", "TEXT_QUEUED"})
SUCCESS = frozenset({"TEXT_SUCCESSFUL", "TEXT_DELIVERED"})
FAILURE = frozenset(
    {
        "TEXT_INVALID", "TEXT_INVALID_MESSAGE", "TEXT_UNREACHABLE", "TEXT_CARRIER_UNREACHABLE", "TEXT_BLOCKED",
        "TEXT_CARRIER_BLOCKED", "TEXT_SPAM", "TEXT_UNKNOWN", "TEXT_TTL_EXPIRED", "TEXT_PROTECT_BLOCKED",
    }
)  # fmt: skip
OTHER_CHANNELS = ("VOICE_", "MEDIA_", "RCS_")
"""Families of event types that Pinpoint has no event for."""
LATEST = 10**14
"""Milliseconds of the epoch, in the year 5138: what is later is no time."""
MILLICENTS = 100_000
"""Thousandths of a cent in a dollar: events give prices in dollars, Pinpoint's metrics in thousandths of a cent."""


def translate(document: Mapping[str, Any], account: Account) -> list[Event]:
    """The stream's events for a delivery event; none for voice, media and RCS. Raises UntranslatableError."""
    kind = member(document, "eventType", str, "eventType")
    if kind.startswith(OTHER_CHANNELS):
        return []
    if kind in BUFFERED:
        event_type = "_SMS.BUFFERED"
    elif kind in SUCCESS:
        event_type = "_SMS.SUCCESS"
    elif kind in FAILURE:
        event_type = "_SMS.FAILURE"
    else:
        raise UntranslatableError(f"eventType is {kind[:60]!r}, which End User Messaging does not send")
    message_id = member(document, "messageId", str, "messageId")
    happened = int(member(document, "eventTimestamp", (int, float), "eventTimestamp"))
    if not 0 <= happened < LATEST:
        raise UntranslatableError(f"eventTimestamp is {happened:.3g}; needed are milliseconds of the epoch")
    given = document.get("context")
    pairs = {name: str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    context = context_of(pairs, account, message_id)
    status = str(document.get("messageStatus") or kind.removeprefix("TEXT_"))
    event = event_of(
        event_type,
        context,
        account,
        happened=happened,
        arrived=happened,
        identity=f"{message_id}\0{happened}\0{status}",
    )
    event["attributes"] = _present(
        sender_request_id=message_id,
        message_id=message_id,
        message_type=_title(document.get("messageType")),
        record_status=_record_status(status, document.get("messageStatusDescription")),
        iso_country_code=document.get("isoCountryCode"),
        number_of_message_parts=document.get("totalMessageParts"),
        destination_phone_number=document.get("destinationPhoneNumber"),
        origination_phone_number=document.get("originationPhoneNumber"),
        customer_context=json.dumps(context.own, ensure_ascii=False) if context.own else None,
        **context.run,
    )
    price = document.get("totalMessagePrice")
    if isinstance(price, int | float) and not isinstance(price, bool):
        event["metrics"] = {"price_in_millicents_usd": round(price * MILLICENTS, 6)}
    return [event]


def _record_status(status: str, description: Any) -> str:
    """Pinpoint names the refusal of an opted-out number by itself; End User Messaging says it in the description."""
    opted_out = isinstance(description, str) and "opted out" in description.lower()
    return "OPTED_OUT" if opted_out else status


def _title(message_type: Any) -> str | None:
    return message_type.title() if isinstance(message_type, str) else None


def _present(**attributes: Any) -> dict[str, str]:
    """Attributes are texts; absent ones are left out."""
    return {name: str(value) for name, value in attributes.items() if value is not None}
