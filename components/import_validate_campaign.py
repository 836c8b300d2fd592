"""Architecture 17: imports are followed by phone validation, and that by a campaign; failures reach one alert topic.

The topics of 3, 4 and 5 -> queue -> forwarder function -> the state machines of 4 and 5, or the alert topic.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.engagement.file_trigger import plain_prefix
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "importValidateCampaign"
FORWARDER_SECONDS = 30

CampaignPrefix = Annotated[str, pydantic.Field(min_length=1, max_length=200, pattern=r"^[^*?$]*$")]
TemplateName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$")]


class ImportValidateCampaignConfig(ArchitectureConfig):
    """Config key `importValidateCampaign`."""

    sms_template_name: TemplateName | None = pydantic.Field(
        default=None, description="The SMS template of the campaigns; needed where the architecture is enabled."
    )
    email_template_name: TemplateName | None = pydantic.Field(
        default=None, description="An email template of the campaigns, for segments with email endpoints."
    )

    campaign_prefixes: tuple[CampaignPrefix, ...] = pydantic.Field(
        default=(),
        max_length=10,
        description="What the keys of the imported files begin with that validation and a campaign follow "
        "(`import/campaigns/`); none: every imported file starts a campaign.",
    )

    @pydantic.field_validator("campaign_prefixes")
    @classmethod
    def are_plain_keys(cls, prefixes: tuple[str, ...]) -> tuple[str, ...]:
        for prefix in prefixes:
            plain_prefix(prefix)
        return prefixes

    @pydantic.model_validator(mode="after")
    def has_a_template(self) -> Self:
        if self.enabled and self.sms_template_name is None:
            raise ValueError("smsTemplateName is missing; needed: the name of the campaigns' SMS template")
        return self


@dataclass(frozen=True)
class ImportValidateCampaignArgs:
    """The config, the project, and what architectures 3, 4 and 5 export."""

    config: ImportValidateCampaignConfig
    project: EngagementProject
    import_status_topic_arn: pulumi.Input[str]
    phone_validate_state_machine_arn: pulumi.Input[str]
    phone_validate_notification_topic_arn: pulumi.Input[str]
    campaign_create_state_machine_arn: pulumi.Input[str]
    campaign_notification_topic_arn: pulumi.Input[str]


class ImportValidateCampaign(Component):
    """Chains imports, phone validation and campaigns."""

    alert_topic_arn: Declared[str] = Declared("Topic where all failures arrive: subscribe to it.", export=None)

    def __init__(self, name: str, args: ImportValidateCampaignArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:ImportValidateCampaign", name, None, tagged(opts, ARCHITECTURE))
        self._name = name
        child = pulumi.ResourceOptions(parent=self)
        project = args.project
        sources: dict[str, tuple[pulumi.Input[str], Sequence[str]]] = {
            "import": (args.import_status_topic_arn, ["success", "failure"]),
            "phone-validate": (args.phone_validate_notification_topic_arn, ["success", "failure"]),
            "campaign": (args.campaign_notification_topic_arn, ["failure"]),
        }
        queue = Queue(
            f"{name}-notifications",
            QueueArgs(
                visibility_seconds=6 * FORWARDER_SECONDS,
                senders=[Sender("sns.amazonaws.com", topic_arn) for topic_arn, _ in sources.values()],
                alarm_topic_arn=project.alert_topic_arn,
            ),
            child,
        )
        self._forwarder(args, queue).on_queue(queue)
        for source, (topic_arn, types) in sources.items():
            aws.sns.TopicSubscription(
                f"{name}-{source}-subscription",
                topic=topic_arn,
                protocol="sqs",
                endpoint=queue.arn,
                filter_policy=json.dumps({"notification_type": list(types)}),
                redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": queue.dead_letter_arn}),
                opts=pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
            )
        self.alert_topic_arn = project.alert_topic_arn
        self.register()

    def _forwarder(self, args: ImportValidateCampaignArgs, queue: Queue) -> Function:
        config, project = args.config, args.project
        return Function(
            f"{self._name}-forwarder",
            FunctionArgs(
                handler="handlers.import_validate_campaign.forwarder.handler",
                layer_arn=project.layer_arn,
                environment={
                    "PHONE_VALIDATE_STATE_MACHINE_ARN": args.phone_validate_state_machine_arn,
                    "CAMPAIGN_CREATE_STATE_MACHINE_ARN": args.campaign_create_state_machine_arn,
                    "ALERT_TOPIC_ARN": project.alert_topic_arn,
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                    "SMS_TEMPLATE_NAME": config.sms_template_name or "",
                    "EMAIL_TEMPLATE_NAME": config.email_template_name or "",
                    **({"CAMPAIGN_PREFIXES": json.dumps(config.campaign_prefixes)} if config.campaign_prefixes else {}),
                },
                statements=[
                    Statement(
                        ["states:StartExecution"],
                        [args.phone_validate_state_machine_arn, args.campaign_create_state_machine_arn],
                    ),
                    *project.alert_statements(),
                    Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                ],
                timeout_seconds=FORWARDER_SECONDS,
                description="Starts what follows an import or a validation, and passes failures on",
            ),
            pulumi.ResourceOptions(parent=self),
        )
