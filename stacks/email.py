"""Stack `email`: addresses that bounce or complain are not written to again."""

from collections.abc import Mapping
from typing import Any

from components import config
from components.engagement.project import EngagementProject
from components.ses_event_processing import SesEventProcessing, SesEventProcessingArgs, SesEventProcessingConfig
from stacks.references import ReferencesConfig, project_of_foundation

ARCHITECTURES = {"sesEventProcessing": SesEventProcessingConfig}
MODELS = {"references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    "recipientStatusTopicArn": "Topic with one message for each address that was suppressed because of SES's "
    "notifications; attribute `status`: BOUNCE or COMPLAINT.",
    "sesNotificationTopicArn": "Topic that SES publishes bounces and complaints to.",
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    if not settings["sesEventProcessing"].enabled:
        return {}
    processing = SesEventProcessing(
        "ses-event-processing", SesEventProcessingArgs(config=settings["sesEventProcessing"], project=project)
    )
    return {
        "recipientStatusTopicArn": processing.recipient_status_topic_arn,
        "sesNotificationTopicArn": processing.notification_topic_arn,
    }


async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = config.load(MODELS)
    if not any(settings[key].enabled for key in ARCHITECTURES):
        return {}
    return compose(settings, await project_of_foundation(settings["references"], environment))
