"""When two addresses are one: the normal form of each channel, by which addresses are compared, indexed and hashed.

| channel | normal form |
|---|---|
| EMAIL | trimmed; the local part in lower case, the domain in its ASCII form (IDNA 2008) |
| SMS, VOICE | trimmed; nothing is read into it: a number that is not E.164 is equal to none that is |
| all others | trimmed: tokens and ids tell upper from lower case |

An address that is in its normal form has the keys and digests that tables have held for it since the first release.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from handlers.shared.addresses.domains import readable_domain
from handlers.shared.addresses.email_addresses import comparable
from handlers.shared.addresses.written import trimmed

EMAIL = "EMAIL"
_FINGERPRINT = 16


def normal_form(channel_type: str | None, address: str) -> str:
    """The form by which addresses of the channel are compared."""
    return comparable(address) if channel_type == EMAIL else trimmed(address)


def is_normal(channel_type: str | None, address: str) -> bool:
    """Whether the address is in its normal form."""
    return normal_form(channel_type, address) == address


def same_address(channel_type: str | None, one: str, other: str) -> bool:
    """Whether a message to one address of the channel reaches the same mailbox, phone or device as one to the other."""
    return one == other or normal_form(channel_type, one) == normal_form(channel_type, other)


def forms(channel_type: str | None, address: str) -> tuple[str, ...]:
    """The forms by which tables may hold the address: the normal form first, then those of earlier releases where they
    differ (email in lower case with its domain as it was written, all else as it was written)."""
    normal = normal_form(channel_type, address)
    if channel_type != EMAIL:
        return tuple(dict.fromkeys((normal, address)))
    local, at, domain = normal.rpartition("@")
    return tuple(dict.fromkeys((normal, address.lower(), f"{local}{at}{readable_domain(domain)}")))


def by_normal_form(channel_type: str | None, addresses: Iterable[str]) -> dict[str, list[str]]:
    """The addresses as they were given, by normal form."""
    found: dict[str, list[str]] = {}
    for address in addresses:
        found.setdefault(normal_form(channel_type, address), []).append(address)
    return found


def digest(channel_type: str | None, address: str) -> str:
    """What stands for the address where a table must hold no personal data."""
    return hashlib.sha256(
        f"{channel_type or ''}\0{normal_form(channel_type, address)}".encode(errors="surrogatepass")
    ).hexdigest()


def fingerprint(address: str) -> str:
    """What tells whether an address, as it is stored, is still the one that was read: 16 hexadecimal digits."""
    return hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()[:_FINGERPRINT]
