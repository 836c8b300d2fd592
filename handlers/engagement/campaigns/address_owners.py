"""Whether a run's message may go to an address that has changed hands since the run began, or that several endpoints have.

An endpoint whose address nobody else has owned since is claimed without a claim of it (handlers/engagement/campaigns/run_ledger.py).
Any other looks at what the run did for the address's owners: those of now, and those who left it since. It is a duplicate where one of
them may have got the message, gets it where none of them can any more, and waits as long as that is open: while the run has not passed an
owner, and as long as a step may live that read an endpoint before it left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from handlers.engagement.campaigns.address_claims import (
    DUPLICATE_ADDRESS,
    NOT_SENT,
    STEP_MILLISECONDS,
    address_digest,
    may_end,
)
from handlers.engagement.campaigns.audience import Recipient
from handlers.shared.attribute_values import Item

if TYPE_CHECKING:
    from handlers.engagement.campaigns.run_ledger import RunLedger
    from handlers.engagement.store.endpoints import EndpointStore
    from handlers.engagement.store.former_owners import Owners


class AddressOwners:
    """The owners of addresses during one run.

    Args:
        began: When the run began, in epoch milliseconds.
    """

    def __init__(self, store: EndpointStore, began: int) -> None:
        self._store = store
        self._began = began

    def settle(self, recipients: Sequence[Recipient]) -> None:
        """Finds those whose address nobody else has owned since the run began."""
        found = self._owners(recipients)
        for recipient in recipients:
            owners = found[_address(recipient)]
            recipient.settled = owners.current == [recipient.key] and not _others(recipient, owners)

    def judge(self, ledger: RunLedger, recipients: Sequence[Recipient], *, oldest: float, idle: int | None) -> None:
        """Gives recipients status DUPLICATE_ADDRESS whose message another owner of their address may get; `again`, as long as that is open.

        Their addresses have claims by then, or get them in the same transaction.

        Args:
            oldest: When a step that still lives began at the earliest, in epoch milliseconds.
            idle: The chunk that no step is sending to now.
        """
        found = self._owners(recipients)
        others = {id(one): _others(one, found[_address(one)]) for one in recipients}
        ids = sorted({identifier for left in others.values() for identifier in left})
        # What is passed is asked first: whom a batch has of a shard that is passed by then has an entry.
        passed = ledger.passed(ids) if ids else set()
        entries = ledger.entries(ids) if ids else {}
        for recipient in recipients:
            sent, waits = False, False
            for identifier, left in others[id(recipient)].items():
                entry = entries.get(identifier)
                if entry is None:
                    waits |= identifier not in passed and left > oldest - STEP_MILLISECONDS
                elif _has_claim(entry, recipient):
                    open_ = may_end(entry, oldest, idle)
                    waits |= open_
                    sent |= not open_
            if sent or waits:
                recipient.status, recipient.again = DUPLICATE_ADDRESS, not sent

    def _owners(self, recipients: Sequence[Recipient]) -> dict[tuple[str, str], Owners]:
        # A function may take as long to write what it read of an address as functions run.
        addresses = list(dict.fromkeys(map(_address, recipients)))
        return self._store.owners(addresses, self._began - STEP_MILLISECONDS)


def _address(recipient: Recipient) -> tuple[str, str]:
    return recipient.channel, recipient.endpoint["Address"]


def _others(recipient: Recipient, owners: Owners) -> dict[str, float]:
    """Who else owns or owned a recipient's address: id -> when it left it last, in epoch milliseconds."""
    former = sorted(owners.former, key=lambda one: one.left)
    left = {one.id: float(one.left) for one in former} | dict.fromkeys(owners.current, math.inf)
    return {identifier: moment for identifier, moment in left.items() if identifier != recipient.key}


def _has_claim(entry: Item, recipient: Recipient) -> bool:
    """Whether an entry tells of a claim with the recipient's address, by which a message may have gone out or may yet."""
    address = entry.get("address")
    return bool(address) and address_digest(recipient).startswith(address) and entry["status"] not in NOT_SENT
