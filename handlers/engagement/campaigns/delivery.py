"""Sending a treatment's message to recipients, through the channels of the service."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.content import Content, Mail
from handlers.engagement.messages import bulk_email
from handlers.engagement.messages.bulk_email import BulkEmailSender
from handlers.engagement.messages.email import EmailSender
from handlers.engagement.messages.identity import email_tags, sms_context
from handlers.shared.clients import sending_client
from handlers.shared.logging import logger
from handlers.shared.message_parts import message_parts
from handlers.shared.messages import result as results
from handlers.shared.messages.push import PushSender
from handlers.shared.messages.result import DeliveryResult
from handlers.shared.messages.sms import SmsSender
from handlers.shared.templates.renderer import RenderingError

STATUSES = {
    results.SUCCESSFUL: "SUCCESS",
    results.THROTTLED: "THROTTLED",
    results.TEMPORARY_FAILURE: "TRANSIENT_FAILURE",
    results.PERMANENT_FAILURE: "FAILURE_PERMANENT",
    results.UNKNOWN_FAILURE: "UNKNOWN",
    results.OPT_OUT: "FAILURE_PERMANENT",
}


class Pace:
    """Keeps calls to a rate; `per_second` None: no limit. Safe for threads."""

    def __init__(self, per_second: float | None) -> None:
        self.interval = 1 / per_second if per_second else 0.0
        self._lock = threading.Lock()
        self._next = 0.0

    @property
    def at_once(self) -> float:
        """How many messages may leave together: a second's, at least one."""
        return max(1, int(1 / self.interval)) if self.interval else math.inf

    def wait(self, messages: int = 1) -> None:
        """Returns when the next call is due, which sends so many messages."""
        if not self.interval:
            return
        with self._lock:
            due = max(self._next, time.monotonic())
            self._next = due + messages * self.interval
        time.sleep(max(0.0, due - time.monotonic()))


