"""Looking into a journey's shards before they are worked off: which have something to do, and who is not served in time."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from handlers.engagement.journeys.participants import Due, Participants
from handlers.engagement.store.shards import SHARDS

NAMESPACE = "engagement/journeys"
OVERDUE_MILLISECONDS = 60 * 60 * 1000
"""Who is due for longer than this is counted as stuck."""


@dataclass(frozen=True)
class Watched:
    """due: who is due in the shards in which somebody is; overdue: how many participants have been due for more than an hour."""

    due: Mapping[int, Due]
    overdue: int


def watch(participants: Participants, now: int, pool: ThreadPoolExecutor) -> Watched:
    """Looks into all shards, by one read each; a shard in which more are late than that reads is counted.

    What it finds is worked off as it is: who has made a step since, by another worker, makes none (`Participants.move`).

    now: the journey's own time, milliseconds.
    """
    look = partial(participants.due, now=now, consistent=False)
    due = {shard: found for shard, found in enumerate(pool.map(look, range(SHARDS))) if found.groups}
    late = now - OVERDUE_MILLISECONDS
    return Watched(due, sum(_overdue(participants, shard, found, late) for shard, found in due.items()))


def _overdue(participants: Participants, shard: int, due: Due, late: int) -> int:
    behind = [group for group in due.groups if group.due < late]
    if due.more and len(behind) == len(due.groups):
        return participants.overdue(shard, late)
    return sum(len(group.positions) for group in behind)


def tell(function: str, overdue: int) -> None:
    """Writes the metric `Overdue` of the worker, as a log line that CloudWatch reads; also 0, since silence is an alarm."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service="journeys")
    metrics.add_dimension(name="function", value=function)
    metrics.add_metric(name="Overdue", unit=MetricUnit.Count, value=overdue)
    metrics.flush_metrics()
