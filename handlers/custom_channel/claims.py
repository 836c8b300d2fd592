"""Who was reached for which run: nothing is called without a claim, and what has a result is not called again.

One item a call, `CALL#{token}` / `CALL`: `stands` FREE, HELD (by the claim `held_by` until `lease`) or SETTLED (with
`outcome` and the service's `id`), `tries` in vain, `doubted` where one of them may have reached the person. Times are epoch seconds; `expires` is the table's time to live.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

from handlers.custom_channel.channel import Call
from handlers.shared.backoff import backoff
from handlers.shared.tables import Table

ATTEMPTS = 10
SK = "CALL"
FREE, HELD, SETTLED = "FREE", "HELD", "SETTLED"
CALLED, REFUSED, UNKNOWN, EXPIRED = "CALLED", "REFUSED", "UNKNOWN", "EXPIRED"
LOST = "LOST"


class ContendedError(RuntimeError):
    """Others kept a claim busy; trying again later goes on where it stopped."""


@dataclass(frozen=True)
class Claim:
    """state: HELD (by this claim), SETTLED, or LOST: held by a function that died. seconds: until another's claim ends.

    tries: how often it was tried in vain before. doubted: whether one of these tries may have reached the person.
    """

    state: str
    owner: str = ""
    tries: int = 0
    doubted: bool = False
    seconds: int = 0


class Claims:
    """The calls of a channel. clock: epoch seconds."""

    def __init__(self, table: Table, remembered_days: int, clock: Callable[[], float]) -> None:
        self._table = table
        self._remembered = remembered_days * 24 * 3600
        self._clock = clock

    def claim(self, call: Call, seconds: float, *, take_lost: bool) -> Claim:
        """Claims a call for some seconds. take_lost: whether one of a function that died is taken over.

        A claim in other hands has `seconds`, after which it is theirs no more. Raises ContendedError.
        """
        owner = uuid.uuid4().hex
        item: dict[str, Any] | None = None
        for attempt in range(ATTEMPTS):
            now = self._clock()
            if item is not None and item["stands"] == SETTLED:
                return Claim(SETTLED)
            tries, doubted = (
                (0, False) if item is None else (item["tries"], "doubted" in item or item["stands"] == HELD)
            )
            if item is not None and item["stands"] == HELD:
                if item["held_by"] == owner:  # our own put, whose answer did not reach us
                    return Claim(HELD, owner, tries, "doubted" in item)
                if (left := item["lease"] - now) > 0:
                    return Claim(HELD, seconds=ceil(left))
                if not take_lost:
                    return Claim(LOST, item["held_by"], tries)
            held = self._item(call, HELD, owner, tries, doubted=doubted or "", lease=int(now + seconds) + 1)
            if self._replace(held, item):
                return Claim(HELD, owner, tries, doubted)
            if attempt:
                backoff(attempt)
            item = self._table.get(_pk(call), SK)
        raise ContendedError(f"a call stays contended after {ATTEMPTS} attempts")

    def release(self, call: Call, claim: Claim, tries: int, *, doubted: bool = False) -> None:
        """Gives a claim back: nobody was reached, or it is safe to call again. doubted: which of both is not known."""
        self._change(self._item(call, FREE, claim.owner, tries, doubted=doubted or claim.doubted or ""), claim)

    def settle(self, call: Call, claim: Claim, outcome: str, identifier: str = "") -> None:
        """Enters what became of a call: it is not called again."""
        self._change(self._item(call, SETTLED, claim.owner, claim.tries, outcome=outcome, id=identifier), claim)

    def _item(self, call: Call, stands: str, owner: str, tries: int, **more: Any) -> dict[str, Any]:
        item = {
            "pk": _pk(call),
            "sk": SK,
            "stands": stands,
            "held_by": owner,
            "tries": tries,
            "expires": int(self._clock()) + self._remembered,
            **more,
        }
        return {name: value for name, value in item.items() if value != ""}

    def _replace(self, item: dict[str, Any], known: dict[str, Any] | None) -> bool:
        if known is None:
            return self._table.put(item, condition="attribute_not_exists(pk)")
        return self._table.put(
            item,
            condition="stands = :stands AND held_by = :owner",
            values={":stands": known["stands"], ":owner": known["held_by"]},
        )

    def _change(self, item: dict[str, Any], claim: Claim) -> None:
        # Whoever took the call over meanwhile writes its result.
        self._table.put(item, condition="held_by = :owner", values={":owner": claim.owner})


def _pk(call: Call) -> str:
    return f"CALL#{call.token}"
