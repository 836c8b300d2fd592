"""Architecture 9: events set and clear endpoint attributes by rules, so that dynamic segments follow what people do.

Event stream -> function -> endpoints in batches; what cannot be made now waits in a queue, what never can is an error
object that names its place in the stream.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures, guardrails, policy, watched
from components.building_blocks.bucket import Bucket, BucketArgs, objects
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import DeadLetters, Queue, QueueArgs
from components.building_blocks.table import table
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig, ConfigModel
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "eventBasedSegmentation"
PACKAGE = "event_based_segmentation"
SECONDS = 120
RECORDS = 1000
WINDOW_SECONDS = 5
RETRIES = 10
RULES_BYTES = 3000
"""All environment variables of a function together have 4 KB."""
ERRORS = "errors/"
WHY_ANY_ERROR = "objects named after their record's place in the stream, below the prefix of errors"


class SegmentationRule(ConfigModel):
    """One rule: an event of this type gives the endpoint's attribute these values, or takes all values away."""

    event_type: str = pydantic.Field(
        min_length=1, max_length=100, description="Event type as the stream has it, for example _email.open."
    )
    attribute: str = pydantic.Field(min_length=1, max_length=50, description="Endpoint attribute to set or clear.")
    values: tuple[str, ...] = pydantic.Field(
        default=(), max_length=50, description="Values that the attribute gets; none for action remove."
    )
    action: Literal["add", "remove"] = pydantic.Field(
        default="add", description="`add` gives the attribute its values, `remove` takes all values away."
    )
    where: Mapping[str, tuple[str, ...]] = pydantic.Field(
        default={},
        description="Event attributes, each with the values of which the event must have one; empty: every event.",
    )

    @pydantic.model_validator(mode="after")
    def values_fit_the_action(self) -> Self:
        if self.action == "add" and not self.values:
            raise ValueError("values is missing; an add rule needs at least one")
        if self.action == "remove" and self.values:
            raise ValueError("values is given; a remove rule takes all values away and names none")
        if any(not 1 <= len(value) <= 100 for value in self.values):
            raise ValueError("a value is empty or longer than 100 characters")
        if any(not allowed for allowed in self.where.values()):
            raise ValueError("where has an attribute without values; needed is at least one")
        return self

    def as_json(self) -> dict[str, Any]:
        """As handlers/event_based_segmentation/rules.py reads it."""
        rule: dict[str, Any] = {
            "eventType": self.event_type,
            "attribute": self.attribute,
            "values": list(self.values),
        }
        where = {name: list(allowed) for name, allowed in self.where.items()}
        return {**rule, "where": where} if where else rule


DEFAULT_RULES = (
    SegmentationRule(event_type="_email.open", attribute="opened_email", values=("true",)),
    SegmentationRule(event_type="registered_for_webinar5", attribute="webinar_registration", values=("webinar5",)),
    SegmentationRule(
        event_type="_custom.registered_for_webinar5", attribute="webinar_registration", values=("webinar5",)
    ),
)


class EventBasedSegmentationConfig(ArchitectureConfig):
    """Config key `eventBasedSegmentation`."""

    rules: tuple[SegmentationRule, ...] = pydantic.Field(
        default=DEFAULT_RULES, min_length=1, description="What events do to endpoint attributes."
    )
    memory_days: int = pydantic.Field(
        default=90,
        ge=1,
        le=3650,
        description="Days for which an endpoint's newest event is remembered, so that no older one overrules it.",
    )
    error_days: int = pydantic.Field(
        default=90, ge=1, description="Days after which records that could not be handled are deleted."
    )
    enhanced_fan_out: bool = pydantic.Field(
        default=False,
        description="Whether the function reads each shard at 2 MB a second of its own, at an extra price. false: it shares "
        "five reads and 2 MB a second with the other readers. A change begins at the newest event.",
    )
    parallelization_factor: int = pydantic.Field(
        default=1, ge=1, le=10, description="Functions at once for each shard of the event stream."
    )

    @pydantic.field_validator("rules")
    @classmethod
    def unambiguous_and_small(cls, rules: tuple[SegmentationRule, ...]) -> tuple[SegmentationRule, ...]:
        seen: set[str] = set()
        for rule in rules:
            document = rule.as_json()
            key = json.dumps([rule.event_type, rule.attribute, document.get("where", {})], sort_keys=True)
            if key in seen:
                raise ValueError(
                    f"two rules say what {rule.event_type} does to {rule.attribute}; allowed is one for the same events"
                )
            seen.add(key)
        size = len(rules_json(rules).encode())
        if size > RULES_BYTES:
            raise ValueError(f"the rules have {size:,} bytes as JSON; at most {RULES_BYTES:,} are allowed")
        return rules


