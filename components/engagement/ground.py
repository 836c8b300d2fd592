"""What a project has on either platform: the topics' key, the alert topic and the event stream."""

import pulumi
import pulumi_aws as aws

from components.building_blocks import policy
from components.building_blocks.account import Account
from components.building_blocks.topic import Topic, TopicArgs

ALARMS = "cloudwatch.amazonaws.com"
PUBLISHERS = (ALARMS, "ses.amazonaws.com", "sms-voice.amazonaws.com")
"""Services that publish to encrypted topics by themselves: alarms, and what became of messages."""


class Ground(pulumi.ComponentResource):
    """Key, alert topic and event stream of a project."""

    def __init__(self, name: str, account: Account, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:Ground", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(
            f"{name}-topics-key",
            description="Messages of the engagement topics at rest",
            enable_key_rotation=True,
            deletion_window_in_days=7,
            policy=_key_policy(account),
            opts=child,
        )
        self.key_arn = key.arn
        self.alerts = Topic(
            f"{name}-alerts",
            TopicArgs(key_arn=key.arn, service_publishers=[ALARMS], account_id=account.id),
            child,
        )
        self.stream = aws.kinesis.Stream(
            f"{name}-events",
            stream_mode_details={"stream_mode": "ON_DEMAND"},
            encryption_type="KMS",
            kms_key_id="alias/aws/kinesis",
            retention_period=24,
            opts=child,
        )
        self.register_outputs({"keyArn": key.arn, "alertTopicArn": self.alerts.arn, "eventStreamArn": self.stream.arn})


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
