"""How many parts carriers make of a text, and count it as: GSM 03.38 characters where all are in it, else UCS-2.

Source: AWS End User Messaging SMS User Guide, "SMS character limits": 160 or 70 characters in one part, 153 or 67 each in
several. A character of GSM's extension table counts twice, one beyond the Basic Multilingual Plane (most emoji) two
in UCS-2; neither is divided between parts.
"""

from __future__ import annotations

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION
_GSM_PARTS = (160, 153)
_UCS2_PARTS = (70, 67)
LONGEST_GSM = 1530
LONGEST_OTHER = 630
"""Characters of the longest text that End User Messaging takes, counted as above (its page "SMS character limits"; the
model of SendTextMessage says 1,600)."""


def message_parts(text: str) -> int:
    """The number of parts, at least 1."""
    alone, each = _GSM_PARTS if _GSM.issuperset(text) else _UCS2_PARTS
    return 1 if 2 * len(text) <= alone else _count(_sizes(text), alone, each)


def encoding(text: str) -> str:
    """`GSM`, or `UCS-2` where a character is not in GSM's alphabet."""
    return "GSM" if _GSM.issuperset(text) else "UCS-2"


def excess(text: str) -> str:
    """What is wrong with the length of a text that End User Messaging refuses as too long; "" where it takes it."""
    if len(text) <= LONGEST_OTHER // 2:
        return ""
    in_gsm, size = _GSM.issuperset(text), sum(_sizes(text))
    longest = LONGEST_GSM if in_gsm else LONGEST_OTHER
    if size <= longest:
        return ""
    kind = "" if in_gsm else ", of which some are not in GSM's alphabet"
    return f"has {size:,} characters{kind}; allowed are 1 to {longest:,}"


def _sizes(text: str) -> list[int]:
    if _GSM.issuperset(text):
        return [2 if character in _EXTENSION else 1 for character in text]
    return [2 if ord(character) > 0xFFFF else 1 for character in text]


def _count(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts
