"""Mail that SES receives, and what it tells of it.

Source: Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving" and "Lambda function input
events". `headers` have the values as they came, unfolded, encoded words (RFC 2047) and all; `commonHeaders` are decoded.
"""

import email.utils
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import Any

from sandbox.repairs.ses_mail import EICAR, now

GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""The text that every spam filter takes for spam, by agreement."""
PASS, FAIL, GRAY, PROCESSING_FAILED, DISABLED = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED")
STATUSES = (PASS, FAIL, GRAY, PROCESSING_FAILED)
VERDICTS = ("spam", "virus", "spf", "dkim", "dmarc")
SCANNED = ("spam", "virus")
"""The verdicts that a rule gets only with its scan on."""
HEADERS_LIMIT = 10 * 1024
"""Bytes of headers that are told; beyond, they are truncated."""
RELAY = "mail.example.net"


class NoMailError(Exception):
    """Why bytes are no mail that SES would take."""


@dataclass
class Received:
    """One mail as it came. sender: the envelope's, "" for the null sender (a bounce). recipients: the envelope's."""

    raw: bytes
    sender: str
    recipients: list[str]
    verdicts: dict[str, str]
    message_id: str = field(
        default_factory=lambda: "".join(secrets.choice(string.digits + "abcdefghijklmnopqrstuv") for _ in range(40))
    )
    time: str = field(default_factory=now)
    added: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._fields = fields_of(self.raw)
        stamp = email.utils.format_datetime(datetime.now(UTC))
        received = f"from {RELAY} ({RELAY} [192.0.2.1]) by inbound-smtp.us-east-1.amazonaws.com with SMTP id "
        domain = (self.sender or self.recipients[0]).rpartition("@")[2]
        spf, dkim, dmarc = (self.verdicts[name].lower() for name in ("spf", "dkim", "dmarc"))
        self._trace = [
            ("Return-Path", f"<{self.sender}>"),
            ("Received", f"{received}{self.message_id} for {self.recipients[0]}; {stamp}"),
            ("X-SES-Spam-Verdict", self.verdicts["spam"]),
            ("X-SES-Virus-Verdict", self.verdicts["virus"]),
            ("Authentication-Results", f"amazonses.com; spf={spf}; dkim={dkim}; dmarc={dmarc} header.from={domain};"),
        ]

    def headers(self) -> list[tuple[str, str]]:
        """All headers in order, unfolded: SES's trace, then the mail's own, then what rules added."""
        own = [(name, value) for name, value in self._fields if name.lower() != "return-path"]
        return [*self._trace, *own, *self.added]

    def content(self) -> bytes:
        """The mail with SES's own headers, as actions hand it on."""
        trace = "".join(f"{name}: {value}\r\n" for name, value in [*self._trace, *self.added])
        return trace.encode() + self.raw

    def described(self) -> dict[str, Any]:
        """The `mail` object."""
        told, size = [], 0
        headers = self.headers()
        for name, value in headers:
            size += len(name) + len(value.encode()) + 4
            if size > HEADERS_LIMIT:
                break
            told.append({"name": name, "value": value})
        return {
            "timestamp": self.time,
            "source": self.sender,
            "messageId": self.message_id,
            "destination": self.recipients,
            "headersTruncated": len(told) < len(headers),
            "headers": told,
            "commonHeaders": self._common(),
        }

    def _common(self) -> dict[str, Any]:
        common: dict[str, Any] = {"returnPath": self.sender}
        for name, key in (("From", "from"), ("To", "to"), ("Cc", "cc"), ("Reply-To", "replyTo"), ("Sender", "sender")):
            if addresses := _addresses(values_of(self._fields, name)):
                common[key] = addresses[0] if key == "sender" else addresses
        for name, key in (("Date", "date"), ("Message-ID", "messageId"), ("Subject", "subject")):
            for value in values_of(self._fields, name)[:1]:
                common[key] = _decoded(value)
        return common

    def receipt(self, recipients: list[str], scanned: bool, action: dict[str, str] | None) -> dict[str, Any]:
        """The `receipt` object for a rule. recipients: those that the rule took the mail for."""
        verdicts = {
            f"{name}Verdict": {"status": DISABLED if name in SCANNED and not scanned else self.verdicts[name]}
            for name in VERDICTS
        }
        policy = {"dmarcPolicy": "reject"} if self.verdicts["dmarc"] == FAIL else {}
        more = {"action": action} if action else {}
        return {
            "timestamp": self.time,
            "processingTimeMillis": 42,
            "recipients": recipients,
            **verdicts,
            **policy,
            **more,
        }


