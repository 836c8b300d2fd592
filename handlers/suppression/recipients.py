"""Recipients who must get no more mail, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from handlers.shared.addresses.normal_form import EMAIL, normal_form

BOUNCE = "BOUNCE"
COMPLAINT = "COMPLAINT"
TOLD = 3
"""Of the places where something is wrong."""
REASONS = (BOUNCE, COMPLAINT)
"""The reasons that SES v2's PutSuppressedDestination knows, and the values of the notification's `status`."""


@dataclass(frozen=True)
class Recipient:
    """One address to be suppressed.

    feedback_id: what the mail service calls this bounce or complaint; "" where it does not say. endpoint_id: the
    endpoint that the event is about, where it names one. held_back: SES has the address on a list and says so; that
    list, its reason and its date stay, nothing is announced, and only endpoints are opted out.
    """

    address: str
    reason: str
    message_id: str = ""
    feedback_id: str = ""
    endpoint_id: str = ""
    held_back: bool = False

    @property
    def notification_id(self) -> str:
        """The same for the same recipient, reason and feedback, so that a subscriber can tell a repetition."""
        identity = "\0".join((self.reason, self.feedback_id or self.message_id, normal_form(EMAIL, self.address)))
        return hashlib.sha256(identity.encode()).hexdigest()[:32]


class UnreadableError(ValueError):
    """An event that can never be handled as a whole. The text says why, without personal data.

    recipients: whom it names all the same; they are suppressed whatever else is wrong with it.
    """

    def __init__(self, reason: str, recipients: Sequence[Recipient] = ()) -> None:
        super().__init__(reason)
        self.recipients = list(recipients)


def recipients(feedback: Any, member: str, key: str, make: Callable[[str], Recipient]) -> list[Recipient]:
    """The recipients of a bounce or complaint: made of the plain address in `feedback[member][n][key]`, each once.

    Raises UnreadableError where there are none, or where one is no address.
    """
    named = feedback.get(member) if isinstance(feedback, Mapping) else None
    if not isinstance(named, list) or not named:
        raise UnreadableError(f"{member} is missing, empty or no list: whom it is about is not known")
    found: dict[str, Recipient] = {}
    wrong: list[int] = []
    for position, recipient in enumerate(named):
        given = recipient.get(key) if isinstance(recipient, Mapping) else None
        address = parseaddr(given)[1] if isinstance(given, str) else ""
        local, _, domain = address.rpartition("@")
        if local and domain:
            found[address] = make(address)
        else:
            wrong.append(position)
    if wrong:
        where = ", ".join(f"{member}[{position}].{key}" for position in wrong[:TOLD])
        more = f" and {len(wrong) - TOLD} more" if len(wrong) > TOLD else ""
        raise UnreadableError(f"no email address: {where}{more}", list(found.values()))
    return list(found.values())
