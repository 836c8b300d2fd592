"""A line of an event object: one event of the project's stream, and whom it says to suppress.

Shapes: Pinpoint's `_email.hardbounce` and `_email.complaint` (`facets.email_channel.mail_event`), with the
`complaint_sub_type` that handlers/engagement/translation/email.py adds.
"""

from __future__ import annotations

from typing import Any

from handlers.shared.json_objects import NotAnObjectError, json_objects
from handlers.suppression.feedback import Feedback, of_bounce, of_complaint
from handlers.suppression.recipients import BOUNCE, COMPLAINT, Recipient, UnreadableError, recipients

HARD_BOUNCE = "_email.hardbounce"
EMAIL_COMPLAINT = "_email.complaint"
SUPPRESSING = frozenset({HARD_BOUNCE, EMAIL_COMPLAINT})
"""Event types that may say whom to suppress."""


def recipients_of(line: bytes) -> list[Recipient]:
    """The recipients to suppress; none where the event is about something else.

    Raises UnreadableError, with the recipients of what can be read of the line, where something in it cannot.
    """
    found: list[Recipient] = []
    reasons: list[str] = []
    for event in events_of(line):
        try:
            found += _recipients(event)
        except UnreadableError as error:
            found += error.recipients
            reasons.append(str(error))
    if reasons:
        raise UnreadableError("; ".join(reasons), found)
    return found


def events_of(line: bytes) -> list[dict[str, Any]]:
    """The events of a line: one, or several where they follow each other without a line end, as Pinpoint writes them.

    Raises UnreadableError if any part of the line is no JSON object.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise UnreadableError("not UTF-8 text") from error
    try:
        return json_objects(text)
    except NotAnObjectError as error:
        raise UnreadableError(str(error)) from error


def _recipients(event: dict[str, Any]) -> list[Recipient]:
    kind = event.get("event_type")
    if not isinstance(kind, str) or not kind:
        raise UnreadableError("event_type is missing or no text")
    if kind == HARD_BOUNCE:
        bounce = _mail_event(event).get("bounce")
        if not isinstance(bounce, dict) or not isinstance(bounce.get("bounce_type"), str):
            raise UnreadableError("facets.email_channel.mail_event.bounce.bounce_type is missing or no text")
        said = of_bounce(bounce["bounce_type"], bounce.get("bounce_sub_type"))
        return _found(event, bounce, said, "bounced_recipients", BOUNCE)
    if kind == EMAIL_COMPLAINT:
        complaint = _mail_event(event).get("complaint")
        if not isinstance(complaint, dict):
            raise UnreadableError("facets.email_channel.mail_event.complaint is missing or no object")
        said = of_complaint(complaint.get("complaint_feedback_type"), complaint.get("complaint_sub_type"))
        return _found(event, complaint, said, "complained_recipients", COMPLAINT)
    return []


def _mail_event(event: dict[str, Any]) -> dict[str, Any]:
    found: Any = event
    for name in ("facets", "email_channel", "mail_event"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, dict):
        raise UnreadableError("facets.email_channel.mail_event is missing or no object")
    return found


def _found(
    event: dict[str, Any],
    feedback: dict[str, Any],
    said: Feedback,
    member: str,
    reason: str,
) -> list[Recipient]:
    if said is Feedback.NONE:
        return []
    mail, client = _mail_event(event).get("mail"), event.get("client")
    message_id = mail.get("message_id") if isinstance(mail, dict) else None
    endpoint_id = client.get("client_id") if isinstance(client, dict) else None
    feedback_id = str(feedback.get("feedback_id") or "")

    def made(address: str) -> Recipient:
        return Recipient(
            address,
            reason,
            message_id if isinstance(message_id, str) else "",
            feedback_id,
            endpoint_id if isinstance(endpoint_id, str) else "",
            held_back=said is Feedback.HELD_BACK,
        )

    return recipients(feedback, member, "email_address", made)
