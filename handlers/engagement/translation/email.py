"""Events that SES publishes for a configuration set -> `_email.*` events.

Sources: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS"; Pinpoint's email
event JSON. Pinpoint stamps all events of a message with its sending time; when a thing happened is arrival_timestamp.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from handlers.engagement.translation.context import (
    Account,
    Context,
    UntranslatableError,
    context_of,
    event_of,
    member,
)
from handlers.shared.event_stream import Event

UNSUBSCRIBE = "unsubscribeLinkTag"
UNTRANSLATED = frozenset({"DeliveryDelay", "Subscription"})
"""Event types of SES that Pinpoint has no event for."""


def translate(document: Mapping[str, Any], account: Account) -> list[Event]:
    """The stream's events for one SES event; none for a type that Pinpoint does not know. A click on a link that is
    tagged as an unsubscribe link is two events. Raises UntranslatableError."""
    kind: str = member(document, "eventType", str, "eventType")
    if kind in UNTRANSLATED:
        return []
    build = _BUILDERS.get(kind)
    if build is None:
        raise UntranslatableError(f"eventType is {kind[:60]!r}, which SES does not send")
    mail = member(document, "mail", dict, "mail")
    return build(_Message(document, mail, account))


class _Message:
    """An SES event's mail object and what all its events share."""

    def __init__(self, document: Mapping[str, Any], mail: Mapping[str, Any], account: Account) -> None:
        self.document = document
        self._mail = mail
        self._account = account
        self.message_id: str = member(mail, "messageId", str, "mail.messageId")
        self.sent = milliseconds(mail.get("timestamp"), "mail.timestamp")
        self._context: Context = context_of(_tags(mail), account, self.message_id)

    def part(self, name: str) -> Mapping[str, Any]:
        """The member that is named for the event. Raises UntranslatableError where it is no object."""
        return member(self.document, name, dict, name)

    def event(
        self, event_type: str, feedback: str, name: str, detail: dict[str, Any], arrived: int | None = None
    ) -> Event:
        """The finished event. name, detail: the sibling of `mail` in mail_event."""
        arrived = self.sent if arrived is None else arrived
        identity = f"{self.message_id}\0{arrived}\0{feedback}\0{sorted(detail.items(), key=str)}"
        event = event_of(
            event_type, self._context, self._account, happened=self.sent, arrived=arrived, identity=identity
        )
        event["attributes"] = {"feedback": feedback, **self._context.run}
        event["client_context"] = {"custom": {"legacy_identifier": self._context.application_id, **self._context.own}}
        event["facets"] = {"email_channel": {"mail_event": {"mail": self._mail_member(), name: detail}}}
        return event

    def _mail_member(self) -> dict[str, Any]:
        headers = [header for header in _list(self._mail.get("headers")) if isinstance(header, dict)]
        common = self._mail.get("commonHeaders")
        common = common if isinstance(common, dict) else {}
        return {
            "message_id": self.message_id,
            "message_send_timestamp": self.sent,
            "from_address": parseaddr(_text(self._mail.get("source")))[1],
            "destination": [_text(address) for address in _list(self._mail.get("destination"))],
            "headers_truncated": self._mail.get("headersTruncated") is True,
            "headers": [{"name": _text(header.get("name")), "value": _text(header.get("value"))} for header in headers],
            "common_headers": {
                "from": ", ".join(_text(address) for address in _list(common.get("from"))),
                "to": [_text(address) for address in _list(common.get("to"))],
                "subject": _text(common.get("subject")),
            },
        }


def _send(message: _Message) -> list[Event]:
    return [message.event("_email.send", "received", "send", {})]


def _reject(message: _Message) -> list[Event]:
    reason = _text(message.part("reject").get("reason"))
    return [message.event("_email.rejected", "rejected", "reject", {"reason": reason})]


def _rendering_failure(message: _Message) -> list[Event]:
    failure = message.part("failure")
    detail = {"error_message": _text(failure.get("errorMessage")), "template_name": _text(failure.get("templateName"))}
    return [message.event("_email.rendering_failure", "rendering_failure", "failure", detail)]


def _delivery(message: _Message) -> list[Event]:
    delivery = message.part("delivery")
    took = delivery.get("processingTimeMillis")
    detail = {
        "smtp_response": _text(delivery.get("smtpResponse")),
        "reporting_mta": _text(delivery.get("reportingMTA")),
        "recipients": [_text(address) for address in _list(delivery.get("recipients"))],
        "processing_time_millis": took if isinstance(took, int) else None,
    }
    arrived = milliseconds(delivery.get("timestamp"), "delivery.timestamp")
    return [message.event("_email.delivered", "delivered", "delivery", detail, arrived)]


