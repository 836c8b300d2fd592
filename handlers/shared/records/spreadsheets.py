"""Values in files that people open in a spreadsheet."""

from __future__ import annotations

import re

_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"[+-]?\d[\d.,]*", re.ASCII)


def inert(value: str) -> str:
    """The value, with an apostrophe before it where a spreadsheet would take it for a formula; numbers stay as they are.

    Source: OWASP, "CSV Injection".
    """
    if value.lstrip(" ").startswith(_ACTIVE) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
