"""Emails by Amazon SES v2's SendBulkEmail: up to 50 messages a call, each with its own recipient, values, headers and tags.

The texts are ours, rendered before; SES must not change a letter of them. Its inline templates know simple substitutions alone
(API reference, `EmailTemplateContent`: `{{#if}}` is refused), and whether a substituted value is escaped is not certain: the
Developer Guide says that SES does not escape HTML, of templates that are stored; Handlebars, on which it is based, escapes within
two braces. So a message fits a call only in a form that every such engine prints alike:

- what is the same for all stands in the template, and holds no `{{`;
- a value stands at `{{name}}` only where it has none of the characters that an engine escapes or reads (`PLAIN`);
- what else differs is part of the template, so that messages which differ in it go by different calls.

What fits no form is sent by SendEmail, which takes every text as it is.

Limits: SendBulkEmail's API reference, "Using templates to send personalized email" (an inline request has at most 1 MB), `MessageHeader`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.messages.email import HEADERS, EmailSender, message_tags
from handlers.shared.addresses.email_addresses import NoMailboxError, deliverable, mailbox
from handlers.shared.aws_errors import code_of
from handlers.shared.compact_json import compact_json
from handlers.shared.logging import logger
from handlers.shared.messages import result as results
from handlers.shared.messages.failures import failure, no_answer
from handlers.shared.messages.result import DeliveryResult, sent
from handlers.shared.templates.renderer import Pieces

MOST = 50
REQUEST_BYTES = 1_000_000
DATA_CHARACTERS = 262_144
PLAIN = re.compile(r"""[^\x00-\x1f\x7f&<>"'`={}\\]+""")
"""Values that no engine changes: without what Handlebars escapes, without braces, and not empty."""
HEADER_NAME, HEADER_VALUE = re.compile(r"[!-9;-@A-~]{1,126}"), re.compile(r"[ -~]{1,995}")
HEADER_CHARACTERS = 996

STATUSES = {
    "MESSAGE_REJECTED": results.PERMANENT_FAILURE,
    "MAIL_FROM_DOMAIN_NOT_VERIFIED": results.PERMANENT_FAILURE,
    "CONFIGURATION_SET_NOT_FOUND": results.PERMANENT_FAILURE,
    "ACCOUNT_SUSPENDED": results.PERMANENT_FAILURE,
    "INVALID_SENDING_POOL_NAME": results.PERMANENT_FAILURE,
    "ACCOUNT_SENDING_PAUSED": results.PERMANENT_FAILURE,
    "CONFIGURATION_SET_SENDING_PAUSED": results.PERMANENT_FAILURE,
    "FAILED": results.PERMANENT_FAILURE,
    "ACCOUNT_THROTTLED": results.THROTTLED,
    "ACCOUNT_DAILY_QUOTA_EXCEEDED": results.THROTTLED,
    "TRANSIENT_FAILURE": results.TEMPORARY_FAILURE,
}
"""What a `BulkEmailStatus` but SUCCESS means, as the same trouble does that SendEmail tells by an error."""
STATUS_CODES = {results.THROTTLED: 429, results.TEMPORARY_FAILURE: 500, results.PERMANENT_FAILURE: 400}
ASK_ALONE = ("INVALID_PARAMETER", "TEMPLATE_NOT_FOUND")
"""Statuses that may be about the form of the call: certainly not sent, and SendEmail may yet take the message."""
OF_ALL = ("AccountSuspendedException", "SendingPausedException", "MailFromDomainNotVerifiedException")
"""Refusals that every message of the sender meets, by whichever call."""
NOT_ALLOWED = "AccessDeniedException"


class Layout(NamedTuple):
    """What the messages of one call share: the sender ("" for the default one), and the template."""

    from_address: str
    subject: str
    html: str
    text: str


class Entry(NamedTuple):
    """One message of a call. values: of the template's variables."""

    address: str
    values: Mapping[str, str]
    headers: Sequence[tuple[str, str]] = ()
    tags: Mapping[str, str] | None = None

    def request(self) -> dict[str, Any]:
        """As a BulkEmailEntry. All tags are each message's own: whether default ones are added to them is not documented."""
        entry: dict[str, Any] = {
            "Destination": {"ToAddresses": [self.address]},
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": _data(self.values)}},
        }
        if self.headers:
            entry["ReplacementHeaders"] = [{"Name": name, "Value": value} for name, value in self.headers]
        if self.tags:
            entry["ReplacementTags"] = message_tags(self.tags)
        return entry


def fitted(
    address: str,
    *,
    subject: Pieces,
    html: Pieces,
    text: Pieces,
    from_address: str | None,
    headers: Sequence[tuple[str, str]],
    tags: Mapping[str, str] | None,
) -> tuple[Layout, Entry] | None:
    """A message in the form of SendBulkEmail; None where it has none, and SendEmail is to take it, or to say what is wrong with it."""
    if not 0 < len(html.text) + len(text.text) <= REQUEST_BYTES:
        return None
    if re.search(r"[\r\n]", subject.text) or not _headers_fit(headers):
        return None
    values: dict[str, str] = {}
    templates = [_template(pieces, name, values) for name, pieces in (("s", subject), ("h", html), ("t", text))]
    if None in templates or len(_data(values)) > DATA_CHARACTERS:
        return None
    try:
        entry = Entry(deliverable(address if isinstance(address, str) else ""), values, headers, tags)
    except NoMailboxError:
        return None
    return Layout(from_address or "", *map(str, templates)), entry


