"""Architecture 8, the message archiver: every message of a campaign or journey, as it was sent, kept by endpoint.

Project's event stream -> Firehose with a function that gives each send its place in the archive and queues it -> queue ->
a function that renders the message and stores it at `archive/[EndpointId]/[Year]/[Month]/[Day]/[Hour]/[uuid]`.

Its Firehose is its own, so that the archive and the event database, which read the same stream, cannot hold each other
up and each can be switched off alone. The place of a message is a function of its event, which is why the event database
names the same one.
"""

import re
from dataclasses import dataclass

import pulumi
import pydantic

from components.building_blocks import policy
from components.building_blocks.bucket import BucketArgs, BucketConfig, BucketHandle, bucket_or_existing, objects
from components.building_blocks.delivery_stream import FUNCTION_TIMEOUT_SECONDS, DeliveryStream, DeliveryStreamArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.queue import Queue, QueueArgs
from components.building_blocks.records import ERRORS, erasure_statements, refused_records_statement
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

INDEX = "sends/"
ARCHIVER_TIMEOUT_SECONDS = 120
PREFIX = re.compile(r"([A-Za-z0-9!_.*'()-]+/)+")
OPERATIONS = (
    "GetCampaign",
    "GetEmailTemplate",
    "GetEndpoint",
    "GetJourney",
    "GetPushTemplate",
    "GetSmsTemplate",
    "GetVoiceTemplate",
)
"""What rendering a message reads."""


class MessageArchiverConfig(ArchitectureConfig):
    """Config key `messageArchiver`."""

    bucket: BucketConfig = pydantic.Field(default=BucketConfig(), description="Where the archive is.")
    prefix: str = pydantic.Field(
        default="archive/",
        description="Key prefix of the archive; folders that end in /, none of them sends/ or errors/.",
    )
    retention_days: int | None = pydantic.Field(
        default=None, ge=1, description="Days after which archived messages are deleted; without it they stay."
    )
    index_days: int = pydantic.Field(
        default=30, ge=1, description="Days after which the list of queued sends (sends/) is deleted."
    )
    error_days: int = pydantic.Field(default=90, ge=1, description="Days after which refused records are deleted.")
    maximum_concurrency: int = pydantic.Field(
        default=10, ge=2, le=1000, description="How many batches of ten messages are rendered at a time."
    )

    @pydantic.field_validator("prefix")
    @classmethod
    def folders(cls, value: str) -> str:
        if not PREFIX.fullmatch(value) or len(value) > 200:
            raise ValueError("allowed: folders of letters, digits and !_.*'()- that end in /, such as archive/")
        if value.startswith((INDEX, ERRORS)):
            raise ValueError(f"allowed: a prefix other than {INDEX} and {ERRORS}, which the archiver uses itself")
        return value

    @pydantic.model_validator(mode="after")
    def lifecycle_needs_our_bucket(self) -> "MessageArchiverConfig":
        if self.retention_days is not None and self.bucket.existing is not None:
            raise ValueError("retentionDays is given for an existing bucket; allowed: a lifecycle rule of that bucket")
        return self


@dataclass(frozen=True)
class MessageArchiverArgs:
    """The config, and the project whose sends are archived."""

    config: MessageArchiverConfig
    project: EngagementProject


