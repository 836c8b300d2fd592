"""What a campaign's ledger takes and tells: claims without a result, results of claims, and totals."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from handlers.shared.tables import Key


class OpenClaim(NamedTuple):
    """A claim without a result."""

    endpoint_id: str
    treatment_id: str
    chunk: int
    at: int


class Totals(NamedTuple):
    """counts: treatment id -> status -> recipients. missing: treatment id -> those who may still get their message by `resume`."""

    counts: dict[str, Counter[str]]
    missing: Counter[str]


class Outcome(NamedTuple):
    """What became of a claim. due: epoch milliseconds from which on it may be claimed again; None: the status is final.

    tries: how often it was tried in vain so far. free: the key of the address's claim that ends with it.
    uncounted: when it was counted for caps, in epoch milliseconds, where that is taken back; 0: it is not.
    """

    endpoint_id: str
    treatment_id: str
    status: str
    due: int | None = None
    tries: int = 0
    free: Key | None = None
    uncounted: int = 0

    @property
    def actions(self) -> int:
        """How many of a transaction's actions it takes, without those of counters."""
        return 1 + (self.due is not None) + (self.free is not None)
