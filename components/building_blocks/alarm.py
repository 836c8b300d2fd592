"""An alarm that says something needs a person."""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from components.building_blocks import watched

RUNBOOK = "Runbook: docs/runbook.md"
"""What an alarm's description ends with."""


def alarm(
    name: str,
    *,
    namespace: str,
    metric: str,
    dimensions: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str] | None,
    description: str,
    opts: pulumi.ResourceOptions,
    statistic: str = "Sum",
    period_seconds: int = 60,
    threshold: int = 0,
    silence_is_good: bool = True,
) -> aws.cloudwatch.MetricAlarm:
    """Alarms when the metric is above `threshold` in one period, and tells `topic_arn`, where one is given.

    silence_is_good: whether no data counts as good, as for a metric that is absent while nothing happens.
    """
    made = aws.cloudwatch.MetricAlarm(
        name,
        namespace=namespace,
        metric_name=metric,
        dimensions=dict(dimensions),
        statistic=statistic,
        period=period_seconds,
        evaluation_periods=1,
        comparison_operator="GreaterThanThreshold",
        threshold=threshold,
        treat_missing_data="notBreaching" if silence_is_good else "breaching",
        alarm_actions=[] if topic_arn is None else [topic_arn],
        alarm_description=description,
        opts=opts,
    )
    watched.note(watched.Kind.ALARM, name, made.arn)
    return made
