"""Architecture 5: a run of its state machine creates a campaign on a segment, waits for its end and notifies.

State machine -> campaign, at once -> topic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pydantic

from components.building_blocks import notified_flow as flow
from components.building_blocks import states
from components.building_blocks.failures import no_way
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.polling_config import PollingConfig
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "campaignCreate"
TASK_SECONDS = 120
"""Longer than the API takes to answer at the worst: a task that is given up too early may create a second campaign."""


class CampaignCreateConfig(PollingConfig, ArchitectureConfig):
    """Config key `campaignCreate`."""

    messages_per_second: int | None = pydantic.Field(
        default=None,
        ge=1,
        le=20_000,
        description="The campaigns' `Limits.MessagesPerSecond`. None: as fast as their number may, where it is known, or the "
        "project's settings say.",
    )


@dataclass(frozen=True)
class CampaignCreateArgs:
    """The config, and the project whose campaigns are created."""

    config: CampaignCreateConfig
    project: EngagementProject


def campaign_definition(
    function_arn: pulumi.Input[str], topic_arn: pulumi.Input[str], *, poll_seconds: int, max_polls: int
) -> Mapping[str, Any]:
    """Amazon States Language: create the campaign, poll its activity, notify success or failure."""
    result = {"CampaignCreateResult": {"CampaignCreateOutput.$": flow.RESULT, "CampaignCreateInput.$": "$.Input"}}
    notifications = flow.Notifications(topic_arn, "Campaign Create", result)
    return {
        "Comment": "Creates one campaign and waits for its end",
        "StartAt": "Begin",
        "States": {
            "Begin": flow.begin("CreateCampaign"),
            "CreateCampaign": states.invoke(
                function_arn,
                {
                    "operation": "start",
                    "Input.$": "$.Input",
                    "Execution.$": "$$.Execution.Id",
                    "Retries.$": "$$.State.RetryCount",
                },
                "Decide",
                result_path="$.Run",
                catch=flow.EXPLAIN,
                timeout_seconds=TASK_SECONDS + 30,
            ),
            **flow.polling(
                function_arn,
                done="NotifySucceeded",
                what="the campaign",
                poll_seconds=poll_seconds,
                max_polls=max_polls,
            ),
            **flow.ending(notifications, result),
        },
    }


class CampaignCreate(Component):
    """Creates a campaign for each run of its state machine, at once."""

    campaign_create_state_machine_arn: Declared[str] = Declared(
        "State machine that runs a campaign; input `SegmentId`, `SegmentName`, `SmsTemplateName`, also `EmailTemplateName`, `CampaignName`."
    )
    campaign_notification_topic_arn: Declared[str] = Declared(
        "Topic of the campaigns' notifications (success, failure)."
    )

    def __init__(self, name: str, args: CampaignCreateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:CampaignCreate", name, None, tagged(opts, ARCHITECTURE))
        child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        topic = Topic(f"{name}-notifications", TopicArgs(key_arn=project.key_arn), child)
        tasks = Function(
            f"{name}-tasks",
            FunctionArgs(
                handler="handlers.campaign_create.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "MESSAGES_PER_SECOND": str(config.messages_per_second or ""),
                },
                statements=project.statements("CreateCampaign", "GetCampaign", "GetCampaignActivities", "GetCampaigns"),
                timeout_seconds=TASK_SECONDS,
                description="Creates campaigns and looks how far they are",
            ),
            child,
        )
        machine = StateMachine(
            name,
            StateMachineArgs(
                definition=campaign_definition(
                    tasks.arn, topic.arn, poll_seconds=config.poll_seconds, max_polls=config.max_polls
                ),
                statements=[tasks.invoke_statement(), *topic.publish_statements()],
                redrive=no_way(
                    "its campaign may have sent already: `engagement campaign resume ID` sends to those who have nothing "
                    "yet; where CampaignId is empty, nothing was created, and a new run is safe"
                ),
                alarm_topic_arn=project.alert_topic_arn,
            ),
            child,
        )
        self.campaign_create_state_machine_arn = machine.arn
        self.campaign_notification_topic_arn = topic.arn
        self.register()
