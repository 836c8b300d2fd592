"""Email as SES sees it, and the events that SES publishes about it.

Source: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes", "Using the mailbox simulator" and
"Using the Amazon SES account-level suppression list".
"""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Any

SIMULATOR = "simulator.amazonses.com"
REPORTING_MTA = "a8-50.smtp-out.amazonses.com"
CLIENT = {"ipAddress": "192.0.2.1", "userAgent": "Mozilla/5.0 (sandbox)"}
EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The text that every virus scanner takes for a virus, by agreement."""

HELD_BACK = ("OnAccountSuppressionList", "Suppressed")
"""Subtypes of bounces and complaints about messages that SES does not even try to deliver."""

Event = dict[str, Any]


def now() -> str:
    """The time in SES's form."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Mail:
    """One accepted message. tags: message tags as sent. delivered: addresses that got it, in lower case."""

    message_id: str
    source: str
    source_arn: str
    account: str
    recipients: list[str]
    subject: str
    html: str = ""
    text: str = ""
    configuration_set: str = ""
    tags: dict[str, list[str]] = field(default_factory=dict)
    headers: list[tuple[str, str]] = field(default_factory=list)
    sent: str = field(default_factory=now)
    delivered: set[str] = field(default_factory=set)

    @property
    def addresses(self) -> list[str]:
        """The recipients' plain addresses."""
        return [address for address in (parseaddr(recipient)[1] for recipient in self.recipients) if address]

    def common(self) -> dict[str, Any]:
        """The `mail` object of notifications that identities send."""
        return {
            "timestamp": self.sent,
            "source": parseaddr(self.source)[1],
            "sourceArn": self.source_arn,
            "sendingAccountId": self.account,
            "messageId": self.message_id,
            "destination": self.addresses,
        }

    def described(self) -> dict[str, Any]:
        """The `mail` object of a configuration set's events."""
        headers = [("From", self.source), ("To", ", ".join(self.recipients)), ("Subject", self.subject)]
        headers += [("MIME-Version", "1.0"), *self.headers]
        own = {
            "ses:operation": ["SendEmail"],
            "ses:configuration-set": [self.configuration_set],
            "ses:source-ip": ["127.0.0.1"],
            "ses:from-domain": [parseaddr(self.source)[1].rpartition("@")[2]],
            "ses:caller-identity": ["sandbox"],
        }
        return {
            **self.common(),
            "headersTruncated": False,
            "headers": [{"name": name, "value": value} for name, value in headers],
            "commonHeaders": {
                "from": [self.source],
                "to": self.recipients,
                "messageId": self.message_id,
                "subject": self.subject,
            },
            "tags": {**own, **self.tags},
        }

    def links(self) -> dict[str, dict[str, list[str]]]:
        """The links of the HTML part with their tags (`ses:tags="name:value;"`)."""
        parser = _Links()
        parser.feed(self.html)
        return parser.found


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, list[str]]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag != "a" or not given.get("href"):
            return
        tags: dict[str, list[str]] = {}
        for pair in (given.get("ses:tags") or "").split(";"):
            name, colon, value = pair.strip().partition(":")
            if colon:
                tags.setdefault(name, []).append(value)
        self.found[str(given["href"])] = tags


def outcome(address: str, suppressed: str) -> list[Event]:
    """What becomes of a message to an address, after it was sent: the events without `mail`.

    suppressed: the reason for which the account's list holds it back, "" where it does not. A message that is held back
    for a complaint is a complaint again, with a subtype (Amazon SES API v2, `Complaint`).
    """
    local, _, domain = address.lower().partition("@")
    name = local.partition("+")[0] if domain == SIMULATOR else ""
    if suppressed == "COMPLAINT":
        return [_complaint(address, "OnAccountSuppressionList")]
    if suppressed:
        diagnosis = (
            "Amazon SES did not send the message to this address because it is on the suppression list for your "
        )
        return [_bounce(address, "OnAccountSuppressionList", diagnosis + "account.", "5.1.1")]
    if name == "bounce":
        return [_bounce(address, "General", "smtp; 550 5.1.1 user unknown", "5.1.1")]
    if name == "suppressionlist":
        diagnosis = (
            "Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an "
        )
        return [_bounce(address, "Suppressed", diagnosis + "invalid address.", "5.1.1")]
    if name == "complaint":
        return [_delivery(address), _complaint(address)]
    return [_delivery(address)]


def _delivery(address: str) -> Event:
    return {
        "eventType": "Delivery",
        "delivery": {
            "timestamp": now(),
            "processingTimeMillis": 120,
            "recipients": [address],
            "smtpResponse": "250 2.6.0 Message received",
            "remoteMtaIp": "192.0.2.25",
            "reportingMTA": REPORTING_MTA,
        },
    }


def _bounce(address: str, sub_type: str, diagnosis: str, status: str) -> Event:
    recipient = {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": diagnosis}
    return {
        "eventType": "Bounce",
        "bounce": {
            "feedbackId": str(uuid.uuid4()),
            "bounceType": "Permanent",
            "bounceSubType": sub_type,
            "bouncedRecipients": [recipient],
            "timestamp": now(),
            "reportingMTA": f"dns; {REPORTING_MTA}",
        },
    }


def _complaint(address: str, sub_type: str | None = None) -> Event:
    complaint = {
        "feedbackId": str(uuid.uuid4()),
        "complaintSubType": sub_type,
        "complainedRecipients": [{"emailAddress": address}],
        "timestamp": now(),
    }
    reported = {
        "userAgent": "Amazon SES Mailbox Simulator",
        "complaintFeedbackType": "abuse",
        "arrivalDate": now(),
    }
    return {"eventType": "Complaint", "complaint": complaint if sub_type else {**complaint, **reported}}


def held_back(event: Event) -> bool:
    """Whether the event says that the message was not sent to the address, which is on a suppression list."""
    subtypes = (event.get("bounce", {}).get("bounceSubType"), event.get("complaint", {}).get("complaintSubType"))
    return any(subtype in HELD_BACK for subtype in subtypes)


def opened() -> Event:
    """The message was opened."""
    return {"eventType": "Open", "open": {**CLIENT, "timestamp": now()}}


def clicked(link: str, tags: dict[str, list[str]]) -> Event:
    """A link was clicked."""
    return {"eventType": "Click", "click": {**CLIENT, "timestamp": now(), "link": link, "linkTags": tags or None}}


def rejected() -> Event:
    """SES found a virus."""
    return {"eventType": "Reject", "reject": {"reason": "Bad content"}}


def not_rendered(template: str, attribute: str) -> Event:
    """A template named an attribute that the data lack."""
    said = f"Attribute '{attribute}' is not present in the rendering data."
    return {"eventType": "Rendering Failure", "failure": {"errorMessage": said, "templateName": template}}


MATCHING = {
    "Send": "SEND",
    "Reject": "REJECT",
    "Bounce": "BOUNCE",
    "Complaint": "COMPLAINT",
    "Delivery": "DELIVERY",
    "Open": "OPEN",
    "Click": "CLICK",
    "Rendering Failure": "RENDERING_FAILURE",
}
"""The events' names, and how event destinations name their types."""
DETAIL_TYPES = {
    "Send": "Email Sent",
    "Reject": "Email Rejected",
    "Bounce": "Email Bounced",
    "Complaint": "Email Complaint Received",
    "Delivery": "Email Delivered",
    "Open": "Email Opened",
    "Click": "Email Clicked",
    "Rendering Failure": "Email Rendering Failed",
}
"""How EventBridge calls the events."""
