"""Domain names in ASCII, by IDNA 2008 (RFC 5891) after the mapping of UTS #46: `faß.de` is `xn--fa-hia.de`.

Python's codec `idna` is IDNA 2003, by which it would be `fass.de`, somebody else's domain.
"""

from __future__ import annotations

import re
from functools import lru_cache

_LONGEST = 253
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")


def ascii_domain(domain: str) -> str:
    """The domain as DNS and SMTP know it, in lower case; "" where the text is no domain name of two labels or more."""
    name = domain if domain.isascii() else _encoded(domain)
    return name.lower() if len(name) <= _LONGEST and _HOST_NAME.fullmatch(name) else ""


def readable_domain(domain: str) -> str:
    """The domain with its Punycode labels in their own script; as it is where it has none, or where one is not valid."""
    if "xn--" not in domain:
        return domain
    import idna  # noqa: PLC0415  see below

    try:
        return idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain


@lru_cache(maxsize=4096)
def _encoded(domain: str) -> str:
    import idna  # noqa: PLC0415  a tenth of a second that only names beyond ASCII need

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
