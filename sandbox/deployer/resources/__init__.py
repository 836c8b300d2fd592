"""Every type of resource that the sandbox can create, by its Pulumi type token."""

from sandbox.deployer.resource import Resource
from sandbox.deployer.resources import (
    athena,
    buckets,
    certificates,
    cloudfront,
    cloudwatch,
    dashboards,
    dynamodb,
    events,
    firehose,
    functions,
    glue,
    iam,
    kinesis,
    kms,
    log_deliveries,
    log_streams,
    pinpoint,
    queues,
    receipt_rules,
    records,
    schedules,
    ses,
    sms_voice,
    state_machines,
    topics,
)

MODULES = (
    athena,
    buckets,
    certificates,
    cloudfront,
    cloudwatch,
    dashboards,
    dynamodb,
    events,
    firehose,
    functions,
    glue,
    iam,
    kinesis,
    kms,
    log_deliveries,
    log_streams,
    pinpoint,
    queues,
    receipt_rules,
    records,
    schedules,
    ses,
    sms_voice,
    state_machines,
    topics,
)


def registry() -> dict[str, Resource]:
    """One instance of each resource type by token."""
    made: dict[str, Resource] = {}
    for module in MODULES:
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Resource) and "pulumi_type" in vars(kind):
                made[kind.pulumi_type] = kind()
    return made
