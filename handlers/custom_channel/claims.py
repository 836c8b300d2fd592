"""Who was reached for which run: nothing is called without a claim, and what has a result is not called again (handlers/shared/claims.py).

One item a call, `CALL#{token}` / `CALL`: `stands` FREE, HELD (by the claim `held_by` until `lease`) or a result SETTLED (with
`outcome` and the service's `id`), `tries` in vain, `doubted` where one of them may have reached the person. Times are epoch seconds; `expires` is the table's time to live.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from handlers.custom_channel.channel import Call
from handlers.shared import claims
from handlers.shared.attribute_values import Item
from handlers.shared.claims import Claim
from handlers.shared.tables import Table

FREE, HELD, SETTLED = "FREE", "HELD", "SETTLED"
CALLED, REFUSED, UNKNOWN, EXPIRED = "CALLED", "REFUSED", "UNKNOWN", "EXPIRED"
LAYOUT = claims.Layout(state="stands", held=HELD, free=FREE, owner="held_by", lease="lease")


class Claims:
    """The calls of a channel. clock: epoch seconds."""

    def __init__(self, table: Table, remembered_days: int, clock: Callable[[], float]) -> None:
        self._claims = claims.Claims(table, LAYOUT, remembered_days, clock)

    def claim(self, calls: Sequence[Call], seconds: float, *, take_lost: bool) -> dict[str, Claim]:
        """Claims up to 100 calls for some seconds; by their tokens. take_lost: whether those of a function that died are taken over.

        Raises ContendedError.
        """
        keys = {call.token: (f"CALL#{call.token}", "CALL") for call in calls}
        found = self._claims.claim_all(list(keys.values()), seconds, take_lost=take_lost, values=_taken)
        return {token: found[key] for token, key in keys.items()}

    def release(self, claim: Claim, tries: int, *, doubted: bool = False) -> None:
        """Gives a claim back: nobody was reached, or it is safe to call again. doubted: which of both is not known."""
        self._claims.release(claim, {"tries": tries, **_doubt(doubted)})

    def settle(self, results: Sequence[tuple[Claim, str, str]]) -> None:
        """Enters what became of up to 100 calls (claim, outcome, the service's id): they are not called again."""
        entries = [(claim, SETTLED, {"outcome": outcome, "id": id_ or None}) for claim, outcome, id_ in results]
        self._claims.settle_all(entries)


def tries_of(claim: Claim) -> int:
    """How often the call was tried in vain before."""
    return claim.before.get("tries", 0)


def is_doubted(claim: Claim) -> bool:
    """Whether a try before may have reached the person."""
    return "doubted" in claim.before or claim.before.get("stands") == HELD


def _taken(before: Item) -> Mapping[str, Any]:
    return {"tries": before.get("tries", 0), **_doubt(before.get("stands") == HELD)}


def _doubt(doubted: bool) -> dict[str, Any]:
    return {"doubted": True} if doubted else {}