def _open(message: _Message) -> list[Event]:
    opened = message.part("open")
    arrived = milliseconds(opened.get("timestamp"), "open.timestamp")
    return [message.event("_email.open", "opened", "open", _visitor(opened), arrived)]


def _click(message: _Message) -> list[Event]:
    click = message.part("click")
    given = click.get("linkTags")
    tags = {name: _list(values) for name, values in given.items()} if isinstance(given, dict) else {}
    link = _text(click.get("link"))
    detail = {**_visitor(click), "link": link, "link_tags": tags}
    arrived = milliseconds(click.get("timestamp"), "click.timestamp")
    events = [message.event("_email.click", link, "click", detail, arrived)]
    if UNSUBSCRIBE in tags:
        events.append(message.event("_email.unsubscribe", link, "click", detail, arrived))
    return events


def _bounce(message: _Message) -> list[Event]:
    bounce = message.part("bounce")
    bounce_type = member(bounce, "bounceType", str, "bounce.bounceType")
    recipients = [
        {
            "email_address": _text(recipient.get("emailAddress")),
            "action": recipient.get("action"),
            "status": recipient.get("status"),
            "diagnostic_code": recipient.get("diagnosticCode"),
        }
        for recipient in _recipients(bounce, "bounce", "bouncedRecipients")
    ]
    detail = {
        "bounce_type": bounce_type,
        "bounce_sub_type": _text(bounce.get("bounceSubType")),
        "bounced_recipients": recipients,
        "feedback_id": _text(bounce.get("feedbackId")),
        "reporting_mta": bounce.get("reportingMTA"),
    }
    feedback = "hardbounce" if bounce_type == "Permanent" else "softbounce"
    arrived = milliseconds(bounce.get("timestamp"), "bounce.timestamp")
    return [message.event(f"_email.{feedback}", feedback, "bounce", detail, arrived)]


def _complaint(message: _Message) -> list[Event]:
    complaint = message.part("complaint")
    recipients = _recipients(complaint, "complaint", "complainedRecipients")
    detail = {
        "complained_recipients": [{"email_address": _text(recipient.get("emailAddress"))} for recipient in recipients],
        "feedback_id": _text(complaint.get("feedbackId")),
        "user_agent": complaint.get("userAgent"),
        "complaint_feedback_type": complaint.get("complaintFeedbackType"),
    }
    if isinstance(
        subtype := complaint.get("complaintSubType"), str
    ):  # beyond Pinpoint's event: who did not get the mail
        detail["complaint_sub_type"] = subtype
    arrived = milliseconds(complaint.get("timestamp"), "complaint.timestamp")
    return [message.event("_email.complaint", "complaint", "complaint", detail, arrived)]


_BUILDERS: dict[str, Callable[[_Message], list[Event]]] = {
    "Send": _send,
    "Reject": _reject,
    "Bounce": _bounce,
    "Complaint": _complaint,
    "Delivery": _delivery,
    "Open": _open,
    "Click": _click,
    "Rendering Failure": _rendering_failure,
}


def milliseconds(timestamp: Any, path: str) -> int:
    """An ISO 8601 time as milliseconds of the epoch. Raises UntranslatableError naming `path`."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except (TypeError, ValueError) as error:
        raise UntranslatableError(f"{path} is missing or no ISO 8601 time") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _tags(mail: Mapping[str, Any]) -> dict[str, str]:
    """Message tags, several values of one joined by commas."""
    tags = mail.get("tags")
    if not isinstance(tags, dict):
        return {}
    return {name: ",".join(_text(value) for value in _list(values)) for name, values in tags.items()}


def _visitor(detail: Mapping[str, Any]) -> dict[str, Any]:
    return {"ip_address": _text(detail.get("ipAddress")), "user_agent": _text(detail.get("userAgent"))}


def _recipients(detail: Mapping[str, Any], name: str, key: str) -> list[dict[str, Any]]:
    recipients = [recipient for recipient in _list(detail.get(key)) if isinstance(recipient, dict)]
    if not recipients:
        raise UntranslatableError(f"{name}.{key} is missing or empty")
    return recipients


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
