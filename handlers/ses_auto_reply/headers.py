"""Header fields of received mail, which anybody can write anything into, as text that is safe to use.

Sources: RFC 5322 (fields and addresses), RFC 2047 (encoded words).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses

from handlers.shared.addresses.domains import ascii_domain
from handlers.shared.addresses.email_addresses import NoMailboxError, deliverable

_FOLD = re.compile(r"[\r\n\0]+[ \t]*")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_ONE_MAILBOX = re.compile(r"\A(?P<name>.*)<\s*(?P<address>[^<>\s\"]+)\s*>\s*\Z", re.DOTALL)
_LIKE_AN_ADDRESS = re.compile(r"[^\s<>,;:\"()@]+@[^\s<>,;:\"()@]+")
_DIRECTIONS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], None)
"""Marks that turn the direction of text, with which a name can show as another one."""


@dataclass(frozen=True)
class Mailbox:
    """name: decoded, on one line; may be empty. address: ASCII, fit for an envelope."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def readable(value: str) -> str:
    """A field's value as a person reads it: unfolded, encoded words decoded, on one line, without control characters."""
    unfolded = _FOLD.sub(" ", value)
    try:
        parts = decode_header(unfolded)
    except (HeaderParseError, ValueError):  # an encoded word that is none
        parts = [(unfolded, None)]
    return _one_line("".join(_decoded(part, charset) for part, charset in parts))


def mailboxes(values: Iterable[str]) -> list[Mailbox]:
    """The mailboxes that address fields name; what is no usable address is left out."""
    return [mailbox for value in values for mailbox in _of_field(_FOLD.sub(" ", value))]


def written_addresses(values: Iterable[str]) -> list[str]:
    """What address fields name, decoded, as it is written there: also what mail cannot be sent to (`ne-pas-répondre@...`).

    Of a field that is none, whatever looks like an address.
    """
    return [address for value in values for address in _written(_FOLD.sub(" ", value))]


def _written(value: str) -> list[str]:
    match = _ONE_MAILBOX.match(value)
    if match and "," not in _QUOTED.sub("", value):
        return [readable(match["address"])]
    found = [readable(address) for _, address in getaddresses([value]) if "@" in address]
    return found or _LIKE_AN_ADDRESS.findall(readable(value))


def _of_field(value: str) -> list[Mailbox]:
    match = _ONE_MAILBOX.match(value)
    if match and "," not in _QUOTED.sub("", value) and (usable := usable_address(match["address"])):
        # What stands before the address is the name, even where it should have been quoted (`<b>Ana</b> <ana@...>`).
        return [Mailbox(readable(_QUOTED.sub(_unquoted, match["name"])), usable)]
    found = ((readable(name), usable_address(address)) for name, address in getaddresses([value]))
    return [Mailbox(name, usable) for name, usable in found if usable]


def _unquoted(quoted: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[0][1:-1])


def usable_address(address: str) -> str:
    """The address as mail can be sent to it, its domain in lower case; empty where it cannot be."""
    try:
        local, _, domain = deliverable(address).rpartition("@")
    except NoMailboxError:
        return ""
    usable = f"{local}@{ascii_domain(domain)}"
    return usable if _ADDRESS.fullmatch(usable) else ""


def _decoded(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:
        return part.decode("raw-unicode-escape", "replace")
    try:
        return part.decode(charset, "replace")
    except LookupError:  # a charset that Python does not know
        return part.decode("ascii", "replace")


def _one_line(text: str) -> str:
    def shown(character: str) -> str:
        kind = unicodedata.category(character)
        if kind in ("Cc", "Zl", "Zp"):
            return " "
        return "\N{REPLACEMENT CHARACTER}" if kind == "Cs" else character

    return " ".join("".join(map(shown, text.translate(_DIRECTIONS))).split())