class MessageArchiver(Component):
    """See the module."""

    bucket_name: Declared[str] = Declared("Bucket with the archived messages.", export="archiveBucketName")
    archive_prefix: Declared[str] = Declared("Key prefix of the archived messages.")
    records_function_name: Declared[str] = Declared(
        'Function that lists and deletes what is archived for an endpoint; input `{"operation": "list", "EndpointId": "..."}`.',
        export="archiveRecordsFunctionName",
    )
    queue_url: Declared[str] = Declared(
        "Queue of the messages that are still to be archived.", export="archiveQueueUrl"
    )
    dead_letter_queue_url: Declared[str] = Declared(
        "Queue of the messages that could not be archived.", export="archiveDeadLetterQueueUrl"
    )
    delivery_stream_name: Declared[str] = Declared(
        "Firehose that queues the messages.", export="archiveDeliveryStreamName"
    )

    def __init__(self, name: str, args: MessageArchiverArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args.project.check_readers("messageArchiver")
        super().__init__("engagement:patterns:MessageArchiver", name, None, tagged(opts, "messageArchiver"))
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        expire = {INDEX: config.index_days, ERRORS: config.error_days}
        if config.retention_days is not None:
            expire[config.prefix] = config.retention_days
        archive = bucket_or_existing(
            name, config.bucket, project.account.partition, self._child, BucketArgs(expire_prefixes=expire)
        )
        queue = Queue(
            name,
            QueueArgs(visibility_seconds=6 * ARCHIVER_TIMEOUT_SECONDS, alarm_topic_arn=project.alert_topic_arn),
            self._child,
        )
        # The consumer comes first: what is queued can be archived from the first message on.
        self._archiver(archive, queue)
        delivery = self._delivery(archive, queue)
        records = self._records(archive)

        self.bucket_name = archive.name
        self.archive_prefix = config.prefix
        self.records_function_name = records.name
        self.queue_url = queue.url
        self.dead_letter_queue_url = queue.dead_letter_url
        self.delivery_stream_name = delivery.name
        self.register()

    def _archiver(self, archive: BucketHandle, queue: Queue) -> None:
        project, config = self._args.project, self._args.config
        archiver = Function(
            f"{self._name}-archiver",
            FunctionArgs(
                description="Renders the messages that were sent, and stores them.",
                handler="handlers.message_archiver.archiver.handler",
                layer_arn=project.layer_arn,
                timeout_seconds=ARCHIVER_TIMEOUT_SECONDS,
                environment={
                    **project.environment(),
                    "ARCHIVE_BUCKET": archive.name,
                    "ARCHIVE_PREFIX": config.prefix,
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                },
                statements=[
                    policy.Statement(
                        ["s3:PutObject"],
                        [objects(archive.arn, config.prefix)],
                        why_wildcard="one object a message, named by endpoint and time",
                    ),
                    *archive.key_statements(project.account, writes=True),
                    policy.Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                    *project.statements(*OPERATIONS),
                ],
            ),
            self._child,
        )
        archiver.on_queue(queue, batch_size=10, maximum_concurrency=config.maximum_concurrency)

    def _delivery(self, archive: BucketHandle, queue: Queue) -> DeliveryStream:
        project, config = self._args.project, self._args.config
        transformation = Function(
            f"{self._name}-transformation",
            FunctionArgs(
                description="Gives each send its place in the archive, and queues it.",
                handler="handlers.message_archiver.transformation.handler",
                layer_arn=project.layer_arn,
                timeout_seconds=FUNCTION_TIMEOUT_SECONDS,
                environment={
                    "QUEUE_URL": queue.url,
                    "ARCHIVE_PREFIX": config.prefix,
                    "ERROR_BUCKET": archive.name,
                    "ERROR_PREFIX": ERRORS,
                },
                statements=[
                    queue.send_statement(),
                    refused_records_statement(archive.arn),
                    *archive.key_statements(project.account, writes=True),
                ],
            ),
            self._child,
        )
        return DeliveryStream(
            self._name,
            DeliveryStreamArgs(
                stream_arn=project.event_stream_arn,
                transformation=transformation,
                bucket_arn=archive.arn,
                bucket_ready=archive.ready,
                bucket_statements=archive.key_statements(project.account, writes=True),
                prefix=INDEX,
                errors_prefix=ERRORS,
                account_id=project.account.id,
                buffer_mb=5,
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )

    def _records(self, archive: BucketHandle) -> Function:
        config = self._args.config
        return Function(
            f"{self._name}-records",
            FunctionArgs(
                description="Lists and deletes what is archived for an endpoint.",
                handler="handlers.message_archiver.records_function.handler",
                layer_arn=self._args.project.layer_arn,
                timeout_seconds=900,
                environment={
                    "ARCHIVE_BUCKET": archive.name,
                    "ARCHIVE_PREFIX": config.prefix,
                    "INDEX_PREFIX": INDEX,
                    "ERROR_PREFIX": ERRORS,
                },
                statements=[
                    policy.Statement(
                        ["s3:ListBucket"], [archive.arn], {"StringLike": {"s3:prefix": [f"{config.prefix}*"]}}
                    ),
                    *erasure_statements(archive.arn, (config.prefix, INDEX, ERRORS)),
                    *archive.key_statements(self._args.project.account, writes=True),
                ],
            ),
            self._child,
        )
