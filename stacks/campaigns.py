"""Stack `campaigns`: what is sent."""

from collections.abc import Mapping
from typing import Any

from components import config
from components.campaign_create import CampaignCreate, CampaignCreateArgs, CampaignCreateConfig
from components.engagement.project import EngagementProject
from stacks.references import ReferencesConfig, project_of_foundation

ARCHITECTURES = {"campaignCreate": CampaignCreateConfig}
MODELS = {"references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    "campaignCreateStateMachineArn": "State machine that runs a campaign; input `SegmentId`, `SegmentName`, "
    "`SmsTemplateName`.",
    "campaignNotificationTopicArn": "Topic of the campaigns' notifications (success, failure).",
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    if not settings["campaignCreate"].enabled:
        return {}
    campaigns = CampaignCreate(
        "campaign-create", CampaignCreateArgs(config=settings["campaignCreate"], project=project)
    )
    return {
        "campaignCreateStateMachineArn": campaigns.campaign_create_state_machine_arn,
        "campaignNotificationTopicArn": campaigns.campaign_notification_topic_arn,
    }


async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = config.load(MODELS)
    if not any(settings[key].enabled for key in ARCHITECTURES):
        return {}
    return compose(settings, await project_of_foundation(settings["references"], environment))
