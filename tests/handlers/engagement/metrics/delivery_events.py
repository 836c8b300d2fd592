"""Events of messages, as the translation makes them of what SES and End User Messaging tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.translation import email, sms
from handlers.engagement.translation.context import Account
from handlers.shared.event_stream import Event

APPLICATION = "0a" * 16
ACCOUNT = Account(APPLICATION, "123456789012")
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DETAIL: dict[str, dict[str, Any]] = {
    "Send": {"send": {}},
    "Reject": {"reject": {"reason": "Bad content"}},
    "Rendering Failure": {"failure": {"errorMessage": "no name", "templateName": "t"}},
    "Delivery": {"delivery": {}},
    "Open": {"open": {}},
    "Click": {"click": {"link": "https://x"}},
    "Unsubscribe": {"click": {"link": "https://x/out", "linkTags": {"unsubscribeLinkTag": ["click"]}}},
    "Bounce": {"bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [{}]}},
    "Soft": {"bounce": {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": [{}]}},
    "Complaint": {"complaint": {"complainedRecipients": [{}]}},
}
NAMES = {"Unsubscribe": "Click", "Soft": "Bounce"}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def mail(
    message: str, kind: str, *, person: str = "e1", days_ago: float = 0, after: float = 60, **run: str
) -> list[Event]:
    """An email's events. days_ago: when it was sent; after: seconds from then on."""
    sent = NOW - timedelta(days=days_ago)
    tags = {"application_id": APPLICATION, "endpoint_id": person, **run}
    (name, detail), *_ = DETAIL[kind].items()
    document = {
        "eventType": NAMES.get(kind, kind),
        "mail": {"messageId": message, "timestamp": iso(sent), "tags": {key: [value] for key, value in tags.items()}},
        name: {**detail, "timestamp": iso(sent + timedelta(seconds=after))},
    }
    return email.translate(document, ACCOUNT)


def text(
    message: str,
    kind: str,
    *,
    person: str = "e1",
    days_ago: float = 0,
    price: float = 0.00645,
    parts: int = 1,
    country: str = "US",
    status: str | None = None,
    **run: str,
) -> list[Event]:
    """A text's event. days_ago: when it happened."""
    document = {
        "eventType": kind,
        "eventTimestamp": int((NOW - timedelta(days=days_ago)).timestamp() * 1000),
        "messageId": message,
        "messageStatus": status or kind.removeprefix("TEXT_"),
        "isoCountryCode": country,
        "totalMessageParts": parts,
        "totalMessagePrice": price,
        "context": {"application_id": APPLICATION, "endpoint_id": person, **run},
    }
    return sms.translate(document, ACCOUNT)


def campaign(name: str = "c1", activity: str = "r1") -> dict[str, Any]:
    """The context of a campaign's messages."""
    return {"campaign_id": name, "campaign_activity_id": activity, "treatment_id": "0"}
