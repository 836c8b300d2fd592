"""Physical names: those that carry the stack's name or the guardrails' prefix, and are kept when these change."""

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

import pulumi

from components.building_blocks import guardrails

LONGEST = 64


class Naming(NamedTuple):
    """The property that names a type of resource, and AWS's limit on the name."""

    property: str
    longest: int


NAMINGS = {
    "aws:athena/workgroup:Workgroup": Naming("name", 128),
    "aws:cloudfront/cachePolicy:CachePolicy": Naming("name", 128),
    "aws:cloudfront/originAccessControl:OriginAccessControl": Naming("name", 64),
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy": Naming("name", 128),
    "aws:cloudwatch/eventRule:EventRule": Naming("name", 64),
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": Naming("name", 60),
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": Naming("name", 60),
    "aws:cloudwatch/logGroup:LogGroup": Naming("name", 512),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Naming("name", 255),
    "aws:dynamodb/table:Table": Naming("name", 255),
    "aws:iam/role:Role": Naming("name", 64),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": Naming("name", 64),
    "aws:kinesis/stream:Stream": Naming("name", 128),
    "aws:kinesis/streamConsumer:StreamConsumer": Naming("name", 128),
    "aws:lambda/function:Function": Naming("name", 64),
    "aws:s3/bucket:Bucket": Naming("bucket", 63),
    "aws:scheduler/schedule:Schedule": Naming("name", 64),
    "aws:sfn/stateMachine:StateMachine": Naming("name", 80),
    "aws:sns/topic:Topic": Naming("name", 256),
    "aws:sqs/queue:Queue": Naming("name", 80),
}
"""Types whose resources an account has by name, and whose name is left to Pulumi where there is no prefix."""


def of_this_stack(name: str) -> str:
    """A name that no other stack of the account has, for what an account and region have by name. At most 64 characters."""
    return f"{prefixed(name)}-{pulumi.get_stack()}"[:LONGEST]


def of_this_environment(name: str, separator: str = "-") -> str:
    """A name that no other environment has: `mail-prod` in stack `email-prod`, `mail` in a stack without an environment."""
    environment = pulumi.get_stack().partition("-")[2]
    written = re.sub(r"[^a-z0-9]+", separator, environment.lower()).strip(separator)
    named = prefixed(name, separator)
    return f"{named}{separator}{written}"[:LONGEST].rstrip(separator) if written else named


def prefixed(name: str, separator: str = "-") -> str:
    """The name with the guardrails' prefix. separator: what stands for `-` where a name may hold none."""
    return (guardrails.current().config.name_prefix or "").replace("-", separator) + name


def keeping(opts: pulumi.ResourceOptions, name_property: str = "name") -> pulumi.ResourceOptions:
    """Options of a resource that keeps the name that it was made with: another one would replace it, with what it holds."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=[name_property]))


def with_prefix(
    kind: str, name: str, properties: Mapping[str, Any], opts: pulumi.ResourceOptions
) -> tuple[Mapping[str, Any], pulumi.ResourceOptions]:
    """Properties and options of a resource whose name Pulumi would make, with a name that begins with the prefix.

    The name is drawn anew in each run, as Pulumi draws one when it makes a resource, and kept from the first run on: a
    resource that exists keeps the name that it has, whenever a prefix was set. An empty prefix keeps all names.
    """
    prefix = guardrails.current().config.name_prefix
    naming = NAMINGS.get(kind)
    if prefix is None or naming is None or properties.get(naming.property) is not None:
        return properties, opts
    if properties.get(f"{naming.property}_prefix") is not None:
        return properties, keeping(opts, f"{naming.property}_prefix")
    if prefix:
        end = f"-{secrets.token_hex(4)[:7]}{'.fifo' if properties.get('fifo_queue') else ''}"
        drawn = f"{prefix}{name}"[: naming.longest - len(end)].rstrip("-") + end
        properties = {**properties, naming.property: drawn.lower() if naming.property == "bucket" else drawn}
    return properties, keeping(opts, naming.property)
