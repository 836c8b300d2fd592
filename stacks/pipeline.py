"""Stack `pipeline`: chains the others by their topics, so that a dropped file becomes text messages."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.campaign_create import CampaignCreate
from components.engagement.project import EngagementProject
from components.import_validate_campaign import (
    ImportValidateCampaign,
    ImportValidateCampaignArgs,
    ImportValidateCampaignConfig,
)
from components.phone_number_validate import PhoneNumberValidate
from components.s3_triggered_import import S3TriggeredImport
from stacks import dashboards, keys
from stacks.references import ReferencesConfig, outputs_of, project_of_foundation

ARCHITECTURES = {"importValidateCampaign": ImportValidateCampaignConfig}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {failures.EXPORT: failures.DESCRIPTION}

OF_AUDIENCE = (
    S3TriggeredImport.import_status_topic_arn,
    PhoneNumberValidate.phone_validate_state_machine_arn,
    PhoneNumberValidate.phone_validate_notification_topic_arn,
)
OF_CAMPAIGNS = (CampaignCreate.campaign_create_state_machine_arn, CampaignCreate.campaign_notification_topic_arn)


def compose(settings: Mapping[str, Any], project: EngagementProject, upstream: Mapping[str, Any]) -> dict[str, Any]:
    """Makes the architectures that are enabled. upstream: the exports of OF_AUDIENCE and OF_CAMPAIGNS by name."""
    if settings["importValidateCampaign"].enabled:
        ImportValidateCampaign(
            "import-validate-campaign",
            ImportValidateCampaignArgs(
                config=settings["importValidateCampaign"],
                project=project,
                **{output.attribute: upstream[output.name] for output in (*OF_AUDIENCE, *OF_CAMPAIGNS)},
            ),
        )
    return {}


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Chains what the other stacks export. Exports what EXPORTS describes."""
    settings = keys.load(MODELS)
    if not any(settings[key].enabled for key in ARCHITECTURES):
        return {}
    references = settings["references"]
    upstream = {
        **await outputs_of("audience", [output.name for output in OF_AUDIENCE], references, environment),
        **await outputs_of("campaigns", [output.name for output in OF_CAMPAIGNS], references, environment),
    }
    return compose(settings, await project_of_foundation(references, environment), upstream)
