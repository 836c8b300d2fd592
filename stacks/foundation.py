"""Stack `foundation`: the engagement project and what all stacks share with it."""

from typing import Any

import pulumi

from components.building_blocks import failures
from components.building_blocks.account import Account
from components.building_blocks.layer import Layer
from components.engagement.foundation import Foundation, FoundationArgs
from components.engagement.project import EXPORT, EngagementProject
from components.engagement.project_config import ProjectConfig
from stacks import dashboards, keys

MODELS = {**keys.OF_EVERY_STACK, "project": ProjectConfig}

EXPORTS = {
    **Foundation.exported(),
    EXPORT: "The project as one value, for the other stacks.",
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: ProjectConfig, layer_arn: pulumi.Input[str]) -> tuple[EngagementProject, dict[str, Any]]:
    """Makes the project; returns it and the exports."""
    made = Foundation("engagement", FoundationArgs(settings, Account.current(), layer_arn))
    return made.project, {**made.exports(), EXPORT: made.project.exports()}


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes."""
    settings = keys.load(MODELS)
    needs_layer = settings["project"].platform == "hosted"
    return compose(settings["project"], Layer("functions").arn if needs_layer else "")[1]
