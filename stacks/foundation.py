"""Stack `foundation`: the engagement project and what all stacks share with it."""

from typing import Any

import pulumi

from components.building_blocks import failures
from components.building_blocks.account import Account
from components.building_blocks.layer import Layer
from components.engagement.foundation import Foundation, FoundationArgs
from components.engagement.project import EngagementProject
from components.engagement.project_config import ProjectConfig
from stacks import dashboards, keys

MODELS = {**keys.OF_EVERY_STACK, "project": ProjectConfig}

EXPORTS = {
    "platform": "What holds the customers' data: `hosted` or `pinpoint`.",
    "applicationId": "Id of the application, for every call of the Pinpoint API.",
    "endpointUrl": "Address of the hosted service; empty on platform `pinpoint`.",
    "eventStreamArn": "Kinesis stream with the project's events. Its readers share five reads and 2 MB a second and "
    "shard, four of ours among them: take enhanced fan-out for your own.",
    "alertTopicArn": "Topic where alarms and failures go: subscribe to it.",
    "topicKeyArn": "KMS key that encrypts the topics.",
    "project": "The project as one value, for the other stacks.",
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: ProjectConfig, layer_arn: pulumi.Input[str]) -> tuple[EngagementProject, dict[str, Any]]:
    """Makes the project; returns it and the exports."""
    project = Foundation("engagement", FoundationArgs(settings, Account.current(), layer_arn)).project
    return project, {
        "platform": project.platform,
        "applicationId": project.application_id,
        "endpointUrl": project.description.endpoint_url,
        "eventStreamArn": project.event_stream_arn,
        "alertTopicArn": project.alert_topic_arn,
        "topicKeyArn": project.key_arn,
        "project": project.exports(),
    }


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes."""
    settings = keys.load(MODELS)
    needs_layer = settings["project"].platform == "hosted"
    return compose(settings["project"], Layer("functions").arn if needs_layer else "")[1]
