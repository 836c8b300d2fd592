"""Delivery events of text messages, in the service's JSON.

Source: AWS End User Messaging SMS User Guide, "Event types" and "SMS and MMS simulator phone numbers".
"""

import time
from typing import Any

import phonenumbers

from sandbox.world.outbox import Message

FAILING = "+14254147167"
"""The simulator's number to which nothing can be delivered."""
PRICE = 0.00645
"""Dollars a part."""
ENDS = {
    "TEXT_DELIVERED": ("DELIVERED", "Message has been accepted by phone"),
    "TEXT_BLOCKED": ("BLOCKED", "Phone has blocked SMS"),
    "TEXT_INVALID": ("INVALID", "Phone number is not valid"),
}


def text_events(sent: Message, message_type: str) -> list[dict[str, Any]]:
    """What becomes of a text message: first that it was queued, then how it ended."""
    number, parts = sent.to, sent.parts
    requested = int(time.time() * 1000)
    country, exists = _country(number)
    common = {
        "eventVersion": "1.0",
        "originationPhoneNumber": sent.sender,
        "destinationPhoneNumber": number,
        "isoCountryCode": country,
        "messageId": sent.message_id,
        "messageRequestTimestamp": requested,
        "messageEncoding": sent.encoding,
        "messageType": message_type,
        "context": sent.context,
        "totalMessageParts": parts,
        "totalMessagePrice": round(PRICE * parts, 6),
        "totalCarrierFee": 0.0,
    }
    end = "TEXT_INVALID" if not exists else "TEXT_BLOCKED" if number == FAILING else "TEXT_DELIVERED"
    status, description = ENDS[end]
    queued = {"messageStatus": "QUEUED", "messageStatusDescription": "Message is queued"}
    return [
        {"eventType": "TEXT_QUEUED", "eventTimestamp": requested, "isFinal": False, **queued, **common},
        {
            "eventType": end,
            "eventTimestamp": requested + 1,
            "isFinal": True,
            "messageStatus": status,
            "messageStatusDescription": description,
            **common,
        },
    ]


def _country(number: str) -> tuple[str, bool]:
    """The country of a number ("" where it is of none), and whether its calling code exists."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or "", True
    except phonenumbers.NumberParseException:
        return "", False
