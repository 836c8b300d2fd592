"""When an address's claim holds: one message at the most goes to an address in a run, and no endpoint that gets none takes it away from another.

The claims themselves are in the ledger (handlers/engagement/campaigns/ledger.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, INACTIVE, OPT_OUT, Recipient
from handlers.shared.addresses.normal_form import digest

DUPLICATE_ADDRESS = "DUPLICATE_ADDRESS"
NOT_SENT = ("FAILURE_PERMANENT", OPT_OUT, INACTIVE, "UNSUPPORTED_CHANNEL", "DROPPED")
"""Final results of a claim that say that certainly nothing was sent."""
MAYBE_SENT = ("SUCCESS", "UNKNOWN", "FAILURE", "HOOK_FAILURE", "CUSTOM_DELIVERY_FAILURE")
"""Results of the owner of an address by which another endpoint with that address is a duplicate for good."""
STEP_MILLISECONDS = 15 * 60 * 1000
"""How long a Lambda function may run: a claim that is older and has no result is one of a step that died."""


def address_digest(recipient: Recipient) -> str:
    """What stands for an address, so that the ledger holds no personal data."""
    return digest(recipient.channel, recipient.endpoint["Address"])


def apart(recipients: Sequence[Recipient]) -> tuple[list[Recipient], list[Recipient]]:
    """The first recipient of each address and those that need no claim; the others."""
    seen: set[str] = set()
    first, others = [], []
    for recipient in recipients:
        if recipient.status == CLAIMED:
            name = address_digest(recipient)
            if name in seen:
                others.append(recipient)
                continue
            seen.add(name)
        first.append(recipient)
    return first, others


def may_end(entry: Mapping[str, Any], oldest: float, idle: int | None) -> bool:
    """Whether an owner's claim of its address may end without a message.

    Args:
        entry: The owner's.
        oldest: When a step that still lives began at the earliest, in epoch milliseconds.
        idle: The chunk that no step is sending to now.
    """
    if entry.get("status") in MAYBE_SENT or entry.get("changed", 0) < oldest:
        return False
    return not (entry.get("status") == CLAIMED and entry["chunk"] == idle)


def wants_claim(recipient: Recipient) -> bool:
    """Whether a recipient is to be sent to as soon as its address is free."""
    return recipient.status == CLAIMED or (recipient.again and not recipient.due)
