"""What the functions that suppress recipients may do, whichever entrance their events come by."""

import pulumi

from components.building_blocks.policy import Statement
from components.building_blocks.topic import Topic
from components.engagement.project import EngagementProject

WHY_ANY_ADDRESS = "SES's account-level suppression list knows no resources"


def suppression_statements(topic: Topic, project: EngagementProject, opt_out: bool) -> list[Statement]:
    """The suppression list, the status topic and, with `opt_out`, the project's endpoints."""
    return [
        Statement(["ses:PutSuppressedDestination"], ["*"], why_wildcard=WHY_ANY_ADDRESS),
        *topic.publish_statements(),
        *(project.statements("GetEndpoint", "UpdateEndpointsBatch") if opt_out else []),
    ]


def suppression_environment(topic: Topic, project: EngagementProject, opt_out: bool) -> dict[str, pulumi.Input[str]]:
    """The environment of handlers/suppression."""
    return {"RECIPIENT_STATUS_TOPIC_ARN": topic.arn, **(project.environment() if opt_out else {})}