def verdicts_of(raw: bytes, given: dict[str, str]) -> dict[str, str]:
    """The verdicts on a mail: those given, else by the texts that filters agree on, else PASS. Raises NoMailError."""
    found: dict[str, str] = dict.fromkeys(VERDICTS, PASS)
    if GTUBE.encode() in raw:
        found["spam"] = FAIL
    if EICAR.encode() in raw:
        found["virus"] = FAIL
    for name, status in given.items():
        if name not in VERDICTS or status not in STATUSES:
            raise NoMailError(f"verdict {name}={status!r} is none of {', '.join(VERDICTS)} with {', '.join(STATUSES)}")
        found[name] = status
    return found


def envelope(raw: bytes, sender: str | None, recipients: Sequence[str]) -> tuple[str, list[str]]:
    """Sender and recipients of a mail file: those given, else Return-Path or From, and To and Cc. Raises NoMailError."""
    fields = fields_of(raw)
    if not fields:
        raise NoMailError("no header: a mail begins with lines like `From: someone@example.org`")
    if sender is None:
        paths = values_of(fields, "Return-Path") or values_of(fields, "From")
        sender = (email.utils.getaddresses(paths[:1]) or [("", "")])[0][1]
    listed = list(recipients)
    if not listed:
        addressed = email.utils.getaddresses([*values_of(fields, "To"), *values_of(fields, "Cc")])
        listed = [address for _, address in addressed if "@" in address]
    if not listed:
        raise NoMailError("the mail names no recipient in To or Cc, and none is given")
    return sender.strip("<>"), listed


def fields_of(raw: bytes) -> list[tuple[str, str]]:
    """The header fields of a mail in order, unfolded. Bytes beyond ASCII are read as UTF-8 (RFC 6532)."""
    parsed = BytesHeaderParser(policy=compat32).parsebytes(raw)
    return [(name, _shown(_unfolded(str(value)))) for name, value in parsed.raw_items()]


def values_of(fields: list[tuple[str, str]], name: str) -> list[str]:
    """The values of the fields of a name, in any case."""
    return [value for field_name, value in fields if field_name.lower() == name.lower()]


def _unfolded(value: str) -> str:
    return " ".join(line.strip() for line in value.splitlines())


def _shown(value: str) -> str:
    """A header in bytes beyond ASCII (RFC 6532) as text; bytes that are no UTF-8 become U+FFFD."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(value: str) -> str:
    try:
        parts = decode_header(value)
        text = "".join(
            part.decode(charset or "ascii", "replace") if isinstance(part, bytes) else part for part, charset in parts
        )
    except (LookupError, ValueError):
        return value
    return text


def _addresses(values: list[Any]) -> list[str]:
    """Addresses with display names, one by one, decoded."""
    found = []
    for name, address in email.utils.getaddresses(values):
        shown = _decoded(name)
        if not address and not shown:
            continue
        found.append(_mailbox(shown, address))
    return found


def _mailbox(name: str, address: str) -> str:
    if not name:
        return address
    special = any(character in name for character in '()<>[]:;@\\,."')
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    shown = f'"{escaped}"' if special else name
    return f"{shown} <{address}>"
