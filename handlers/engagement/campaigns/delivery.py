"""Sending a treatment's message to recipients, through the channels of the service."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from typing import Any

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.content import Content
from handlers.engagement.messages import result as results
from handlers.engagement.messages.email import EmailSender
from handlers.engagement.messages.identity import email_tags, sms_context
from handlers.engagement.messages.sms import SmsSender
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger
from handlers.shared.templates.renderer import RenderingError

ATTEMPTS = 6
FIRST_PAUSE_SECONDS = 0.2
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

    def wait(self) -> None:
        """Returns when the next call is due."""
        if not self.interval:
            return
        with self._lock:
            due = max(self._next, time.monotonic())
            self._next = due + self.interval
        time.sleep(max(0.0, due - time.monotonic()))


class Delivery:
    """Sends messages. A call that the channel may have taken is never made twice: only throttling is tried again.

    Args:
        identity: What a message's events say of its campaign: ids by name, for SMS context and email tags.
    """

    def __init__(self, environment: Any, pace: Pace) -> None:
        # One attempt: neither channel has a token by which it would know a call that is made again.
        self.sms = SmsSender(
            environment.sms_origination_identity,
            environment.sms_configuration_set,
            aws_client("pinpoint-sms-voice-v2", max_attempts=1),
        )
        self.email = EmailSender(
            environment.email_from_address,
            environment.email_configuration_set,
            aws_client("sesv2", max_attempts=1),
        )
        self.pace = pace

    def send(self, recipient: Recipient, content: Content, identity: Mapping[str, str]) -> str:
        """Sends to one recipient. Returns the campaign_send_status."""
        try:
            return self._send(recipient, content, {**identity, "endpoint_id": recipient.id})
        except RenderingError as error:
            logger.warning("message not rendered", extra={"endpoint": recipient.id, "reason": str(error)})
            return "FAILURE_PERMANENT"

    def _send(self, recipient: Recipient, content: Content, identity: Mapping[str, str]) -> str:
        address = recipient.endpoint["Address"]
        if recipient.channel == "SMS":
            text = content.text(recipient.endpoint, recipient.overrides)
            if not text.body.strip():
                return "FAILURE_PERMANENT"
            return self._until_taken(
                lambda: self.sms.send(
                    address,
                    text.body,
                    message_type=text.message_type,
                    origination=text.origination,
                    sender_id=text.sender_id,
                    entity_id=text.entity_id,
                    template_id=text.template_id,
                    context=sms_context(identity),
                )
            )
        if recipient.channel == "EMAIL":
            mail = content.mail(recipient.endpoint)
            tags = email_tags(identity)
            return self._until_taken(
                lambda: self.email.send(
                    address,
                    subject=mail.subject,
                    html=mail.html,
                    text=mail.text,
                    from_address=mail.from_address,
                    headers=mail.headers,
                    tags=tags,
                )
            )
        return "UNSUPPORTED_CHANNEL"

    def _until_taken(self, call: Any) -> str:
        for attempt in range(ATTEMPTS):
            self.pace.wait()
            outcome = call()
            if outcome.status != results.THROTTLED:
                return STATUSES.get(outcome.status, "FAILURE")
            if attempt + 1 < ATTEMPTS:
                time.sleep(random.uniform(0.5, 1) * FIRST_PAUSE_SECONDS * 2**attempt)  # noqa: S311  jitter, not cryptography
        return "THROTTLED"
