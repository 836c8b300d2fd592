"""SES's notifications: what identities send (`notificationType`) and what configuration sets send (`eventType`).

Source: Amazon SES Developer Guide, "Amazon SNS notification contents" and "Contents of event data".
"""

from __future__ import annotations

from typing import Any

from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.letters import unwrapped
from handlers.suppression.feedback import Feedback, of_bounce, of_complaint
from handlers.suppression.recipients import BOUNCE, COMPLAINT, Recipient, UnreadableError, recipients

OTHER_TYPES = frozenset(
    {
        "Send", "Reject", "Delivery", "Open", "Click", "Rendering Failure", "DeliveryDelay", "Subscription", "Received",
        "AmazonSnsSubscriptionSucceeded",
    }
)  # fmt: skip
"""Types that say nothing about whom to suppress; the last is SES's greeting to a new topic."""
BOUNCE_TYPES = frozenset({"Permanent", "Transient", "Undetermined"})
GREETING = "Successfully validated SNS topic for Amazon SES"
"""What SES publishes, as plain text, to the topic of a new event destination."""


def recipients_of(body: str) -> list[Recipient]:
    """Whom a queue message says to suppress; none where it is about something else.

    body: SNS's envelope, or the notification itself with raw delivery. Raises UnreadableError.
    """
    document = parsed(body)
    if document is None:
        return []
    kind = document.get("notificationType", document.get("eventType"))
    if not isinstance(kind, str):
        raise UnreadableError("notificationType or eventType is missing or no text")
    mail = document.get("mail")
    message_id = str(mail.get("messageId", "")) if isinstance(mail, dict) else ""
    if kind == "Bounce":
        bounce = document.get("bounce")
        if not isinstance(bounce, dict) or (bounce_type := bounce.get("bounceType")) not in BOUNCE_TYPES:
            raise UnreadableError(f"bounce.bounceType is none of {', '.join(sorted(BOUNCE_TYPES))}")
        said = of_bounce(bounce_type, bounce.get("bounceSubType"))
        return _recipients(bounce, said, "bouncedRecipients", BOUNCE, message_id)
    if kind == "Complaint":
        complaint = document.get("complaint")
        if not isinstance(complaint, dict):
            raise UnreadableError("complaint is missing or no object")
        said = of_complaint(complaint.get("complaintFeedbackType"), complaint.get("complaintSubType"))
        return _recipients(complaint, said, "complainedRecipients", COMPLAINT, message_id)
    if kind in OTHER_TYPES:
        return []
    raise UnreadableError(f"notificationType or eventType is {kind[:60]!r}, which SES does not send")


def parsed(body: str) -> dict[str, Any] | None:
    """The notification as an object; None for SES's greeting to a new topic. Raises UnreadableError."""
    try:
        text = unwrapped(body)
        if text.startswith(GREETING):
            return None
        return json_object(text)
    except NotAnObjectError as error:
        raise UnreadableError(str(error)) from error


def _recipients(feedback: dict[str, Any], said: Feedback, member: str, reason: str, message_id: str) -> list[Recipient]:
    if said is Feedback.NONE:
        return []
    feedback_id, held_back = str(feedback.get("feedbackId", "")), said is Feedback.HELD_BACK

    def made(address: str) -> Recipient:
        return Recipient(address, reason, message_id, feedback_id, held_back=held_back)

    return recipients(feedback, member, "emailAddress", made)
