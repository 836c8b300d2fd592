"""A message as its recipient sees it: a mail by its headers and its best body, anything else as a text."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage

from sandbox.world.outbox import Message

LARGEST = 2_000_000
"""Characters of a body that are shown; Gmail's own limit for what it takes to be a mail to read is far below."""


@dataclass(frozen=True)
class Seen:
    """channel, sender, to, time: as the outbox has them. html: a mail's body for a frame; else `text`. note: what is not shown."""

    channel: str
    sender: str
    to: str
    time: str
    subject: str = ""
    html: str = ""
    text: str = ""
    files: tuple[str, ...] = ()
    note: str = ""


def seen(message: Message) -> Seen:
    """What the recipient of a message sees. A mail that cannot be read is shown as it was sent."""
    if message.channel != "EMAIL" or not message.raw:
        parts = f"{message.parts} parts, {message.encoding}" if message.parts > 1 else ""
        return Seen(*_envelope(message), subject=message.subject, text=message.body, note=parts)
    try:
        return _mail(
            message, email.message_from_bytes(message.raw.encode("utf-8", "replace"), policy=email.policy.default)
        )
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        text, note = _cut(message.raw)
        reason = f"the mail cannot be read ({type(error).__name__}): shown as it was sent"
        return Seen(
            *_envelope(message), subject=message.subject, text=text, note=" · ".join(filter(None, (reason, note)))
        )


def _mail(message: Message, mail: EmailMessage) -> Seen:
    best = mail.get_body(("html", "plain"))
    content = _content(best) if isinstance(best, EmailMessage) else ""
    body, note = _cut(content)
    is_html = best is not None and best.get_content_type() == "text/html"
    _, *envelope = _envelope(message)
    return Seen(
        message.channel,
        str(mail["From"] or envelope[0]),
        *envelope[1:],
        subject=str(mail["Subject"] or ""),
        html=body if is_html else "",
        text="" if is_html else body,
        files=tuple(_files(mail.iter_attachments())),
        note=note,
    )


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except LookupError:  # a character set that does not exist
        payload = part.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else str(payload)


def _files(parts: Iterable[object]) -> Iterable[str]:
    for part in parts:
        if isinstance(part, EmailMessage):
            yield part.get_filename() or part.get_content_type()


def _cut(text: str) -> tuple[str, str]:
    if len(text) <= LARGEST:
        return text, ""
    return text[:LARGEST], f"the first {LARGEST:,} of {len(text):,} characters; sandbox outbox --json has all"


def _envelope(message: Message) -> tuple[str, str, str, str]:
    return message.channel, message.sender, message.to, message.time