class BulkEmailSender:
    """Sends messages that share a layout; what concerns one message is its result, never an exception."""

    def __init__(self, email: EmailSender, *, is_allowed: bool = True) -> None:
        """is_allowed: whether the role may send so, as far as is known."""
        self._email = email
        self._is_allowed = is_allowed

    def parcels(self, layout: Layout, entries: Sequence[Entry]) -> Iterator[list[int]]:
        """The places of the entries in as few groups as the API's limits allow. An entry that fits no call is in none of them."""
        if not self._is_allowed:
            return
        try:
            room = REQUEST_BYTES - len(json.dumps(self._request(layout, [])))
        except NoMailboxError:  # which SendEmail tells
            return
        parcel: list[int] = []
        left = room
        for place, entry in enumerate(entries):
            size = len(json.dumps(entry.request())) + 2
            if size > room:
                continue
            if size > left or len(parcel) == MOST:
                yield parcel
                parcel, left = [], room
            parcel.append(place)
            left -= size
        if parcel:
            yield parcel

    def send(self, layout: Layout, entries: Sequence[Entry]) -> list[DeliveryResult | None]:
        """One call. The result of each entry, in their order; None: certainly not sent, and SendEmail may take it.

        One entry for which the call is refused must not keep the others from their message, so a call that is refused for good has
        results None, unless what is wrong concerns all that the sender sends.
        """
        try:
            answer = self._email.client.send_bulk_email(**self._request(layout, [entry.request() for entry in entries]))
        except ClientError as error:
            outcome, code = failure(error, several=True), code_of(error)
            if outcome.status != results.PERMANENT_FAILURE or code in OF_ALL:
                return [outcome] * len(entries)
            self._is_allowed = self._is_allowed and code != NOT_ALLOWED
            return self._alone(len(entries), code)
        except BotoCoreError as error:
            outcome = no_answer(error)
            if outcome.status != results.PERMANENT_FAILURE:
                return [outcome] * len(entries)
            return self._alone(len(entries), type(error).__name__)
        told = answer.get("BulkEmailEntryResults") or []
        if len(told) != len(entries):  # whose result each one is cannot be told
            logger.error("results do not match", extra={"messages": len(entries), "results": len(told)})
            unknown = f"SES told {len(told)} results of {len(entries)} messages"
            return [DeliveryResult(results.UNKNOWN_FAILURE, 500, unknown)] * len(entries)
        return [_result(one) for one in told]

    def _request(self, layout: Layout, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Raises NoMailboxError for a sender that SES does not take."""
        content = {"Subject": layout.subject, "Html": layout.html, "Text": layout.text}
        content = {name: text for name, text in content.items() if text or name == "Subject"}
        request: dict[str, Any] = {
            "FromEmailAddress": mailbox(layout.from_address or self._email.from_address),
            "DefaultContent": {"Template": {"TemplateContent": content, "TemplateData": _data({})}},
            "BulkEmailEntries": list(entries),
        }
        if self._email.configuration_set:
            request["ConfigurationSetName"] = self._email.configuration_set
        return request

    @staticmethod
    def _alone(messages: int, reason: str) -> list[DeliveryResult | None]:
        logger.warning(
            "SendBulkEmail is refused, the messages go one by one", extra={"messages": messages, "reason": reason}
        )
        return [None] * messages


def _result(told: Mapping[str, Any]) -> DeliveryResult | None:
    """The delivery result of a BulkEmailEntryResult. Of a status that is not known, it is not known whether the message was sent."""
    status = told.get("Status") or ""
    if status == "SUCCESS":
        return sent(told.get("MessageId") or "")
    if status in ASK_ALONE:
        return None
    meaning = STATUSES.get(status, results.UNKNOWN_FAILURE)
    return DeliveryResult(meaning, STATUS_CODES.get(meaning, 500), f"{status}: {told.get('Error') or ''}")


def _template(pieces: Pieces, name: str, values: dict[str, str]) -> str | None:
    """The text as an inline template of SES; None where it cannot be one. values: gets those of its variables."""
    written: list[str] = []
    literal, behind = "", False  # the text since the last variable, and whether there is one before it
    for place, part in enumerate(pieces.parts):
        if place not in pieces.own or not PLAIN.fullmatch(part):
            literal += part
            continue
        if not _is_literal(literal, behind=behind) or literal.endswith(("{", "\\")):
            return None
        variable = f"{name}{place}"
        values[variable] = part
        written += (literal, "{{", variable, "}}")
        literal, behind = "", True
    if not _is_literal(literal, behind=behind):
        return None
    return "".join((*written, literal))


def _is_literal(text: str, *, behind: bool) -> bool:
    """Whether a template prints the text as it is. behind: it follows a variable."""
    return "{{" not in text and not (behind and text.startswith("}"))


def _headers_fit(headers: Sequence[tuple[str, str]]) -> bool:
    names = {name.lower() for name, _ in headers}
    return len(names) == len(headers) <= HEADERS and all(
        HEADER_NAME.fullmatch(name)
        and HEADER_VALUE.fullmatch(value)
        and len(name) + len(value) <= HEADER_CHARACTERS
        and "{{" not in value
        for name, value in headers
    )


def _data(values: Mapping[str, str]) -> str:
    return compact_json(values)
