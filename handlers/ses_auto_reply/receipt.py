"""The event with which SES's receipt rule calls a function.

Source: Amazon SES Developer Guide, "Contents of notifications for Amazon SES email receiving" and "Lambda action event".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FAIL = "FAIL"


class UnreadableReceiptError(ValueError):
    """The event is no receipt. The text names the member, without its value."""


@dataclass(frozen=True)
class Received:
    """One received mail. source: the envelope's sender, empty for a bounce, None where the event does not say.

    recipients: the addresses that the rule matched. headers: name in lower case, and values as they came, in order.
    verdicts: `spam`, `virus`, `dmarc` -> PASS, FAIL, GRAY, PROCESSING_FAILED, DISABLED.
    """

    message_id: str
    source: str | None
    recipients: tuple[str, ...]
    headers: Mapping[str, tuple[str, ...]]
    headers_truncated: bool
    verdicts: Mapping[str, str]
    dmarc_policy: str

    def values(self, *names: str) -> list[str]:
        """The values of these header fields (names in lower case)."""
        return [value for name in names for value in self.headers.get(name, ())]


def received(record: Any) -> Received:
    """Reads one record of the event. Raises UnreadableReceiptError."""
    ses = _object(record, "ses")
    mail, receipt = _object(ses, "mail"), _object(ses, "receipt")
    message_id = mail.get("messageId")
    if not isinstance(message_id, str) or not message_id:
        raise UnreadableReceiptError("ses.mail.messageId is missing or no text")
    policy = receipt.get("dmarcPolicy")
    return Received(
        message_id=message_id,
        source=_source(mail),
        recipients=tuple(_texts(receipt.get("recipients"))),
        headers=_headers(mail),
        headers_truncated=mail.get("headersTruncated") is True,
        verdicts={name: _status(receipt.get(f"{name}Verdict")) for name in ("spam", "virus", "dmarc")},
        dmarc_policy=policy.lower() if isinstance(policy, str) else "",
    )


def _object(parent: Any, name: str) -> dict[str, Any]:
    found = parent.get(name) if isinstance(parent, dict) else None
    if not isinstance(found, dict):
        raise UnreadableReceiptError(f"{name} is missing or no object")
    return found


def _source(mail: dict[str, Any]) -> str | None:
    source = mail.get("source")
    return source.strip().removeprefix("<").removesuffix(">").strip() if isinstance(source, str) else None


def _headers(mail: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """All headers; from the common ones those that are missing in the list, which is cut at 10 KB."""
    found: dict[str, list[str]] = {}
    for header in mail.get("headers") or ():
        if isinstance(header, dict) and isinstance(header.get("name"), str) and isinstance(header.get("value"), str):
            found.setdefault(header["name"].strip().lower(), []).append(header["value"])
    common = mail.get("commonHeaders")
    if isinstance(common, dict):
        for member, name in (
            ("from", "from"),
            ("sender", "sender"),
            ("to", "to"),
            ("cc", "cc"),
            ("bcc", "bcc"),
            ("subject", "subject"),
            ("messageId", "message-id"),
            ("returnPath", "return-path"),
        ):
            if name not in found and (values := _texts(common.get(member))):
                found[name] = values
    return {name: tuple(values) for name, values in found.items()}


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _status(verdict: Any) -> str:
    return str(verdict.get("status", "")).upper() if isinstance(verdict, dict) else ""
