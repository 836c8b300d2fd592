"""Stack `email`: addresses that bounce or complain are not written to again; mail that nobody reads is answered."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.engagement.project import EngagementProject
from components.ses_auto_reply import SesAutoReply, SesAutoReplyArgs, SesAutoReplyConfig
from components.ses_event_processing import SesEventProcessing, SesEventProcessingArgs, SesEventProcessingConfig
from stacks import keys
from stacks.on_project import on_project
from stacks.references import ReferencesConfig

ARCHITECTURES = {"sesEventProcessing": SesEventProcessingConfig, "sesAutoReply": SesAutoReplyConfig}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    **SesEventProcessing.exported(),
    **SesAutoReply.exported(),
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    exports: dict[str, Any] = {}
    if settings["sesEventProcessing"].enabled:
        processing = SesEventProcessing(
            "ses-event-processing", SesEventProcessingArgs(config=settings["sesEventProcessing"], project=project)
        )
        exports |= processing.exports()
    if settings["sesAutoReply"].enabled:
        replying = SesAutoReply("ses-auto-reply", SesAutoReplyArgs(config=settings["sesAutoReply"], project=project))
        exports |= replying.exports()
    return exports


program = on_project(MODELS, ARCHITECTURES, compose)
"""Exports what EXPORTS describes, of the architectures that are enabled."""
