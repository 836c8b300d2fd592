"""Architecture 7, the event database: every event of the project in S3, to be queried by SQL, one view a kind of event.

Project's event stream -> Firehose with a function that checks and types each event -> `events/YYYY/MM/DD/HH/` -> Glue
table `all_events` and the views of the Digital User Engagement Events Database v1.0.0 -> an Athena workgroup.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import names
from components.building_blocks.bucket import (
    Bucket,
    BucketArgs,
    BucketConfig,
    BucketHandle,
    bucket_or_existing,
)
from components.building_blocks.delivery_stream import FUNCTION_TIMEOUT_SECONDS, DeliveryStream, DeliveryStreamArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.records import ERRORS, erasure_statements, refused_records_statement
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.event_database_views import table, view
from components.event_database_views.views import VIEWS
from components.outputs import Component, Declared

DATABASE = "due_eventdb"
RESULTS = "results/"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class EventDatabaseConfig(ArchitectureConfig):
    """Config key `eventDatabase`."""

    database_name: str | None = pydantic.Field(
        default=None,
        pattern=r"^[a-z][a-z0-9_]{0,127}$",
        description=f"Glue database, whose name an account and region has once; without it: {DATABASE}, in environment "
        f"`prod` {DATABASE}_prod.",
    )
    bucket: BucketConfig = pydantic.Field(default=BucketConfig(), description="Where the events are.")
    first_day: str = pydantic.Field(
        default="2026-10-30",
        description="Day (YYYY-MM-DD in quotes, not in the future) of the oldest events; queries that name no time look at every hour since then.",
    )
    retention_days: int | None = pydantic.Field(
        default=None, ge=1, description="Days after which events are deleted; without it they stay."
    )
    error_days: int = pydantic.Field(default=90, ge=1, description="Days after which refused records are deleted.")
    result_days: int = pydantic.Field(default=7, ge=1, description="Days after which query results are deleted.")
    buffer_seconds: int = pydantic.Field(
        default=300, ge=60, le=900, description="Longest wait before events become an object that queries see."
    )

    @pydantic.field_validator("first_day")
    @classmethod
    def a_day(cls, value: str) -> str:
        if not DAY.fullmatch(value):
            raise ValueError('allowed: a day in quotes, "YYYY-MM-DD"; Pulumi rewrites a day without quotes as a time')
        # Athena refuses a range of partitions that ends before it starts: every query would fail.
        if date.fromisoformat(value) > (today := datetime.now(UTC).date()):
            raise ValueError(f"{value} is in the future; allowed: a day up to today, {today} (UTC)")
        return value

    @pydantic.model_validator(mode="after")
    def lifecycle_needs_our_bucket(self) -> Self:
        if self.retention_days is not None and self.bucket.existing is not None:
            raise ValueError("retentionDays is given for an existing bucket; allowed: a lifecycle rule of that bucket")
        return self


@dataclass(frozen=True)
class EventDatabaseArgs:
    """archive_prefix: the message archiver's, if the stack has one: sends then say where their message is archived."""

    config: EventDatabaseConfig
    project: EngagementProject
    archive_prefix: str = ""


