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
from stacks import keys
from stacks.on_project import on_project
from stacks.references import ReferencesConfig

ARCHITECTURES = {
    "pinpointEventProcessing": PinpointEventProcessingConfig,
    "eventDatabase": EventDatabaseConfig,
    "messageArchiver": MessageArchiverConfig,
}
READERS = tuple(ARCHITECTURES)
"""Architectures that read the event stream."""
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    **PinpointEventProcessing.exported(),
    **EventDatabase.exported(),
    **MessageArchiver.exported(),
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
        exports |= processing.exports()
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
        exports |= database.exports()
    if archive.enabled:
        archiver = MessageArchiver("message-archiver", MessageArchiverArgs(config=archive, project=project))
        exports |= archiver.exports()
    return exports


program = on_project(MODELS, ARCHITECTURES, compose)
"""Exports what EXPORTS describes, of the architectures that are enabled."""
