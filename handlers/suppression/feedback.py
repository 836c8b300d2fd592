"""What a bounce or complaint is: new feedback, SES's word that it held the address back already, or no feedback at all.

Sources: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes" (bounce subtypes,
complaintSubType, complaintFeedbackType); IANA's registry "Messaging Abuse Reporting Format (MARF) Parameters" (feedback
types: RFC 5965, RFC 6430, RFC 6591).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

NO_COMPLAINTS = frozenset({"auth-failure", "not-spam"})
"""Feedback types by which nobody complains: a report on SPF, DKIM or DMARC (RFC 6591), and the word that a message was no
spam (RFC 6430). The other registered types, abuse, fraud, virus and other, hold something against the message."""
HELD_BACK_SUBTYPES = frozenset({"onaccountsuppressionlist", "ontenantsuppressionlist", "suppressed"})
"""The message was not sent, since the address is on a suppression list: the account's, a tenant's, SES's global one."""
UNSENT_SUBTYPES = frozenset({"emailvalidationsuppressed", "unsubscribedrecipient"})
"""The message was not sent, since the account's own settings say so: its email validation threshold, its contact list."""


class Feedback(Enum):
    """NEW: the address goes onto the list. HELD_BACK: SES has it on a list; ours stays as it is. NONE: nothing is said of
    the address."""

    NEW = auto()
    HELD_BACK = auto()
    NONE = auto()


def of_bounce(bounce_type: str, subtype: Any) -> Feedback:
    """subtype: as the event has it; one that is absent or unknown makes no difference."""
    if bounce_type != "Permanent" or _folded(subtype) in UNSENT_SUBTYPES:
        return Feedback.NONE
    return Feedback.HELD_BACK if _folded(subtype) in HELD_BACK_SUBTYPES else Feedback.NEW


def of_complaint(feedback_type: Any, subtype: Any) -> Feedback:
    """Both as the event has them; a feedback type or subtype that is absent or unknown makes no difference."""
    if _folded(feedback_type) in NO_COMPLAINTS:
        return Feedback.NONE
    return Feedback.HELD_BACK if _folded(subtype) in HELD_BACK_SUBTYPES else Feedback.NEW


def _folded(value: Any) -> str:
    """Without regard to case, in which neither receivers nor SES's APIs agree."""
    return value.strip().lower() if isinstance(value, str) else ""
