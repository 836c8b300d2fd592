"""Architecture 12: the rows of a CSV file that arrives in a bucket are sent as text messages, each once, or reported.

File -> state machine, which reads it into a FIFO queue -> sender function -> SendMessages; results and errors -> bucket.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures
from components.building_blocks import notified_flow as flow
from components.building_blocks.bucket import (
    KEY_ARN,
    BucketArgs,
    BucketConfig,
    BucketHandle,
    bucket_or_existing,
    key_statements,
    objects,
)
from components.building_blocks.failures import by_input
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.table import table
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.file_trigger import FileTriggerArgs, file_trigger, plain_prefix
from components.engagement.origination_rates import IDENTITY, RatesConfig
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "smsS3Drop"
RESULTS, ERRORS = "results/", "errors/"
RUN_SECONDS = 900
SENDER_SECONDS = 120
UNDELIVERED_SECONDS = 30
RECEIVES = 200
"""More than a text can need: ten tries, and before each it may be handed out ten times behind texts that took all the time."""
RETENTION_SECONDS = 14 * 24 * 3600
"""As long as SQS keeps messages; a run's deadline is before that."""
WHY_ANY_FILE = "files under the prefix, whose keys are not known before they arrive"
WHY_ANY_REPORT = "reports, named like the files that they are about"
WHY_ALL_NUMBERS = "a listing names no number, so AWS asks for the right on everything"


class SmsS3DropConfig(ArchitectureConfig):
    """Config key `smsS3Drop`."""

    bucket: BucketConfig = pydantic.Field(
        default=BucketConfig(), description="The bucket where files arrive: an existing one, or a new one."
    )
    bucket_key_arn: str | None = pydantic.Field(
        default=None, pattern=KEY_ARN, description="The same as `bucket.keyArn`, under the name that it had first."
    )
    prefix: str = pydantic.Field(
        default="texts/", min_length=1, description="What the keys of files to send begin with."
    )
    origination_number: str | None = pydantic.Field(
        default=None,
        pattern=f"^({IDENTITY})$",
        description="Who rows without short_code come from; without it they are reported as errors.",
    )
    message_type: Literal["TRANSACTIONAL", "PROMOTIONAL"] | None = pydantic.Field(
        default=None, description="Of rows without message_type; without it they are reported as errors."
    )
    rates: RatesConfig = pydantic.Field(default=RatesConfig(), description="How fast numbers may send.")
    duplicate_rows: Literal["report", "send"] = pydantic.Field(
        default="report",
        description="What happens to a row that equals an earlier row of the file in every column.",
    )
    deadline_hours: int = pydantic.Field(
        default=96, ge=1, le=312, description="Hours after which what is not sent yet is reported instead of sent."
    )
    remembered_days: int = pydantic.Field(
        default=90, ge=14, le=3650, description="Days after which it is forgotten what became of each single row."
    )
    poll_seconds: int = pydantic.Field(
        default=5, ge=1, le=3600, description="Seconds, at the least, between two looks how far a file is."
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the table that remembers what was sent stays when the architecture goes.",
    )

    @pydantic.field_validator("prefix")
    @classmethod
    def is_a_plain_key_of_its_own(cls, prefix: str) -> str:
        for reports in (RESULTS, ERRORS):
            if prefix.startswith(reports) or reports.startswith(prefix):
                raise ValueError(f"reports are written under {reports}; allowed is a prefix apart from it")
        return plain_prefix(prefix)


@dataclass(frozen=True)
class SmsS3DropArgs:
    """The config, and the project whose SendMessages sends."""

    config: SmsS3DropConfig
    project: EngagementProject


