"""Looking into a journey's shards before they are worked off: which have something to do, and who is not served in time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from handlers.engagement.journeys.participants import Participants
from handlers.engagement.store.shards import SHARDS

NAMESPACE = "engagement/journeys"
OVERDUE_MILLISECONDS = 60 * 60 * 1000
"""Who is due for longer than this is counted as stuck."""


@dataclass(frozen=True)
class Watched:
    """due: the shards in which somebody is due; overdue: how many participants have been due for more than an hour."""

    due: frozenset[int]
    overdue: int


def watch(participants: Participants, now: int, pool: ThreadPoolExecutor) -> Watched:
    """Looks into all shards, by one read each; counts only where somebody is late.

    now: the journey's own time, milliseconds.
    """
    earliest: Mapping[int, int | None] = dict(enumerate(pool.map(participants.earliest, range(SHARDS))))
    late = now - OVERDUE_MILLISECONDS
    return Watched(
        frozenset(shard for shard, due in earliest.items() if due is not None and due <= now),
        sum(participants.overdue(shard, late) for shard, due in earliest.items() if due is not None and due < late),
    )


def tell(function: str, overdue: int) -> None:
    """Writes the metric `Overdue` of the worker, as a log line that CloudWatch reads; also 0, since silence is an alarm."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="journeys")
    metrics.add_dimension(name="function", value=function)
    metrics.add_metric(name="Overdue", unit=MetricUnit.Count, value=overdue)
    metrics.flush_metrics()
