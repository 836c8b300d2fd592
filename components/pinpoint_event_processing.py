"""Architecture 6: hard bounces and complaints in the project's event stream get onto SES's suppression list.

Event stream -> Firehose (keeps what matters here) -> `events/` -> EventBridge rule -> queue -> function for each object.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures, watched
from components.building_blocks.bucket import Bucket, BucketArgs, objects
from components.building_blocks.delivery_stream import FUNCTION_TIMEOUT_SECONDS, DeliveryStream, DeliveryStreamArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.engagement.suppression import suppression_environment, suppression_statements
from components.outputs import Component, Declared

ARCHITECTURE = "pinpointEventProcessing"
PACKAGE = "pinpoint_event_processing"
SECONDS = 300
CONCURRENCY = 5
"""Functions at once: more would only meet SES's throttling."""
EVENTS = "events/"
ERRORS = "errors/"
DELIVERY_ERRORS = "delivery-errors/"
WHY_ANY_EVENT = "objects that Firehose names, below the prefix of events"
WHY_ANY_ERROR = "objects named after the objects that they are about, below the prefix of errors"


class PinpointEventProcessingConfig(ArchitectureConfig):
    """Config key `pinpointEventProcessing`."""

    event_days: int = pydantic.Field(
        default=7, ge=1, description="Days after which the objects with bounces and complaints are deleted."
    )
    error_days: int = pydantic.Field(
        default=90, ge=1, description="Days after which lines that could not be handled are deleted."
    )
    buffer_seconds: int = pydantic.Field(
        default=60, ge=0, le=900, description="Longest wait before events become an object that is worked off."
    )
    opt_out_endpoints: bool = pydantic.Field(
        default=True, description="Whether the project's endpoints with a suppressed address are opted out."
    )


@dataclass(frozen=True)
class PinpointEventProcessingArgs:
    """The config, and the project whose events are read and whose endpoints are opted out."""

    config: PinpointEventProcessingConfig
    project: EngagementProject


class PinpointEventProcessing(Component):
    """Suppresses the recipients of the hard bounces and complaints in the project's event stream."""

    recipient_status_topic_arn: Declared[str] = Declared(
        "Topic with one message for each address that was suppressed because of the project's events; attribute `status`: BOUNCE or COMPLAINT.",
        export="pinpointRecipientStatusTopicArn",
    )
    bucket_name: Declared[str] = Declared(
        "Bucket with the bounces and complaints (`events/`) and the lines that could not be handled (`errors/`).",
        export="suppressionBucketName",
    )

    def __init__(
        self, name: str, args: PinpointEventProcessingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        args.project.check_readers(ARCHITECTURE)
        super().__init__("engagement:patterns:PinpointEventProcessing", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        bucket = Bucket(
            f"{name}-events",
            BucketArgs(
                versioned=False,
                noncurrent_days=1,
                retain_data=False,
                eventbridge=True,
                expire_prefixes={
                    EVENTS: config.event_days,
                    ERRORS: config.error_days,
                    DELIVERY_ERRORS: config.error_days,
                },
            ),
            self._child,
        )
        status = Topic(f"{name}-recipient-status", TopicArgs(key_arn=project.key_arn), self._child)
        target = self._trigger(bucket, status)
        self._delivery(bucket, target)
        self.recipient_status_topic_arn = status.arn
        self.bucket_name = bucket.name
        self.register()

    def _trigger(self, bucket: Bucket, status: Topic) -> aws.cloudwatch.EventTarget:
        rule = aws.cloudwatch.EventRule(
            f"{self._name}-objects-rule",
            description=f"Objects that Firehose writes under {EVENTS}",
            event_pattern=pulumi.Output.json_dumps(
                {
                    "source": ["aws.s3"],
                    "detail-type": ["Object Created"],
                    "detail": {"bucket": {"name": [bucket.name]}, "object": {"key": [{"prefix": EVENTS}]}},
                },
                sort_keys=True,
            ),
            opts=self._child,
        )
        watched.note(watched.Kind.RULE, f"{self._name}-objects", rule.name)
        queue = Queue(
            f"{self._name}-objects",
            QueueArgs(
                visibility_seconds=6 * SECONDS,
                senders=[Sender("events.amazonaws.com", rule.arn)],
                alarm_topic_arn=self._args.project.alert_topic_arn,
            ),
            self._child,
        )
        self._suppressor(bucket, queue, status)
        return aws.cloudwatch.EventTarget(
            f"{self._name}-objects-target",
            rule=rule.name,
            arn=queue.arn,
            dead_letter_config={"arn": queue.dead_letter_arn},
            opts=pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
        )

    def _suppressor(self, bucket: Bucket, queue: Queue, status: Topic) -> None:
        project, opt_out = self._args.project, self._args.config.opt_out_endpoints
        suppressor = Function(
            f"{self._name}-suppressor",
            FunctionArgs(
                handler="handlers.pinpoint_event_processing.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **suppression_environment(status, project, opt_out),
                    "EVENTS_PREFIX": EVENTS,
                    "ERRORS_PREFIX": ERRORS,
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                },
                statements=[
                    *suppression_statements(status, project, opt_out),
                    Statement(["s3:GetObject"], [objects(bucket.arn, EVENTS)], why_wildcard=WHY_ANY_EVENT),
                    Statement(["s3:PutObject"], [objects(bucket.arn, ERRORS)], why_wildcard=WHY_ANY_ERROR),
                    # Without it S3 says "access denied" rather than "not found" of an object that has expired.
                    Statement(["s3:ListBucket"], [bucket.arn], {"StringLike": {"s3:prefix": f"{EVENTS}*"}}),
                    Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                ],
                timeout_seconds=SECONDS,
                description="Suppresses recipients who bounced or complained",
            ),
            self._child,
        )
        suppressor.on_queue(queue, maximum_concurrency=CONCURRENCY)
        failures.object_place(
            f"{self._name}-errors",
            "Lines of event objects that cannot be handled, an object for each event object.",
            bucket.name,
            ERRORS,
            failures.by_function("object", suppressor.name),
        )

    def _delivery(self, bucket: Bucket, target: aws.cloudwatch.EventTarget) -> None:
        """Last, so that no object comes before all is there to take it."""
        config, project = self._args.config, self._args.project
        transformation = Function(
            f"{self._name}-transformation",
            FunctionArgs(
                handler="handlers.pinpoint_event_processing.transformation.handler",
                layer_arn=project.layer_arn,
                timeout_seconds=FUNCTION_TIMEOUT_SECONDS,
                description="Keeps hard bounces, complaints and what cannot be read",
            ),
            self._child,
        )
        DeliveryStream(
            self._name,
            DeliveryStreamArgs(
                stream_arn=project.event_stream_arn,
                transformation=transformation,
                bucket_arn=bucket.arn,
                bucket_ready=[*bucket.ready, target],
                prefix=EVENTS,
                errors_prefix=DELIVERY_ERRORS,
                account_id=project.account.id,
                buffer_mb=5,
                buffer_seconds=config.buffer_seconds,
                compressed=False,
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
