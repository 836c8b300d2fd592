"""Who was answered, and which mail: one reply for each mail however often SES tells of it, one for each address and period.

Two items of one table: `mail#MESSAGE-ID` (`state` SENDING by `owner` until `lease`, then SENT or UNKNOWN; handlers/shared/claims.py) and
`to#SHA-256 of the address` (`until`: quiet until then). Both are put by one transaction before the reply is sent, and
taken back when SES did not take it. Times are epoch seconds; `expires` is the table's time to live.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from handlers.shared.addresses.normal_form import EMAIL, normal_form
from handlers.shared.claims import Claim, Claims, Layout, Standing
from handlers.shared.tables import Table

THROTTLED = "throttled"
ANSWERED = "already-answered"
SENDING, SENT, UNKNOWN = "SENDING", "SENT", "UNKNOWN"
LAYOUT = Layout(state="state", held=SENDING, owner="owner", lease="lease")
REMEMBERED_DAYS = 15
"""Longer than a message stays in any queue."""


class BeingAnsweredError(Exception):
    """Another call is sending the reply to this mail at this moment."""


class Ledger:
    """table: its name. quiet_hours: how long an address that got a reply gets no other. clock: epoch seconds."""

    def __init__(self, table: str, quiet_hours: int, clock: Callable[[], float] = time.time) -> None:
        self._table = Table(table, sort_key=False)
        self._quiet_seconds = quiet_hours * 3600
        self._clock = clock
        self._claims = Claims(self._table, LAYOUT, REMEMBERED_DAYS, clock)

    def claim(self, message_id: str, address: str, seconds: float) -> Claim:
        """Asks to send the reply within some seconds. BLOCKED: the address got one within its quiet hours.

        Raises BeingAnsweredError, ContendedError.
        """
        beside = [self._correspondent(message_id, address)]
        claim = self._claims.claim((f"mail#{message_id}", ""), seconds, beside=beside)
        if claim.standing is Standing.HELD:
            raise BeingAnsweredError("another call is sending the reply to this mail")
        return claim

    def release(self, claim: Claim, address: str) -> None:
        """Takes a claim back: nothing was sent."""
        own = "attribute_not_exists(pk) OR mail = :own"  # else another mail's reply holds it now
        message_id = claim.key[0].removeprefix("mail#")
        self._table.delete(_correspondent_key(address), "", condition=own, values={":own": message_id})
        self._claims.forget(claim)

    def close(self, claim: Claim, state: str) -> None:
        """Notes how the sending of a claimed reply ended: SENT or UNKNOWN."""
        self._claims.settle(claim, state)

    def _correspondent(self, message_id: str, address: str) -> dict[str, Any]:
        now = int(self._clock())
        until = now + self._quiet_seconds
        item = {"pk": _correspondent_key(address), "mail": message_id, "until": until, "expires": until}
        quiet_is_over = "attribute_not_exists(pk) OR #until <= :now"
        return self._table.put_action(item, quiet_is_over, {":now": now}, names={"#until": "until"})


def _correspondent_key(address: str) -> str:
    return f"to#{hashlib.sha256(normal_form(EMAIL, address).encode()).hexdigest()}"
