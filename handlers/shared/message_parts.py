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


def message_parts(text: str) -> int:
    """The number of parts, at least 1."""
    if _GSM.issuperset(text):
        return _count([2 if character in _EXTENSION else 1 for character in text], *_GSM_PARTS)
    return _count([2 if ord(character) > 0xFFFF else 1 for character in text], *_UCS2_PARTS)


def _count(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > each:
            parts, used = parts + 1, 0
        used += size
    return parts
