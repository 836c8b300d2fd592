"""Every type of resource that the sandbox can create, by its Pulumi type token."""

from sandbox.deployer.resource import Resource
from sandbox.deployer.resources import (
    buckets,
    cloudwatch,
    dynamodb,
    events,
    functions,
    iam,
    kinesis,
    kms,
    pinpoint,
    queues,
    state_machines,
    topics,
)

MODULES = (
    buckets,
    cloudwatch,
    dynamodb,
    events,
    functions,
    iam,
    kinesis,
    kms,
    pinpoint,
    queues,
    state_machines,
    topics,
)


def registry() -> dict[str, Resource]:
    """One instance of each resource type by token."""
    made: dict[str, Resource] = {}
    for module in MODULES:
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Resource) and "token" in vars(kind):
                made[kind.token] = kind()
    return made
