"""Architecture 1: addresses that bounce or complain get onto SES's account-level suppression list.

Identities' notifications -> topic -> queue -> function -> suppression list, recipient status topic, opt-out.
"""

from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks.crud_invocation import CrudInvocation, CrudInvocationArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.engagement.suppression import suppression_environment, suppression_statements
from components.outputs import Component, Declared

ARCHITECTURE = "sesEventProcessing"
PACKAGE = "ses_event_processing"
SECONDS = 60
IDENTITIES_SECONDS = 900
"""SES takes one of these calls a second, and each identity needs two."""
CONCURRENCY = 5
"""Functions at once: more would only meet SES's throttling."""
NOTIFICATIONS = 100
"""At once: what one search for endpoints, and one update of them, takes."""
SES = "ses.amazonaws.com"
LISTED = 5
"""Identities that a warning names."""
WHY_ANY_IDENTITY = "version 1 of SES's API knows no resources for the notification topics of identities"


class SesEventProcessingConfig(ArchitectureConfig):
    """Config key `sesEventProcessing`."""

    identities: Literal["all"] | tuple[str, ...] = pydantic.Field(
        default="all",
        description="Domains and addresses whose bounces and complaints count; `all`: every one that SES has at `pulumi up`.",
    )
    overwrite_existing: bool = pydantic.Field(
        default=False,
        description="Whether an identity that notifies another topic is pointed to ours; false leaves it alone.",
    )
    opt_out_endpoints: bool = pydantic.Field(
        default=True, description="Whether the project's endpoints with a suppressed address are opted out."
    )

    @pydantic.field_validator("identities")
    @classmethod
    def names_or_all(cls, identities: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not identities or any(not name.strip() for name in identities):
            raise ValueError("allowed: all, or a list of at least one domain or address")
        return identities


@dataclass(frozen=True)
class SesEventProcessingArgs:
    """The config, and the project whose endpoints are opted out."""

    config: SesEventProcessingConfig
    project: EngagementProject


class SesEventProcessing(Component):
    """Suppresses the recipients of SES's bounce and complaint notifications."""

    recipient_status_topic_arn: Declared[str] = Declared(
        "Topic with one message for each address that was suppressed because of SES's notifications; attribute `status`: BOUNCE or COMPLAINT."
    )
    notification_topic_arn: Declared[str] = Declared(
        "Topic that SES publishes bounces and complaints to.", export="sesNotificationTopicArn"
    )
    identities_left_alone: Declared[list[str]] = Declared(
        "Identities that notify another topic already, and whose bounces and complaints are not seen here.",
        export="sesIdentitiesLeftAlone",
    )

    def __init__(self, name: str, args: SesEventProcessingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SesEventProcessing", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        project = args.project
        status = Topic(f"{name}-recipient-status", TopicArgs(key_arn=project.key_arn), self._child)
        notifications = Topic(
            f"{name}-notifications",
            TopicArgs(key_arn=project.key_arn, service_publishers=[SES], account_id=project.account.id),
            self._child,
        )
        queue = self._queue(notifications)
        self._suppressor(queue, status)
        subscription = aws.sns.TopicSubscription(
            f"{name}-notifications-subscription",
            topic=notifications.arn,
            protocol="sqs",
            endpoint=queue.arn,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": queue.dead_letter_arn}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
        )
        self.identities_left_alone = self._subscribe_identities(notifications, subscription)
        self.recipient_status_topic_arn = status.arn
        self.notification_topic_arn = notifications.arn
        self.register()

    def _queue(self, notifications: Topic) -> Queue:
        return Queue(
            f"{self._name}-notifications",
            QueueArgs(
                visibility_seconds=6 * SECONDS,
                senders=[Sender("sns.amazonaws.com", notifications.arn)],
                alarm_topic_arn=self._args.project.alert_topic_arn,
            ),
            self._child,
        )

    def _suppressor(self, queue: Queue, status: Topic) -> None:
        project, opt_out = self._args.project, self._args.config.opt_out_endpoints
        Function(
            f"{self._name}-suppressor",
            FunctionArgs(
                handler="handlers.ses_event_processing.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **suppression_environment(status, project, opt_out),
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                },
                statements=[
                    *suppression_statements(status, project, opt_out),
                    Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                ],
                timeout_seconds=SECONDS,
                description="Suppresses recipients who bounced or complained",
            ),
            self._child,
        ).on_queue(queue, batch_size=NOTIFICATIONS, maximum_concurrency=CONCURRENCY)

    def _subscribe_identities(
        self, notifications: Topic, subscription: aws.sns.TopicSubscription
    ) -> pulumi.Output[list[str]]:
        """Last, so that no notification comes before all is there to take it. Returns who is left alone."""
        config = self._args.config
        function = Function(
            f"{self._name}-identities",
            FunctionArgs(
                handler="handlers.ses_event_processing.identities.handler",
                layer_arn=self._args.project.layer_arn,
                statements=[
                    Statement(
                        [
                            "ses:ListIdentities",
                            "ses:GetIdentityNotificationAttributes",
                            "ses:SetIdentityNotificationTopic",
                        ],
                        ["*"],
                        why_wildcard=WHY_ANY_IDENTITY,
                    )
                ],
                timeout_seconds=IDENTITIES_SECONDS,
                description="Points identities' notifications to the topic, and takes back what is ours",
            ),
            self._child,
        )
        identities = config.identities if config.identities == "all" else list(config.identities)
        invocation = CrudInvocation(
            f"{self._name}-identities",
            CrudInvocationArgs(
                function,
                {
                    "TopicArn": notifications.arn,
                    "Identities": identities,
                    "OverwriteExisting": config.overwrite_existing,
                },
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*notifications.ready, subscription]),
        )
        return invocation.result.apply(lambda result: self._told(result.get("LeftAlone") or []))

    def _told(self, left_alone: list[str]) -> list[str]:
        if left_alone:
            listed = ", ".join(left_alone[:LISTED]) + (", ..." if left_alone[LISTED:] else "")
            pulumi.log.warn(
                f"{len(left_alone)} of SES's identities notify another topic already and are left alone: {listed}. Their "
                f"bounces and complaints are not seen here; engagement:{ARCHITECTURE}.overwriteExisting: true takes them "
                f"over, and identities names those of this environment",
                self,
            )
        return left_alone
