"""Recipients who must get no more mail, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

BOUNCE = "BOUNCE"
COMPLAINT = "COMPLAINT"
REASONS = (BOUNCE, COMPLAINT)
"""The reasons that SES v2's PutSuppressedDestination knows, and the values of the notification's `status`."""


class UnreadableError(ValueError):
    """An event that can never be handled. The text says why, without personal data."""


@dataclass(frozen=True)
class Recipient:
    """One address to be suppressed.

    feedback_id: what the mail service calls this bounce or complaint; "" where it does not say. endpoint_id: the
    endpoint that the event is about, where it names one.
    """

    address: str
    reason: str
    message_id: str = ""
    feedback_id: str = ""
    endpoint_id: str = ""

    @property
    def notification_id(self) -> str:
        """The same for the same recipient, reason and feedback, so that a subscriber can tell a repetition."""
        identity = "\0".join((self.reason, self.feedback_id or self.message_id, self.address.lower()))
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


def addresses(feedback: Any, member: str, key: str) -> list[str]:
    """The plain addresses of a bounce's or complaint's recipients: `feedback[member][n][key]`, each once.

    Raises UnreadableError where there are none, or where one is no address.
    """
    recipients = feedback.get(member) if isinstance(feedback, Mapping) else None
    if not isinstance(recipients, list) or not recipients:
        raise UnreadableError(f"{member} is missing, empty or no list: whom it is about is not known")
    found: dict[str, None] = {}
    for position, recipient in enumerate(recipients):
        given = recipient.get(key) if isinstance(recipient, Mapping) else None
        address = parseaddr(given)[1] if isinstance(given, str) else ""
        if "@" not in address.strip("@"):
            raise UnreadableError(f"{member}[{position}].{key} is no email address")
        found[address] = None
    return list(found)
