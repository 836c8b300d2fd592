"""The reply to a mail: whom it goes to, and what it says. Nothing of the mail's text can become markup or a header."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from handlers.ses_auto_reply.headers import Mailbox, mailboxes, readable, usable_address
from handlers.ses_auto_reply.receipt import Received
from handlers.ses_auto_reply.template import Template
from handlers.shared.addresses.email_addresses import NoMailboxError, mailbox
from handlers.shared.addresses.normal_form import EMAIL, same_address

SUBJECT_CHARACTERS = 900
"""RFC 5322 allows lines of 998 characters."""
NAME_CHARACTERS = 300
HEADER_CHARACTERS = 900
"""SES allows 996 for a header's name and value together."""
_TAG = re.compile(r"%%(NAME|ID)%%")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+@[!-;=?-~]+>")


class UnanswerableError(ValueError):
    """The mail cannot be answered, now or later. The text says why, without personal data."""


@dataclass(frozen=True)
class Reply:
    """What is sent. to: an address without a name. headers: all of one line and ASCII, as SES asks."""

    to: str
    sender: str
    subject: str
    html: str
    text: str
    headers: Mapping[str, str]


def correspondent(mail: Received) -> Mailbox:
    """Whom the reply goes to: the author.

    Of several authors one: whom Sender names, else the envelope, else the first. Raises UnanswerableError.
    """
    authors = mailboxes(mail.values("from"))
    if not authors:
        raise UnanswerableError(
            "the From field holds no address that mail can be sent to" if mail.values("from") else "there is no From"
        )
    if len(authors) > 1:
        preferred = [mailbox.address for mailbox in mailboxes(mail.values("sender"))] + [mail.source or ""]
        for address in preferred:
            for author in authors:
                if same_address(EMAIL, author.address, address):
                    return author
    return authors[0]


def compose(mail: Received, to: Mailbox, template: Template, sender: str) -> Reply:
    """The reply by the template. sender: empty = the address that the mail was sent to. Raises UnanswerableError."""
    values = {
        "NAME": str(Mailbox(to.name[:NAME_CHARACTERS], to.address)),
        "ID": mail.message_id.removesuffix("@amazon.com"),
    }
    original = readable(next(iter(mail.values("subject")), ""))
    subject = f"{readable(_filled(template.subject, values))} {original}".strip()
    escaped = {name: html.escape(value) for name, value in values.items()}
    return Reply(
        to=to.address,
        sender=_sendable(sender) if sender else _sent_to(mail),
        subject=subject[:SUBJECT_CHARACTERS],
        html=_filled(template.html, escaped),
        text=_filled(template.text, values),
        headers=_headers(mail),
    )


def _sendable(sender: str) -> str:
    try:
        return mailbox(sender)
    except NoMailboxError as error:
        raise UnanswerableError(f"the configured sender {error}") from error


def _filled(text: str, values: Mapping[str, str]) -> str:
    """In one pass, so that a name that holds a tag stays that name."""
    return _TAG.sub(lambda tag: values[tag[1]], text)


def _sent_to(mail: Received) -> str:
    for recipient in mail.recipients:
        if usable := usable_address(recipient):
            return usable
    raise UnanswerableError("the receipt names no address that the mail was sent to, and no sender is configured")


def _headers(mail: Received) -> dict[str, str]:
    """Marks of an automatic reply (RFC 3834 section 3.1, and what older responders heed), and of the thread."""
    marks = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All", "Precedence": "bulk"}
    answered = _message_ids(mail.values("message-id"))[:1]
    if not answered or len(answered[0]) > HEADER_CHARACTERS:
        return marks
    thread = _message_ids(mail.values("references")) or _message_ids(mail.values("in-reply-to"))[:1]
    references = [*(found for found in thread if found != answered[0]), *answered]
    while len(" ".join(references)) > HEADER_CHARACTERS:  # the first and the newest say most
        references.pop(1 if len(references) > 2 else 0)
    return {**marks, "In-Reply-To": answered[0], "References": " ".join(references)}


def _message_ids(values: list[str]) -> list[str]:
    return [found for value in values for found in _MESSAGE_ID.findall(value)]