def drop_definition(function_arn: pulumi.Input[str], topic_arn: pulumi.Input[str]) -> Mapping[str, Any]:
    """Amazon States Language: notify started, open the run, take it further until it ends, notify success or failure."""
    notifications = flow.Notifications(topic_arn, "SMS Drop", {"SmsDropResult.$": flow.RESULT, "Input.$": "$.Input"})
    polling = flow.polling(
        function_arn, done="NotifySucceeded", what="the run", poll_seconds=1, max_polls=flow.POLLS_AT_MOST
    )
    return {
        "Comment": "Sends the rows of one file as text messages",
        "StartAt": "Begin",
        "States": {
            **flow.started(notifications, function_arn, "Open", RUN_SECONDS + 30),
            **polling,
            "Wait": {"Type": "Wait", "SecondsPath": "$.Run.Payload.Wait", "Next": "Poll"},
            "Poll": {**polling["Poll"], "TimeoutSeconds": RUN_SECONDS + 30},
            "GiveUp": {
                "Type": "Pass",
                "Parameters": {
                    "Error": "TooLong",
                    "Cause": f"the file was not done after {flow.POLLS_AT_MOST} looks; start the state machine again with "
                    "the same input, and it goes on where it stopped",
                    "LastResult.$": flow.RESULT,
                },
                "ResultPath": flow.RESULT,
                "Next": flow.NOTIFY_FAILED,
            },
            **flow.ending(notifications, {"SmsDropResult.$": flow.RESULT}),
        },
    }


