"""An address as somebody wrote it, without what nobody sees around it. So it is stored, and so it is sent to."""

from __future__ import annotations

import string

_SPACES = "\u0085\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
_WITHOUT_WIDTH = (
    "\u00ad\u061c\u180e\ufeff"  # soft hyphen, Arabic letter mark, Mongolian vowel separator, byte order mark
    + "".join(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))))  # joiners, directions
    + "".join(map(chr, range(0xFE00, 0xFE10)))  # variation selectors
)
_CONTROLS = "".join(map(chr, (*range(0x20), 0x7F, *range(0x80, 0xA0))))
_UNSEEN = string.whitespace + _CONTROLS + _SPACES + _WITHOUT_WIDTH
_EACH = frozenset(_UNSEEN)


def trimmed(address: str) -> str:
    """The address without white space, control characters and characters of no width before and behind it."""
    if address and address[0] not in _EACH and address[-1] not in _EACH:
        return address  # str.strip with so many characters costs ten times as much
    return address.strip(_UNSEEN)