def rules_json(rules: tuple[SegmentationRule, ...]) -> str:
    """The rules as the function reads them."""
    return json.dumps([rule.as_json() for rule in rules], ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True)
class EventBasedSegmentationArgs:
    """The config, and the project whose events are read and whose endpoints are updated."""

    config: EventBasedSegmentationConfig
    project: EngagementProject


class EventBasedSegmentation(Component):
    """Keeps endpoint attributes at what the newest events say."""

    errors_bucket_name: Declared[str] = Declared(
        "Bucket with the events that segmentation could not handle (`errors/`).", export="segmentationErrorsBucketName"
    )

    def __init__(self, name: str, args: EventBasedSegmentationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args.project.check_readers(ARCHITECTURE)
        super().__init__("engagement:patterns:EventBasedSegmentation", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        errors = Bucket(
            f"{name}-errors",
            BucketArgs(
                versioned=False, noncurrent_days=1, retain_data=False, expire_prefixes={ERRORS: config.error_days}
            ),
            self._child,
        )
        memory = table(f"{name}-memory", self, expires=True)
        later = Queue(
            f"{name}-later",
            QueueArgs(visibility_seconds=6 * SECONDS, alarm_topic_arn=project.alert_topic_arn),
            self._child,
        )
        function = self._function(errors, memory, later)
        function.on_queue(later, maximum_concurrency=2)
        self._read_stream(function)
        failures.object_place(
            f"{name}-errors",
            "Events that segmentation cannot handle, an object for each.",
            errors.name,
            ERRORS,
            failures.by_function("streamRecord", function.name),
        )
        self.errors_bucket_name = errors.name
        self.register()

    def _function(self, errors: Bucket, memory: aws.dynamodb.Table, later: Queue) -> Function:
        config, project = self._args.config, self._args.project
        return Function(
            self._name,
            FunctionArgs(
                handler="handlers.event_based_segmentation.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "RULES": rules_json(config.rules),
                    "MEMORY_TABLE": memory.name,
                    "MEMORY_DAYS": str(config.memory_days),
                    "ERRORS_BUCKET": errors.name,
                    "ERRORS_PREFIX": ERRORS,
                    "LATER_QUEUE_URL": later.url,
                    "DEAD_LETTER_QUEUE_URL": later.dead_letter_url,
                },
                statements=[
                    *project.statements("GetEndpoint", "UpdateEndpointsBatch"),
                    Statement(["dynamodb:BatchGetItem", "dynamodb:PutItem"], [memory.arn]),
                    Statement(["s3:PutObject"], [objects(errors.arn, ERRORS)], why_wildcard=WHY_ANY_ERROR),
                    Statement(["sqs:SendMessage"], [later.arn, later.dead_letter_arn]),
                ],
                timeout_seconds=SECONDS,
                description="Sets and clears endpoint attributes by events",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=errors.ready),
        )

    def _read_stream(self, function: Function) -> None:
        config, project = self._args.config, self._args.project
        unread = DeadLetters(f"{self._name}-unread", project.alert_topic_arn, opts=self._child)
        unread.redriven(
            "Batches of the stream that segmentation gave up: where they are in the stream, not the events themselves.",
            failures.by_function("stream", function.name),
        )
        source, reading = self._source()
        grants = aws.iam.RolePolicy(
            f"{self._name}-stream-grants",
            role=function.role.name,
            policy=policy.document(
                [
                    *reading,
                    unread.send_statement(),
                ]
            ),
            opts=self._child,
        )
        watched.note(watched.Kind.STREAM_READER, self._name, function.name)
        aws.lambda_.EventSourceMapping(
            f"{self._name}-stream-source",
            event_source_arn=source,
            function_name=function.arn,
            starting_position="LATEST",
            batch_size=RECORDS,
            maximum_batching_window_in_seconds=WINDOW_SECONDS,
            parallelization_factor=config.parallelization_factor,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=RETRIES,
            destination_config={"on_failure": {"destination_arn": unread.arn}},
            function_response_types=["ReportBatchItemFailures"],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[grants, *function.ready, *unread.ready]),
        )

    def _source(self) -> tuple[pulumi.Input[str], list[Statement]]:
        """What the function reads: the stream with the others, or a consumer of its own; and the rights for it."""
        stream = self._args.project.event_stream_arn
        reading = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"]
        if not self._args.config.enhanced_fan_out:
            return stream, [Statement([*reading, "kinesis:GetRecords", "kinesis:GetShardIterator"], [stream])]
        consumer = aws.kinesis.StreamConsumer(f"{self._name}-consumer", stream_arn=stream, opts=self._child)
        guardrails.current().derived(consumer.arn, stream)
        return consumer.arn, [
            Statement(reading, [stream]),
            Statement(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], [consumer.arn]),
        ]
