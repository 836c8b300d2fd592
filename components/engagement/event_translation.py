"""Delivery events of the hosted project's messages: from SES and End User Messaging into the project's event stream.

Configuration sets -> event destinations -> topic -> queue -> function -> counters, and Kinesis in Pinpoint's event JSON.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.building_blocks import names
from components.building_blocks.account import Account
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.topic import Topic, TopicArgs

SECONDS = 60
MESSAGES = 500
"""At once: what one call to the stream takes."""
PUBLISHERS = ("ses.amazonaws.com", "sms-voice.amazonaws.com")
EMAIL_EVENTS = ("SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "OPEN", "CLICK", "RENDERING_FAILURE")
SMS_EVENTS = ("TEXT_ALL",)
COUNTING = ("BatchGetItem", "UpdateItem")
"""What the translator takes of the table where it counts events."""


@dataclass(frozen=True)
class EventTranslationArgs:
    """stream: where events go. email_configuration_set, sms_configuration_set: existing sets to attach to by name; empty:
    a set is made. sends_table: where events are counted, and journeys look for those of their messages. application_id: whose events are those that
    name no application."""

    application_id: pulumi.Input[str]
    account: Account
    stream_arn: pulumi.Input[str]
    stream_name: pulumi.Input[str]
    sends_table: aws.dynamodb.Table
    key_arn: pulumi.Input[str]
    layer_arn: pulumi.Input[str]
    alert_topic_arn: pulumi.Input[str]
    email_configuration_set: str = ""
    sms_configuration_set: str = ""


class EventTranslation(pulumi.ComponentResource):
    """Translates delivery events. Messages must be sent with its configuration sets.

    email_configuration_set, sms_configuration_set: their names. topic_arn: where both publish.
    """

    def __init__(self, name: str, args: EventTranslationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:EventTranslation", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        topic = Topic(
            f"{name}-delivery-events",
            TopicArgs(key_arn=args.key_arn, service_publishers=PUBLISHERS, account_id=args.account.id),
            self._child,
        )
        queue = Queue(
            f"{name}-delivery-events",
            QueueArgs(
                visibility_seconds=6 * SECONDS,
                senders=[Sender("sns.amazonaws.com", topic.arn)],
                alarm_topic_arn=args.alert_topic_arn,
            ),
            self._child,
        )
        self._translator(queue)
        subscription = aws.sns.TopicSubscription(
            f"{name}-delivery-events-subscription",
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.arn,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": queue.dead_letter_arn}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
        )
        ready = pulumi.ResourceOptions(parent=self, depends_on=[*topic.ready, subscription])
        self.topic_arn: pulumi.Output[str] = topic.arn
        self.email_configuration_set: pulumi.Output[str] = self._email(topic, ready)
        self.sms_configuration_set: pulumi.Output[str] = self._sms(topic, ready)
        self.register_outputs(
            {
                "topicArn": self.topic_arn,
                "emailConfigurationSet": self.email_configuration_set,
                "smsConfigurationSet": self.sms_configuration_set,
            }
        )

    def _email(self, topic: Topic, ready: pulumi.ResourceOptions) -> pulumi.Output[str]:
        given = self._args.email_configuration_set
        set_name = (
            pulumi.Output.from_input(given)
            if given
            else aws.sesv2.ConfigurationSet(
                f"{self._name}-email",
                configuration_set_name=names.of_this_stack(self._name),
                suppression_options={"suppressed_reasons": ["BOUNCE", "COMPLAINT"]},
                opts=names.keeping(self._child, "configuration_set_name"),
            ).configuration_set_name
        )
        aws.sesv2.ConfigurationSetEventDestination(
            f"{self._name}-email-events",
            configuration_set_name=set_name,
            event_destination_name=f"{self._name}-events",
            event_destination={
                "enabled": True,
                "matching_event_types": list(EMAIL_EVENTS),
                "sns_destination": {"topic_arn": topic.arn},
            },
            opts=ready,
        )
        return set_name

    def _sms(self, topic: Topic, ready: pulumi.ResourceOptions) -> pulumi.Output[str]:
        given = self._args.sms_configuration_set
        set_name = (
            pulumi.Output.from_input(given)
            if given
            else aws.pinpoint.Smsvoicev2ConfigurationSet(
                f"{self._name}-sms", name=names.of_this_stack(self._name), opts=names.keeping(self._child)
            ).name
        )
        aws.pinpoint.Smsvoicev2EventDestination(
            f"{self._name}-sms-events",
            configuration_set_name=set_name,
            event_destination_name=f"{self._name}-events",
            enabled=True,
            matching_event_types=list(SMS_EVENTS),
            sns_destination={"topic_arn": topic.arn},
            opts=ready,
        )
        return set_name

    def _translator(self, queue: Queue) -> None:
        args = self._args
        Function(
            f"{self._name}-translator",
            FunctionArgs(
                handler="handlers.engagement.translation.function.handler",
                layer_arn=args.layer_arn,
                environment={
                    "APPLICATION_ID": args.application_id,
                    "ACCOUNT_ID": args.account.id,
                    "EVENT_STREAM_NAME": args.stream_name,
                    "SENDS_TABLE": args.sends_table.name,
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                },
                statements=[
                    Statement(["kinesis:PutRecords"], [args.stream_arn]),
                    Statement([f"dynamodb:{operation}" for operation in COUNTING], [args.sends_table.arn]),
                    Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                ],
                timeout_seconds=SECONDS,
                description="Delivery events of email and SMS become counters and events of the project's stream",
            ),
            self._child,
        ).on_queue(queue, batch_size=MESSAGES)
