"""The attributes of a chunk's item in a run's ledger, and how claims and results change them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from handlers.engagement.campaigns.audience import CLAIMED, Recipient
from handlers.engagement.campaigns.entries import Outcome

FAR = "at_"
PASSED = "\U0010ffff"
"""How far a chunk is in a shard that is done: behind all ids."""


def counts_of(recipients: Sequence[Recipient]) -> Counter[str]:
    """How recipients that are entered change the counters."""
    counts = Counter(counter(recipient.treatment_id, recipient.status) for recipient in recipients)
    counts.update(f"w_{recipient.treatment_id}" for recipient in recipients if recipient.again)
    return counts


def results_of(outcomes: Sequence[Outcome]) -> Counter[str]:
    """How results change the counters."""
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        counts[counter(outcome.treatment_id, CLAIMED)] -= 1
        counts[counter(outcome.treatment_id, outcome.status)] += 1
        if outcome.due is not None:
            counts[f"w_{outcome.treatment_id}"] += 1
    return counts


def counter(treatment: str, status: str) -> str:
    return f"n_{treatment}_{status}"


def chunk_key(chunk: int) -> str:
    return f"C#{chunk:06d}"


def far_name(shard: int) -> str:
    """The attribute that says how far a chunk is in a shard (handlers/engagement/campaigns/run_ledger.py)."""
    return f"{FAR}{shard:02d}"
