"""The longest text that End User Messaging takes: 1,530 characters where all are in GSM's alphabet, 630 otherwise.

Source: AWS End User Messaging SMS User Guide, "SMS character limits": a character of GSM's extension table counts twice, and so does one
beyond the Basic Multilingual Plane. The functions count alike (handlers/shared/message_parts.py); a test holds both together.
"""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
LONGEST_GSM, LONGEST_OTHER = 1530, 630


def sendable_length(text: str) -> str:
    """The text. Raises ValueError where it is too long."""
    in_gsm = (BASIC | EXTENSION).issuperset(text)
    size = sum(2 if (character in EXTENSION if in_gsm else ord(character) > 0xFFFF) else 1 for character in text)
    longest = LONGEST_GSM if in_gsm else LONGEST_OTHER
    if size > longest:
        kind = "" if in_gsm else ", of which some are not in GSM's alphabet"
        raise ValueError(f"has {size:,} characters{kind}; allowed are {longest:,}")
    return text
