"""Who works on which shard of a journey or a campaign: one worker at a time."""

from __future__ import annotations

from handlers.shared.claims import Claim, Claims, Layout, Standing
from handlers.shared.tables import Table

LEASE_SECONDS = 330  # above the journeys' worker's own 300: who finds a lease at its end finds a worker that is dead
LEASE = Layout(state="standing", held="HELD", free="FREE", owner="owner", lease="until")


class Leases:
    """The leases of one partition of the sends table, by shard.

    Args:
        seconds: How long one lasts, which is longer than a worker is at a shard; None: LEASE_SECONDS.
    """

    def __init__(self, table: Table, pk: str, seconds: float | None = None) -> None:
        self._pk = pk
        self._seconds = seconds
        self._claims = Claims(table, LEASE, days=2)

    def lease(self, shard: int) -> Claim | None:
        """Takes a shard for this worker; None: another one has it."""
        claim = self._claims.claim(
            (self._pk, f"{shard:02d}"), LEASE_SECONDS if self._seconds is None else self._seconds, take_lost=True
        )
        return claim if claim.standing is Standing.CLAIMED else None

    def release(self, claim: Claim) -> None:
        """Gives a shard back."""
        self._claims.release(claim)
