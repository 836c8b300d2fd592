"""A topic, encrypted with the project's key, that takes messages by TLS only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import guardrails, policy, watched


@dataclass(frozen=True)
class TopicArgs:
    """key_arn: the KMS key, unless the guardrails name another. service_publishers: AWS services of `account_id` that publish by themselves (alarms)."""

    key_arn: pulumi.Input[str]
    service_publishers: Sequence[str] = ()
    account_id: pulumi.Input[str] | None = None

    def __post_init__(self) -> None:
        if self.service_publishers and self.account_id is None:
            raise ValueError(
                f"service_publishers {list(self.service_publishers)} need account_id: whose resources may publish"
            )


class Topic(pulumi.ComponentResource):
    """A topic. Roles publish by `publish_statements()`; services of the account by `service_publishers`."""

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Topic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.key_arn: pulumi.Input[str] = guardrails.current().config.keys.topics or args.key_arn
        self.topic = aws.sns.Topic(f"{name}-topic", kms_master_key_id=self.key_arn, opts=child)
        watched.note(watched.Kind.TOPIC, name, self.topic.name)
        statements: list[dict[str, Any]] = [policy.tls_only(["sns:Publish"], [self.topic.arn])]
        statements += [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": ["sns:Publish"],
                "Resource": [self.topic.arn],
                "Condition": {"StringEquals": {"aws:SourceAccount": args.account_id}},
            }
            for service in args.service_publishers
        ]
        topic_policy = aws.sns.TopicPolicy(
            f"{name}-policy", arn=self.topic.arn, policy=policy.resource_document(statements), opts=child
        )
        self.arn = self.topic.arn
        self.ready: list[pulumi.Resource] = [self.topic, topic_policy]
        self.register_outputs({"arn": self.arn})

    def publish_statements(self) -> list[policy.Statement]:
        """What a publisher's role needs: the topic, and the key that encrypts its messages."""
        return [
            policy.Statement(["sns:Publish"], [self.arn]),
            policy.Statement(["kms:Decrypt", "kms:GenerateDataKey"], [self.key_arn]),
        ]
