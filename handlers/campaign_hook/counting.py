"""Counting what fell back, where a person sees it: CloudWatch metrics (written as a log line) and the log.

Namespace `engagement/hooks`, dimensions `service` (the architecture's config key) and `application`. Metrics:
`Endpoints`, `Fallbacks` (all of them), `Fallbacks<Reason>`, and `Trouble`: slow, throttled and failed look-ups, on
which the alarm stands.
"""

from __future__ import annotations

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from handlers.campaign_hook.filters import REASONS, TROUBLE, Fallbacks
from handlers.shared.logging import logger

NAMESPACE = "engagement/hooks"
IDS_IN_LOG = 10


def count(architecture: str, application_id: str, campaign_id: str, endpoints: int, fallbacks: Fallbacks) -> None:
    """Counts one batch of one filter."""
    by_reason = fallbacks.by_reason()
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=architecture)
    metrics.add_dimension(name="application", value=application_id)
    amounts = {
        "Endpoints": endpoints,
        "Fallbacks": sum(map(len, by_reason.values())),
        **{f"Fallbacks{reason}": len(by_reason[reason]) for reason in REASONS if reason in by_reason},
        "Trouble": sum(len(by_reason.get(reason, ())) for reason in TROUBLE),
    }
    for name, amount in amounts.items():
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=amount)
    metrics.flush_metrics()
    for reason, ids in by_reason.items():
        logger.warning(
            "endpoints fell back to the default",
            extra={
                "architecture": architecture,
                "campaign": campaign_id,
                "reason": reason,
                "count": len(ids),
                "endpoints": ids[:IDS_IN_LOG],
            },
        )