class EventDatabase(Component):
    """See the module."""

    database_name: Declared[str] = Declared(
        "Glue database with table `all_events` and the views.", export="eventDatabaseName"
    )
    table_name: Declared[str] = Declared("Table with every event.", export="eventTableName")
    workgroup_name: Declared[str] = Declared(
        "Athena workgroup to query the event database in; its results expire.", export="eventWorkgroupName"
    )
    bucket_name: Declared[str] = Declared(
        "Bucket with the events (`events/`) and the refused records (`errors/`).", export="eventBucketName"
    )
    results_bucket_name: Declared[str] = Declared("Bucket with query results.", export="eventResultsBucketName")
    delivery_stream_name: Declared[str] = Declared(
        "Firehose that writes the event database.", export="eventDeliveryStreamName"
    )
    erasure_function_name: Declared[str] = Declared(
        'Function that deletes a person\'s events; input `{"Identifiers": ["..."]}`.', export="eventErasureFunctionName"
    )

    def __init__(self, name: str, args: EventDatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        args.project.check_readers("eventDatabase")
        super().__init__("engagement:patterns:EventDatabase", name, None, tagged(opts, "eventDatabase"))
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        expire = {ERRORS: config.error_days}
        if config.retention_days is not None:
            expire[table.EVENTS] = config.retention_days
        events = bucket_or_existing(
            name, config.bucket, project.account.partition, self._child, BucketArgs(expire_prefixes=expire)
        )
        results = Bucket(
            f"{name}-results",
            BucketArgs(
                versioned=False, noncurrent_days=1, retain_data=False, expire_prefixes={RESULTS: config.result_days}
            ),
            self._child,
        )
        delivery = self._delivery(events)
        database = self._catalog(events)
        workgroup = self._workgroup(results)
        erasure = self._erasure(events, results)

        self.database_name = database.name
        self.table_name = table.TABLE
        self.workgroup_name = workgroup.name
        self.bucket_name = events.name
        self.results_bucket_name = results.name
        self.delivery_stream_name = delivery.name
        self.erasure_function_name = erasure.name
        self.register()

    def _delivery(self, events: BucketHandle) -> DeliveryStream:
        project, config = self._args.project, self._args.config
        transformation = Function(
            f"{self._name}-transformation",
            FunctionArgs(
                description="Checks and types the events on their way into the event database.",
                handler="handlers.event_database.transformation.handler",
                layer_arn=project.layer_arn,
                timeout_seconds=FUNCTION_TIMEOUT_SECONDS,
                environment={
                    "TABLE_COLUMNS": pulumi.Output.json_dumps(table.EVENT_COLUMNS),
                    "ERROR_BUCKET": events.name,
                    "ERROR_PREFIX": ERRORS,
                    "ARCHIVE_PREFIX": self._args.archive_prefix,
                },
                statements=[
                    refused_records_statement(events.arn),
                    *events.key_statements(project.account, writes=True),
                ],
            ),
            self._child,
        )
        return DeliveryStream(
            self._name,
            DeliveryStreamArgs(
                stream_arn=project.event_stream_arn,
                transformation=transformation,
                bucket_arn=events.arn,
                bucket_ready=events.ready,
                bucket_statements=events.key_statements(project.account, writes=True),
                prefix=table.EVENTS,
                errors_prefix=ERRORS,
                account_id=project.account.id,
                buffer_seconds=config.buffer_seconds,
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )

    def _catalog(self, events: BucketHandle) -> aws.glue.CatalogDatabase:
        config = self._args.config
        database = aws.glue.CatalogDatabase(
            f"{self._name}-database",
            name=config.database_name or names.of_this_environment(DATABASE, "_"),
            description="Events of an engagement project: table all_events and one view a kind of event.",
            opts=self._child if config.database_name else names.keeping(self._child),
        )
        location = pulumi.Output.format("s3://{0}/{1}", events.name, table.EVENTS)
        all_events = aws.glue.CatalogTable(
            f"{self._name}-{table.TABLE.replace('_', '-')}",
            name=table.TABLE,
            database_name=database.name,
            table_type="EXTERNAL_TABLE",
            parameters=location.apply(self._table_parameters),
            partition_keys=[{"name": table.PARTITION, "type": "string"}],
            storage_descriptor={
                "location": location,
                "input_format": table.FORMAT["input"],
                "output_format": table.FORMAT["output"],
                "ser_de_info": {
                    "serialization_library": table.FORMAT["serde"],
                    "parameters": table.SERDE_PARAMETERS,
                },
                "columns": [{"name": column, "type": kind} for column, kind in table.COLUMNS.items()],
            },
            opts=self._child,
        )
        for definition in VIEWS:
            aws.glue.CatalogTable(
                f"{self._name}-{definition.name.replace('_', '-')}",
                name=definition.name,
                database_name=database.name,
                table_type="VIRTUAL_VIEW",
                parameters=view.PARAMETERS,
                view_original_text=database.name.apply(definition.original_text),
                view_expanded_text=view.EXPANDED_TEXT,
                owner=view.OWNER,
                storage_descriptor={
                    "ser_de_info": {"name": view.NO_SERDE, "serialization_library": view.NO_SERDE},
                    "columns": [{"name": column.name, "type": column.hive_type} for column in definition.columns],
                },
                opts=pulumi.ResourceOptions(parent=self, depends_on=[all_events]),
            )
        return database

    def _table_parameters(self, location: str) -> Mapping[str, str]:
        config = self._args.config
        if config.retention_days is not None:
            return table.parameters(location, f"NOW-{config.retention_days}DAYS")
        return table.parameters(location, f"{config.first_day.replace('-', '/')}/00")

    def _workgroup(self, results: Bucket) -> aws.athena.Workgroup:
        return aws.athena.Workgroup(
            f"{self._name}-workgroup",
            description="Queries on the event database; their results expire.",
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "result_configuration": {
                    "output_location": pulumi.Output.format("s3://{0}/{1}", results.name, RESULTS),
                    "encryption_configuration": results.query_results_encryption(),
                },
            },
            # Else a history of queries keeps the workgroup from being deleted.
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=results.ready),
        )

    def _erasure(self, events: BucketHandle, results: Bucket) -> Function:
        return Function(
            f"{self._name}-erasure",
            FunctionArgs(
                description="Deletes one person's events, refused records and query results.",
                handler="handlers.event_database.erasure_function.handler",
                layer_arn=self._args.project.layer_arn,
                timeout_seconds=900,
                environment={
                    "EVENTS_BUCKET": events.name,
                    "EVENTS_PREFIX": table.EVENTS,
                    "ERROR_PREFIX": ERRORS,
                    "RESULTS_BUCKET": results.name,
                    "RESULTS_PREFIX": RESULTS,
                },
                statements=[
                    *erasure_statements(events.arn, (table.EVENTS, ERRORS)),
                    *erasure_statements(results.arn, (RESULTS,)),
                    *events.key_statements(self._args.project.account, writes=True),
                ],
            ),
            self._child,
        )
