"""What a project has on either platform: the topics' key, the alert topic and the event stream."""

import pulumi
import pulumi_aws as aws

from components.building_blocks import guardrails, policy, watched
from components.building_blocks.account import Account
from components.building_blocks.topic import Topic, TopicArgs
from components.config import NAMESPACE
from components.engagement.project_config import AlertsConfig, ProjectConfig, StreamConfig

ALARMS = "cloudwatch.amazonaws.com"
PUBLISHERS = (ALARMS, "ses.amazonaws.com", "sms-voice.amazonaws.com")
"""Services that publish to encrypted topics by themselves: alarms, and what became of messages."""

STREAM_MODES = {"onDemand": "ON_DEMAND", "provisioned": "PROVISIONED"}


class Ground(pulumi.ComponentResource):
    """Key, alert topic and event stream of a project.

    key_arn: of the topics. alert_topic_arn, alert_key_arn: where alarms go, and its key ("" where it has none).
    stream_arn, stream_name: "" where there is no stream.
    """

    def __init__(
        self, name: str, account: Account, config: ProjectConfig, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("engagement:project:Ground", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        keys = guardrails.current().config.keys
        self.key_arn: pulumi.Input[str] = keys.topics or self._topics_key(account)
        self.alert_topic_arn, self.alert_key_arn = self._alerts(account, config.alerts)
        self.stream = self._stream(config.events.stream, keys.stream)
        self.stream_arn: pulumi.Input[str] = "" if self.stream is None else self.stream.arn
        self.stream_name: pulumi.Input[str] = "" if self.stream is None else self.stream.name
        self.stream_key_arn = "" if self.stream is None else keys.stream or ""
        self.register_outputs(
            {"keyArn": self.key_arn, "alertTopicArn": self.alert_topic_arn, "eventStreamArn": self.stream_arn}
        )

    def _topics_key(self, account: Account) -> pulumi.Output[str]:
        key = aws.kms.Key(
            f"{self._name}-topics-key",
            description="Messages of the engagement topics at rest",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            policy=_key_policy(account),
            opts=self._child,
        )
        return key.arn

    def _alerts(self, account: Account, config: AlertsConfig) -> tuple[pulumi.Input[str], pulumi.Input[str]]:
        if config.topic_arn is not None:
            given = {"topicArn": config.topic_arn, "keyArn": config.key_arn}
            key = f"{NAMESPACE}:project.alerts"
            guardrails.here(account, {f"{key}.{name}": arn for name, arn in given.items() if arn is not None})
            return config.topic_arn, config.key_arn or ""
        topic = Topic(
            f"{self._name}-alerts",
            TopicArgs(key_arn=self.key_arn, service_publishers=[ALARMS], account_id=account.id),
            self._child,
        )
        if config.email is not None:
            aws.sns.TopicSubscription(
                f"{self._name}-alerts-email",
                topic=topic.arn,
                protocol="email",
                endpoint=config.email,
                opts=pulumi.ResourceOptions(parent=self, depends_on=topic.ready),
            )
        return topic.arn, topic.key_arn

    def _stream(self, config: StreamConfig, key_arn: str | None) -> aws.kinesis.Stream | None:
        if config.mode == "none":
            return None
        stream = aws.kinesis.Stream(
            f"{self._name}-events",
            stream_mode_details={"stream_mode": STREAM_MODES[config.mode]},
            shard_count=config.shards,
            encryption_type="KMS",
            kms_key_id=key_arn or "alias/aws/kinesis",
            retention_period=24,
            opts=self._child,
        )
        watched.note(watched.Kind.STREAM, f"{self._name}-events", stream.name)
        guardrails.current().encrypts(stream.arn, "kinesis", key_arn)
        return stream


def _key_policy(account: Account) -> pulumi.Output[str]:
    """The account's own IAM policies decide who uses the key; services that publish without a role are named."""
    everything_of_this_key = "*"
    return policy.resource_document(
        [
            {
                "Sid": "TheAccountsPoliciesDecide",
                "Effect": "Allow",
                "Principal": {"AWS": account.arn("iam", "root", region=False)},
                "Action": ["kms:*"],
                "Resource": [everything_of_this_key],
            },
            {
                "Sid": "ServicesPublish",
                "Effect": "Allow",
                "Principal": {"Service": list(PUBLISHERS)},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": [everything_of_this_key],
                "Condition": {"StringEquals": {"aws:SourceAccount": account.id}},
            },
        ]
    )