class AtOnce:
    """How many messages go by one call.

    An account's sending rate may limit what SES takes at once ("Managing your sending limits"), and the rate is not known here. A call that
    is throttled whole halves the number, one of which a part is throttled sets it to what was taken, one that is not raises it by one.
    """

    def __init__(self) -> None:
        self.size = bulk_email.MOST

    def note(self, messages: int, throttled: int) -> None:
        """What became of a call's messages."""
        if not throttled:
            self.size = min(bulk_email.MOST, self.size + 1)
        elif throttled == messages:
            self.size = max(1, min(self.size, messages) // 2)
        else:
            self.size = messages - throttled


class Message(NamedTuple):
    """A rendered message. origination: who a text comes from, "" where the service chooses. parts: of a text; 0 of an email.

    bulk: the message as SendBulkEmail takes it; None where it does not.
    """

    call: Callable[[], DeliveryResult]
    origination: str = ""
    parts: int = 0
    bulk: tuple[bulk_email.Layout, bulk_email.Entry] | None = None


Prepared = tuple[Recipient, Message]


class Delivery:
    """Renders and sends messages. A call that the channel may have taken is never made twice.

    at_once: What was learned of how many emails SES takes by one call; for as long as the delivery is used.
    """

    def __init__(self, environment: Any) -> None:
        # One attempt: no channel has a token by which it would know a call that is made again.
        self.sms = SmsSender(
            environment.sms_origination_identity,
            environment.sms_configuration_set,
            sending_client("pinpoint-sms-voice-v2"),
        )
        self.email = EmailSender(
            environment.email_from_address,
            environment.email_configuration_set,
            sending_client("sesv2"),
        )
        self._bulk = BulkEmailSender(self.email, is_allowed=not environment.email_singly)
        self.at_once = AtOnce()
        self._layout: bulk_email.Layout | None = None
        application_id = environment.push_application_id
        self.push = PushSender(application_id, sending_client("pinpoint") if application_id else None)

    def prepare(self, recipient: Recipient, content: Content, identity: Mapping[str, str]) -> Message | str:
        """The message for one recipient, or the campaign_send_status of one that has none.

        Args:
            identity: What the message's events say of its campaign: ids by name, for SMS context and email tags.
        """
        try:
            return self._prepared(recipient, content, {**identity, "endpoint_id": recipient.id})
        except RenderingError as error:
            logger.warning("message not rendered", extra={"endpoint": recipient.id, "reason": str(error)})
            return "FAILURE_PERMANENT"

    def send(self, recipient: Recipient, message: Message) -> None:
        """Makes the call, once. The recipient's status tells what became of it, `again` whether it certainly was not sent."""
        note(recipient, message.call())

    def together(self, prepared: Sequence[Prepared]) -> Iterator[list[Prepared]]:
        """Groups of two messages or more that fit one call each, in as few as hold them. What fits none is in none."""
        groups: dict[bulk_email.Layout, list[Prepared]] = {}
        for pair in prepared:
            if bulk := pair[1].bulk:
                groups.setdefault(bulk[0], []).append(pair)
        for layout, group in groups.items():
            for places in self._bulk.parcels(layout, [_entry(message) for _, message in group]):
                if len(places) > 1:
                    yield [group[place] for place in places]

    def send_together(self, group: Sequence[Prepared]) -> list[Prepared]:
        """As `send`, by one call for messages of one of `together`'s groups.

        Returns those that certainly were not sent, and that `send` is to be tried for; their recipients' statuses are as they were.
        """
        bulk = group[0][1].bulk
        assert bulk is not None
        alone = []
        outcomes = self._bulk.send(bulk[0], [_entry(message) for _, message in group])
        for (recipient, message), outcome in zip(group, outcomes, strict=True):
            if outcome is None:
                alone.append((recipient, message))
            else:
                note(recipient, outcome)
        return alone

    def _prepared(self, recipient: Recipient, content: Content, identity: Mapping[str, str]) -> Message | str:
        address = recipient.endpoint["Address"]
        if recipient.channel == "SMS":
            text = content.text(recipient.endpoint, recipient.overrides)
            if not text.body.strip():
                return "FAILURE_PERMANENT"
            return Message(
                lambda: self.sms.send(
                    address,
                    text.body,
                    message_type=text.message_type,
                    origination=text.origination,
                    sender_id=text.sender_id,
                    entity_id=text.entity_id,
                    template_id=text.template_id,
                    context=sms_context(identity),
                ),
                origination=text.origination or text.sender_id or self.sms.origination_identity,
                parts=message_parts(text.body),
            )
        if recipient.channel == "EMAIL":
            mail = content.mail(recipient.endpoint)
            tags = email_tags(identity)
            return Message(
                lambda: self.email.send(
                    address,
                    subject=mail.subject.text,
                    html=mail.html.text,
                    text=mail.text.text,
                    from_address=mail.from_address,
                    headers=mail.headers,
                    tags=tags,
                ),
                bulk=self._fitted(address, mail, tags),
            )
        return "UNSUPPORTED_CHANNEL"

    def _fitted(
        self, address: str, mail: Mail, tags: Mapping[str, str]
    ) -> tuple[bulk_email.Layout, bulk_email.Entry] | None:
        fitted = bulk_email.fitted(
            address,
            subject=mail.subject,
            html=mail.html,
            text=mail.text,
            from_address=mail.from_address,
            headers=mail.headers,
            tags=tags,
        )
        if fitted is None:
            return None
        before = self._layout
        if before is not None and before == fitted[0]:
            return before, fitted[1]  # recipients share it in memory, too
        self._layout = fitted[0]
        return fitted


def _entry(message: Message) -> bulk_email.Entry:
    assert message.bulk is not None
    return message.bulk[1]


def note(recipient: Recipient, outcome: DeliveryResult) -> None:
    """Sets a recipient's status to what became of its message, and `again` where it certainly was not sent."""
    recipient.status = STATUSES.get(outcome.status, "FAILURE")
    recipient.again = outcome.status in (results.THROTTLED, results.TEMPORARY_FAILURE)
