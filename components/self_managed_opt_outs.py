"""Architecture 11: a text message such as STOP opts its number out, START opts it in again, HELP is answered.

Two-way numbers -> topic -> queue -> function -> table of opt-outs, the project's endpoints, an opt-out list, a reply,
opt-out topic, the project's event stream.
"""

import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import names
from components.building_blocks.crud_invocation import CrudInvocation, CrudInvocationArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.opt_out_keywords import (
    DEFAULT_LANGUAGES,
    Languages,
    check_languages,
    keywords_json,
)
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs, Sender
from components.building_blocks.table import Index, index_arn, table
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.engagement.sending import protect_statement
from components.outputs import Component, Declared

ARCHITECTURE = "selfManagedOptOuts"
PACKAGE = "self_managed_opt_outs"
SECONDS = 60
NUMBERS_SECONDS = 900
"""End User Messaging takes one of these calls a second, and each number needs three."""
CONCURRENCY = 5
"""Functions at once: opt-out lists take ten changes a second."""
BY_STATUS = "byStatus"
SMS = "sms-voice.amazonaws.com"
WHY_ANY_NUMBER = "no phone numbers are named, so the answer comes from whichever number the message was sent to"


class SelfManagedOptOutsConfig(ArchitectureConfig):
    """Config key `selfManagedOptOuts`."""

    phone_number_ids: tuple[str, ...] = pydantic.Field(
        default=(),
        description="Ids (phone-...) of numbers that are set up for two-way SMS and self-managed opt-outs; none: "
        "set up numbers yourself, with the topic twoWayTopicArn.",
    )
    overwrite_existing: bool = pydantic.Field(
        default=False,
        description="Whether a number whose messages go somewhere else already is taken over; false is an error then.",
    )
    two_way_topic_arn: str | None = pydantic.Field(
        default=None,
        pattern=r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$",
        description="An existing topic that numbers publish to; without it one is made.",
    )
    opt_out_list_name: str | None = pydantic.Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="An existing opt-out list of End User Messaging to keep in step; without it one is made, which no "
        "number uses until you say so.",
    )
    languages: Languages = pydantic.Field(
        default=DEFAULT_LANGUAGES,
        description="Keywords and answers by language; the first language that has a keyword answers it.",
    )
    memory_days: int = pydantic.Field(
        default=14,
        ge=5,
        le=365,
        description="Days for which a handled message is remembered, so that it is not handled twice.",
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the table of opt-outs stays in the account, protected from deletion, when the stack goes; "
        "false deletes it with the stack.",
    )

    @pydantic.field_validator("phone_number_ids")
    @classmethod
    def ids(cls, ids: tuple[str, ...]) -> tuple[str, ...]:
        if any(not re.fullmatch(r"phone-[A-Za-z0-9]+", identifier) for identifier in ids):
            raise ValueError("allowed: ids such as phone-0123456789abcdef0123456789abcdef, not the numbers themselves")
        if len(set(ids)) != len(ids):
            raise ValueError("an id is given twice; allowed is each once")
        return ids

    @pydantic.field_validator("languages")
    @classmethod
    def enough_and_not_too_much(cls, languages: Languages) -> Languages:
        return check_languages(languages)


@dataclass(frozen=True)
class SelfManagedOptOutsArgs:
    """The config, and the project whose endpoints are opted out and in."""

    config: SelfManagedOptOutsConfig
    project: EngagementProject


