"""The project's event for a text that opts its sender out.

Source: Pinpoint's SMS event JSON: `_SMS.OPTOUT`, when a recipient replies with a word that opts out.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from handlers.self_managed_opt_outs.inbound import Inbound
from handlers.shared.event_stream import Event, envelope

EVENT_TYPE = "_SMS.OPTOUT"
_ENDPOINTS = uuid.UUID("5f1d7c5e-8a52-4f0e-9d0a-3f0b1f6e2c11")
"""As for other messages of which no endpoint is known: `translation/context.py` of the service."""


def opt_out_event(message: Inbound, application_id: str, account_id: str) -> Event:
    """The event; the same for the same message. As in Pinpoint's, who texted is the destination and our number the
    origination, for it is about the message that was answered."""
    message_id = message.answered_id or message.message_id
    moment = round(datetime.fromisoformat(message.at).timestamp() * 1000)
    attributes = {
        "sender_request_id": message_id,
        "message_id": message_id,
        "record_status": "OPTED_OUT",
        "number_of_message_parts": "1",
        "destination_phone_number": message.number,
    }
    if message.destination:
        attributes["origination_phone_number"] = message.destination
    return envelope(
        EVENT_TYPE,
        application_id=application_id,
        account_id=account_id,
        endpoint_id=str(uuid.uuid5(_ENDPOINTS, message_id)),
        happened=moment,
        arrived=moment,
        identity=message.message_id,
        attributes=attributes,
    )
