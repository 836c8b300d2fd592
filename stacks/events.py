"""Stack `events`: readers of the project's event stream, each with its own place in it: suppression, database, archive."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.engagement.project import EngagementProject
from components.event_database import EventDatabase, EventDatabaseArgs, EventDatabaseConfig
from components.message_archiver import MessageArchiver, MessageArchiverArgs, MessageArchiverConfig
from components.pinpoint_event_processing import (
    PinpointEventProcessing,
    PinpointEventProcessingArgs,
    PinpointEventProcessingConfig,
)
from stacks import dashboards, keys
from stacks.references import ReferencesConfig, project_of_foundation

ARCHITECTURES = {
    "pinpointEventProcessing": PinpointEventProcessingConfig,
    "eventDatabase": EventDatabaseConfig,
    "messageArchiver": MessageArchiverConfig,
}
READERS = tuple(ARCHITECTURES)
"""Architectures that read the event stream."""
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    "pinpointRecipientStatusTopicArn": "Topic with one message for each address that was suppressed because of the "
    "project's events; attribute `status`: BOUNCE or COMPLAINT.",
    "suppressionBucketName": "Bucket with the bounces and complaints (`events/`) and the lines that could not be "
    "handled (`errors/`).",
    "eventDatabaseName": "Glue database with table `all_events` and the views.",
    "eventTableName": "Table with every event.",
    "eventWorkgroupName": "Athena workgroup to query the event database in; its results expire.",
    "eventBucketName": "Bucket with the events (`events/`) and the refused records (`errors/`).",
    "eventResultsBucketName": "Bucket with query results.",
    "eventDeliveryStreamName": "Firehose that writes the event database.",
    "eventErasureFunctionName": 'Function that deletes a person\'s events; input `{"Identifiers": ["..."]}`.',
    "archiveBucketName": "Bucket with the archived messages.",
    "archivePrefix": "Key prefix of the archived messages.",
    "archiveRecordsFunctionName": "Function that lists and deletes what is archived for an endpoint; input "
    '`{"operation": "list", "EndpointId": "..."}`.',
    "archiveQueueUrl": "Queue of the messages that are still to be archived.",
    "archiveDeadLetterQueueUrl": "Queue of the messages that could not be archived.",
    "archiveDeliveryStreamName": "Firehose that queues the messages.",
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    project.check_readers(*(key for key in READERS if settings[key].enabled))
    exports: dict[str, Any] = {}
    if settings["pinpointEventProcessing"].enabled:
        processing = PinpointEventProcessing(
            "pinpoint-event-processing",
            PinpointEventProcessingArgs(config=settings["pinpointEventProcessing"], project=project),
        )
        exports |= {
            "pinpointRecipientStatusTopicArn": processing.recipient_status_topic_arn,
            "suppressionBucketName": processing.bucket_name,
        }
    archive = settings["messageArchiver"]
    if settings["eventDatabase"].enabled:
        database = EventDatabase(
            "event-database",
            EventDatabaseArgs(
                config=settings["eventDatabase"],
                project=project,
                archive_prefix=archive.prefix if archive.enabled else "",
            ),
        )
        exports |= {
            "eventDatabaseName": database.database_name,
            "eventTableName": database.table_name,
            "eventWorkgroupName": database.workgroup_name,
            "eventBucketName": database.bucket_name,
            "eventResultsBucketName": database.results_bucket_name,
            "eventDeliveryStreamName": database.delivery_stream_name,
            "eventErasureFunctionName": database.erasure_function_name,
        }
    if archive.enabled:
        archiver = MessageArchiver("message-archiver", MessageArchiverArgs(config=archive, project=project))
        exports |= {
            "archiveBucketName": archiver.bucket_name,
            "archivePrefix": archiver.archive_prefix,
            "archiveRecordsFunctionName": archiver.records_function_name,
            "archiveQueueUrl": archiver.queue_url,
            "archiveDeadLetterQueueUrl": archiver.dead_letter_queue_url,
            "archiveDeliveryStreamName": archiver.delivery_stream_name,
        }
    return exports


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = keys.load(MODELS)
    if not any(settings[key].enabled for key in ARCHITECTURES):
        return {}
    return compose(settings, await project_of_foundation(settings["references"], environment))