class SelfManagedOptOuts(Component):
    """Opts numbers out and in by the messages that they send."""

    two_way_topic_arn: Declared[str] = Declared(
        "Topic that two-way phone numbers publish the messages to that they receive."
    )
    opt_out_topic_arn: Declared[str] = Declared(
        "Topic with one message for each number that was opted out or in again; attribute `status`: OUT or IN."
    )
    table_name: Declared[str] = Declared(
        "Table of the numbers that were ever opted out or in, with since when.", export="optOutTableName"
    )
    opt_out_list_name: Declared[str] = Declared("Opt-out list of End User Messaging that is kept in step.")
    records_function_name: Declared[str] = Declared(
        'Function that tells who is opted out, and since when; input `{"operation": "list"}` or `{"operation": "get", "Address": "+..."}`.',
        export="optOutRecordsFunctionName",
    )
    dead_letter_queue_url: Declared[str] = Declared(
        "Queue of the inbound messages that could not be handled.", export="optOutDeadLetterQueueUrl"
    )

    def __init__(self, name: str, args: SelfManagedOptOutsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SelfManagedOptOuts", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        announcements = Topic(f"{name}-changes", TopicArgs(key_arn=project.key_arn), self._child)
        inbound_arn, inbound_ready = self._inbound_topic()
        self._numbers, self._memory = self._tables()
        list_name = self._opt_out_list()
        queue = Queue(
            f"{name}-inbound",
            QueueArgs(
                visibility_seconds=6 * SECONDS,
                senders=[Sender("sns.amazonaws.com", inbound_arn)],
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
        self._changer(queue, announcements, list_name)
        subscription = aws.sns.TopicSubscription(
            f"{name}-inbound-subscription",
            topic=inbound_arn,
            protocol="sqs",
            endpoint=queue.arn,
            redrive_policy=pulumi.Output.json_dumps({"deadLetterTargetArn": queue.dead_letter_arn}),
            opts=pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
        )
        records = self._records()
        if config.phone_number_ids:
            self._set_up_numbers(inbound_arn, [*inbound_ready, subscription])
        self.two_way_topic_arn = inbound_arn
        self.opt_out_topic_arn = announcements.arn
        self.table_name = self._numbers.name
        self.opt_out_list_name = list_name
        self.records_function_name = records.name
        self.dead_letter_queue_url = queue.dead_letter_url
        self.register()

    def _inbound_topic(self) -> tuple[pulumi.Input[str], list[pulumi.Resource]]:
        config, project = self._args.config, self._args.project
        if config.two_way_topic_arn is not None:
            return config.two_way_topic_arn, []
        topic = Topic(
            f"{self._name}-inbound",
            TopicArgs(key_arn=project.key_arn, service_publishers=[SMS], account_id=project.account.id),
            self._child,
        )
        return topic.arn, topic.ready

    def _tables(self) -> tuple[aws.dynamodb.Table, aws.dynamodb.Table]:
        """Who is opted out; and what was handled, and how numbers were set up before."""
        retain = self._args.config.retain_data
        numbers = table(
            f"{self._name}-numbers",
            self,
            hash_key="address",
            indexes=[Index(BY_STATUS, "status", "since")],
            retain=retain,
        )
        memory = table(f"{self._name}-memory", self, expires=True)
        return numbers, memory

    def _opt_out_list(self) -> pulumi.Input[str]:
        config = self._args.config
        if config.opt_out_list_name is not None:
            return config.opt_out_list_name
        made = aws.pinpoint.Smsvoicev2OptOutList(
            f"{self._name}-list", name=names.of_this_stack(self._name), opts=names.keeping(self._child)
        )
        return made.name

    def _changer(self, queue: Queue, announcements: Topic, list_name: pulumi.Input[str]) -> None:
        config, project = self._args.config, self._args.project
        account = project.account
        list_arn = account.arn("sms-voice", pulumi.Output.concat("opt-out-list/", list_name))
        Function(
            f"{self._name}-changer",
            FunctionArgs(
                handler="handlers.self_managed_opt_outs.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    **project.sms_event_environment(),
                    "NUMBERS_TABLE": self._numbers.name,
                    "MEMORY_TABLE": self._memory.name,
                    "MEMORY_DAYS": str(config.memory_days),
                    "OPT_OUT_TOPIC_ARN": announcements.arn,
                    "OPT_OUT_LIST": list_name,
                    "KEYWORDS": keywords_json(config.languages),
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                },
                statements=[
                    *project.statements("GetEndpoint", "UpdateEndpointsBatch"),
                    Statement(["dynamodb:BatchGetItem", "dynamodb:PutItem"], [self._numbers.arn]),
                    Statement(["dynamodb:GetItem", "dynamodb:UpdateItem"], [self._memory.arn]),
                    Statement(["sms-voice:PutOptedOutNumber", "sms-voice:DeleteOptedOutNumber"], [list_arn]),
                    self._reply_statement(),
                    protect_statement(account),
                    *announcements.publish_statements(),
                    *project.sms_event_statements(),
                    Statement(["sqs:SendMessage"], [queue.dead_letter_arn]),
                ],
                timeout_seconds=SECONDS,
                description="Opts numbers out and in by the text messages that they send",
            ),
            self._child,
        ).on_queue(queue, maximum_concurrency=CONCURRENCY)

    def _reply_statement(self) -> Statement:
        account, ids = self._args.project.account, self._args.config.phone_number_ids
        if not ids:
            anyone = [account.arn("sms-voice", "phone-number/*")]
            return Statement(["sms-voice:SendTextMessage"], anyone, why_wildcard=WHY_ANY_NUMBER)
        return Statement(["sms-voice:SendTextMessage"], self._phone_numbers())

    def _phone_numbers(self) -> list[pulumi.Input[str]]:
        account = self._args.project.account
        return [account.arn("sms-voice", f"phone-number/{id_}") for id_ in self._args.config.phone_number_ids]

    def _records(self) -> Function:
        return Function(
            f"{self._name}-records",
            FunctionArgs(
                handler="handlers.self_managed_opt_outs.records_function.handler",
                layer_arn=self._args.project.layer_arn,
                environment={"NUMBERS_TABLE": self._numbers.name},
                statements=[
                    Statement(["dynamodb:BatchGetItem"], [self._numbers.arn]),
                    Statement(["dynamodb:Query"], [index_arn(self._numbers, BY_STATUS)]),
                ],
                description="Tells who is opted out, and since when",
            ),
            self._child,
        )

    def _set_up_numbers(self, topic_arn: pulumi.Input[str], after: list[pulumi.Resource]) -> None:
        """Last, so that no message comes before all is there to take it."""
        config = self._args.config
        function = Function(
            f"{self._name}-phone-numbers",
            FunctionArgs(
                handler="handlers.self_managed_opt_outs.phone_numbers.handler",
                layer_arn=self._args.project.layer_arn,
                environment={"MEMORY_TABLE": self._memory.name},
                statements=[
                    Statement(["sms-voice:DescribePhoneNumbers", "sms-voice:UpdatePhoneNumber"], self._phone_numbers()),
                    Statement(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"], [self._memory.arn]),
                ],
                timeout_seconds=NUMBERS_SECONDS,
                description="Sets numbers up for two-way SMS and self-managed opt-outs, and back",
            ),
            self._child,
        )
        CrudInvocation(
            f"{self._name}-phone-numbers",
            CrudInvocationArgs(
                function,
                {
                    "PhoneNumberIds": list(config.phone_number_ids),
                    "TopicArn": topic_arn,
                    "OverwriteExisting": config.overwrite_existing,
                },
            ),
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )
