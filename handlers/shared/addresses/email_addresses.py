"""Email addresses: how they are compared, and in which form Amazon SES takes them.

Source: Amazon SES API v2, Destination and SendEmail: SES has no SMTPUTF8 (RFC 6531), so that a local part is of ASCII, a
domain beyond ASCII is Punycode, and a name beyond ASCII is an encoded word (RFC 2047).
"""

from __future__ import annotations

import re
import unicodedata
from email.header import Header
from email.utils import formataddr, getaddresses

from handlers.shared.addresses.domains import ascii_domain
from handlers.shared.addresses.written import trimmed

LONGEST = 254
"""Characters of an address in an envelope (RFC 5321 section 4.5.3.1.3, without the angle brackets)."""
_PART = re.compile(r"[!-;=?A-~]+")
"""Printable ASCII but `<`, `>`, `@`: what else is wrong with it SES says better."""


class NoMailboxError(ValueError):
    """The text is no address that SES takes. The message says why, without the text."""


def comparable(address: str) -> str:
    """The normal form: trimmed, the local part in lower case, the domain in ASCII. What is no address is trimmed and in
    lower case."""
    text = trimmed(address)
    if text.isascii():
        return text.lower()
    local, at, domain = text.rpartition("@")
    known = ascii_domain(domain) if at else ""
    return f"{_lower(local)}@{known}" if known else _lower(text)


def deliverable(address: str) -> str:
    """The address as mail can be sent to it: an ASCII local part as it was written, the domain in ASCII and lower case.

    Raises NoMailboxError.
    """
    local, _, domain = trimmed(address).rpartition("@")
    if not local or not domain:
        raise NoMailboxError("is not an email address")
    if not local.isascii():
        raise NoMailboxError("has characters beyond ASCII before its @, which Amazon SES cannot send to")
    host = domain if domain.isascii() else ascii_domain(domain)
    if not host:
        raise NoMailboxError("has no domain behind its @ that is valid by IDNA 2008")
    if not _PART.fullmatch(local) or not _PART.fullmatch(host):
        raise NoMailboxError("is not an email address")
    if len(local) + 1 + len(host) > LONGEST:
        raise NoMailboxError(f"is longer than {LONGEST} characters")
    return f"{local}@{host}"


def mailbox(text: str) -> str:
    """`address` or `Name <address>` in the form that SES takes: one address, the name as an encoded word where it is
    beyond ASCII. Raises NoMailboxError."""
    name, address = named(text)
    sendable = deliverable(address)
    if not name:
        return sendable
    if name.isascii():
        return formataddr((name, sendable))
    # Header folds long names; a field's value here is one line.
    encoded = Header(name, "utf-8", maxlinelen=75).encode(linesep="").replace("\n", "")
    return f"{encoded} <{sendable}>"


def named(text: str) -> tuple[str, str]:
    """(name, address) of a text that names exactly one mailbox. Raises NoMailboxError."""
    written = trimmed(text)
    if any(unicodedata.category(character) == "Cc" for character in written):
        raise NoMailboxError("holds control characters")
    found = getaddresses([written])
    if len(found) != 1 or "@" not in found[0][1]:
        raise NoMailboxError("is not one address, or Name <address> with a name that has commas in quotes")
    name, address = found[0]
    if "<" in written and f"<{address}>" not in written.replace(" ", ""):
        raise NoMailboxError("is not one address, or Name <address>")
    return name, address


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", text).lower()