class SmsS3Drop(Component):
    """Sends each row of each file that arrives in a bucket under a prefix."""

    sms_drop_bucket_name: Declared[str] = Declared("Bucket that files of text messages are dropped into.")
    sms_drop_prefix: Declared[str] = Declared("Key prefix that files of text messages are dropped under.")
    sms_drop_topic_arn: Declared[str] = Declared("Topic of the files' notifications (started, success, failure).")
    sms_drop_state_machine_arn: Declared[str] = Declared(
        'State machine that sends one file; input `{"S3URL": "s3://bucket/key"}`.'
    )
    sms_drop_queue_url: Declared[str] = Declared("Queue of the texts that wait for their turn.")
    sms_drop_table_name: Declared[str] = Declared("Table that remembers which rows were sent.")

    def __init__(self, name: str, args: SmsS3DropArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SmsS3Drop", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        bucket = bucket_or_existing(
            f"{name}-files", config.bucket, project.account.partition, self._child, BucketArgs(eventbridge=True)
        )
        ledger = self._table()
        queue = Queue(
            f"{name}-texts",
            QueueArgs(
                visibility_seconds=6 * SENDER_SECONDS,
                max_receives=RECEIVES,
                fifo=True,
                dead_letters_read=True,
                retention_seconds=RETENTION_SECONDS,
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
        self._sender(queue, ledger)
        self._undelivered(queue, ledger)
        topic = Topic(f"{name}-status", TopicArgs(key_arn=project.key_arn), self._child)
        machine = self._state_machine(bucket, queue, ledger, topic)
        failures.object_place(
            f"{name}-errors",
            "Reports of rows that were not sent, one for each dropped file.",
            pulumi.Output.from_input(bucket.name),
            ERRORS,
            failures.no_way("mend the rows, and drop them as a new file: what was sent is not sent again"),
        )
        file_trigger(name, FileTriggerArgs(bucket=bucket, prefix=config.prefix, machine=machine, project=project), self)
        self.sms_drop_topic_arn = topic.arn
        self.sms_drop_state_machine_arn = machine.arn
        self.sms_drop_bucket_name = bucket.name
        self.sms_drop_prefix = config.prefix
        self.sms_drop_queue_url = queue.url
        self.sms_drop_table_name = ledger.name
        self.register()

    def _table(self) -> aws.dynamodb.Table:
        """What was claimed and sent: without it, a file dropped again would be sent again."""
        retain = self._args.config.retain_data
        return table(f"{self._name}-ledger", self, range_key="sk", expires=True, retain=retain)

    def _sender(self, queue: Queue, ledger: aws.dynamodb.Table) -> None:
        config, project = self._args.config, self._args.project
        sender = Function(
            f"{self._name}-sender",
            FunctionArgs(
                handler="handlers.sms_s3_drop.sender.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "QUEUE_URL": queue.url,
                    "LEDGER_TABLE": ledger.name,
                    "RATES": config.rates.as_json(),
                    "SEND_DUPLICATES": "true" if config.duplicate_rows == "send" else "false",
                    "REMEMBERED_DAYS": str(config.remembered_days),
                },
                statements=[
                    *project.statements("SendMessages"),
                    Statement(
                        ["sms-voice:DescribePhoneNumbers"],
                        ["*"],
                        why_wildcard=WHY_ALL_NUMBERS,
                    ),
                    Statement(
                        [
                            "dynamodb:BatchGetItem",
                            "dynamodb:BatchWriteItem",
                            "dynamodb:GetItem",
                            "dynamodb:PutItem",
                            "dynamodb:UpdateItem",
                        ],
                        [ledger.arn],
                    ),
                    Statement(["sqs:ChangeMessageVisibility"], [queue.arn]),
                ],
                timeout_seconds=SENDER_SECONDS,
                description="Sends queued texts, no faster than each number may",
            ),
            self._child,
        )
        sender.on_queue(queue)

    def _undelivered(self, queue: Queue, ledger: aws.dynamodb.Table) -> None:
        undelivered = Function(
            f"{self._name}-undelivered",
            FunctionArgs(
                handler="handlers.sms_s3_drop.undelivered.handler",
                layer_arn=self._args.project.layer_arn,
                environment={
                    "LEDGER_TABLE": ledger.name,
                    "MAX_RECEIVES": str(RECEIVES),
                    "REMEMBERED_DAYS": str(self._args.config.remembered_days),
                },
                statements=[Statement(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], [ledger.arn])],
                timeout_seconds=UNDELIVERED_SECONDS,
                description="Reports the texts that the queue gave up",
            ),
            self._child,
        )
        undelivered.on_queue(queue.dead_letters)

    def _state_machine(
        self, bucket: BucketHandle, queue: Queue, ledger: aws.dynamodb.Table, topic: Topic
    ) -> StateMachine:
        config, project = self._args.config, self._args.project
        tasks = Function(
            f"{self._name}-tasks",
            FunctionArgs(
                handler="handlers.sms_s3_drop.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    "QUEUE_URL": queue.url,
                    "LEDGER_TABLE": ledger.name,
                    "PREFIX": config.prefix,
                    "ORIGINATION_NUMBER": config.origination_number or "",
                    "MESSAGE_TYPE": config.message_type or "",
                    "DEADLINE_HOURS": str(config.deadline_hours),
                    "REMEMBERED_DAYS": str(config.remembered_days),
                    "POLL_SECONDS": str(config.poll_seconds),
                },
                statements=[
                    *self._file_statements(bucket),
                    Statement(
                        [
                            "dynamodb:BatchWriteItem",
                            "dynamodb:GetItem",
                            "dynamodb:PutItem",
                            "dynamodb:Query",
                            "dynamodb:UpdateItem",
                        ],
                        [ledger.arn],
                    ),
                    queue.send_statement(),
                ],
                timeout_seconds=RUN_SECONDS,
                description="Reads files into the queue of texts, and writes what became of them",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*bucket.ready, *queue.ready]),
        )
        return StateMachine(
            self._name,
            StateMachineArgs(
                definition=drop_definition(tasks.arn, topic.arn),
                statements=[tasks.invoke_statement(), *topic.publish_statements()],
                redrive=by_input(),
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )

    def _file_statements(self, bucket: BucketHandle) -> list[Statement]:
        config = self._args.config
        statements = [
            Statement(
                ["s3:GetObject", "s3:GetObjectVersion"],
                [objects(bucket.arn, config.prefix)],
                why_wildcard=WHY_ANY_FILE,
            ),
            Statement(
                ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
                [objects(bucket.arn, RESULTS), objects(bucket.arn, ERRORS)],
                why_wildcard=WHY_ANY_REPORT,
            ),
            # Without it, S3 answers "access denied" rather than "no such key" for a file that is gone.
            Statement(["s3:ListBucket"], [bucket.arn], {"StringLike": {"s3:prefix": f"{config.prefix}*"}}),
        ]
        key_arn = bucket.key_arn or config.bucket_key_arn
        statements += key_statements(key_arn, self._args.project.account, writes=True)
        return statements
