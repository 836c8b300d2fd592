"""Encoding and parts of a text message, as carriers count them.

Source: 3GPP TS 23.038 (GSM 7-bit default alphabet and its extension table) and TS 23.040 (concatenated messages).
"""

import math
import re

GSM, UNICODE = "GSM", "Unicode"
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
"""Characters that take two places: an escape, then the character."""
WHOLE, PART = {GSM: 160, UNICODE: 70}, {GSM: 153, UNICODE: 67}
"""Places in a message of one part, and in each of several: the rest is the header that joins them."""

LONGEST = {GSM: 1530, UNICODE: 630}
"""Places in the longest message that the service takes. Source: AWS End User Messaging SMS User Guide, "SMS character
limits"; the API's model says 1,600 of whatever characters."""

_ENCODABLE = re.compile(f"[{re.escape(BASIC + EXTENSION)}]*")
_DOUBLE = re.compile(f"[{re.escape(EXTENSION)}]")


def counted(body: str) -> tuple[str, int]:
    """The encoding ("GSM" or "Unicode") and the number of parts. A character beyond the BMP takes two places of UCS-2.

    A character of two places is never split over two parts.
    """
    encoding, doubles = _doubles(body)
    if len(body) + doubles <= WHOLE[encoding]:
        return encoding, 1
    if not doubles:
        return encoding, math.ceil(len(body) / PART[encoding])
    parts, used = 1, 0
    for character in body:
        places = 2 if (character in EXTENSION if encoding == GSM else character > "\uffff") else 1
        if used + places > PART[encoding]:
            parts, used = parts + 1, 0
        used += places
    return encoding, parts


def excess(body: str) -> str:
    """Why the service refuses the text for its length; "" where it does not."""
    encoding, doubles = _doubles(body)
    places = len(body) + doubles
    if places <= LONGEST[encoding]:
        return ""
    return f"MessageBody has {places} {encoding} characters; 1 to {LONGEST[encoding]} are allowed"


def _doubles(body: str) -> tuple[str, int]:
    """The encoding, and how many characters take two places."""
    if _ENCODABLE.fullmatch(body):
        return GSM, len(_DOUBLE.findall(body))
    return UNICODE, sum(character > "\uffff" for character in body)
