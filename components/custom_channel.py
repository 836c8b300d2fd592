"""The base of custom channels: a campaign reaches its endpoints by a service of one's choice, each once.

Campaign -> function, which answers at once -> queue -> sender, at the channel's rate -> service; who was not reached ->
queue of refused endpoints. A channel is a subclass with its config, and a module handlers/PACKAGE/channel.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import ClassVar, Generic, Literal, TypeVar

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures
from components.building_blocks.account import Account
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.queue import Queue, QueueArgs
from components.building_blocks.table import table
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig
from components.engagement.hooks import HookRegistration, HookRegistrationArgs
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

PACKAGE = "custom_channel"
HOOK_SECONDS = 15
"""Nobody waits longer for a hook."""
SENDER_SECONDS = 120
RECEIVES = 200
"""More than a call can need: twenty tries, and as often as it is handed out while there is no time for it."""
RETENTION_SECONDS = 14 * 24 * 3600
"""As long as SQS keeps messages; a call's deadline is before that."""
CALLS_OF_A_SENDER = 10
"""A second, at the least: what one process does beside another."""
PROCESSES = 2
"""The least that Lambda's queues can be held to."""
CALLS_OF_A_CHUNK = 50
CHUNK_SECONDS = 5
"""The sender claims the calls of so many seconds together, and no more than those: the queue hands out as many."""
BATCH = 10
"""The least that the queue hands out, since one call to it returns so many."""


class CustomChannelConfig(ArchitectureConfig):
    """What the config keys of all channels have."""

    registration: Literal["project", "campaigns"] = pydantic.Field(
        default="project",
        description="`project`: the channel is the project's hook and sends in place of all campaigns' texts. `campaigns`: only "
        "campaigns that name the exported function in CustomDeliveryConfiguration use it.",
    )
    calls_per_second: float = pydantic.Field(
        default=2.0, ge=0.2, le=500, description="Calls to the service a second, of all campaigns together."
    )
    deadline_hours: int = pydantic.Field(
        default=72, ge=1, le=312, description="Hours after which who is left in the queue is told instead of called."
    )
    remembered_days: int = pydantic.Field(
        default=30, ge=15, le=3650, description="Days for which it is remembered who was reached by which run."
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the table that remembers who was reached stays when the architecture goes.",
    )

    @property
    def channel_types(self) -> Sequence[str]:
        """Of the endpoints that the channel takes."""
        return ("SMS",)

    def needed(self, **fields: object) -> None:
        """Raises ValueError where the channel is enabled and one of these keys is not given."""
        missing = [key for key, value in fields.items() if value is None]
        if self.enabled and missing:
            raise ValueError(
                f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; needed where enabled"
            )


Config = TypeVar("Config", bound=CustomChannelConfig)


@dataclass(frozen=True)
class CustomChannelArgs(Generic[Config]):
    """The config, and the project whose campaigns use the channel."""

    config: Config
    project: EngagementProject


class CustomChannel(Component, ABC, Generic[Config]):
    """What every channel is made of. A subclass says what it is, what its module reads, and what it may call."""

    function_arn: Declared[str] = Declared(
        "Function that campaigns name in `CustomDeliveryConfiguration.DeliveryUri` to use {architecture}.",
        export="{architecture}FunctionArn",
    )
    refused_queue_url: Declared[str] = Declared(
        "Queue where {architecture} tells of endpoints that it did not reach, and why.",
        export="{architecture}RefusedQueueUrl",
    )
    queue_url: Declared[str] = Declared(
        "Queue of the endpoints that {architecture} has yet to reach.", export="{architecture}QueueUrl"
    )
    dead_letter_url: Declared[str] = Declared(
        "Queue of the endpoints that {architecture} gave up: mend the cause, then `engagement failures redrive`.",
        export="{architecture}DeadLetterQueueUrl",
    )
    table_name: Declared[str] = Declared("Table that remembers who was reached by which run.", export=None)

    package: ClassVar[str]
    """Folder of handlers/ with the module `channel`."""

    @abstractmethod
    def environment(self, config: Config) -> Mapping[str, pulumi.Input[str]]:
        """What the module's environment model reads."""

    @abstractmethod
    def statements(self, config: Config, account: Account) -> Sequence[Statement]:
        """What the module may do."""

    def __init__(self, name: str, args: CustomChannelArgs[Config], opts: pulumi.ResourceOptions | None = None) -> None:
        kind = self.architecture[0].upper() + self.architecture[1:]
        super().__init__(f"engagement:patterns:{kind}", name, None, tagged(opts, self.architecture))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        project = args.project
        queue = Queue(
            f"{name}-calls",
            QueueArgs(
                visibility_seconds=6 * SENDER_SECONDS,
                max_receives=RECEIVES,
                alarm_topic_arn=project.alert_topic_arn,
                retention_seconds=RETENTION_SECONDS,
            ),
            self._child,
        )
        refused = Queue(
            f"{name}-refused",
            QueueArgs(retention_seconds=RETENTION_SECONDS, alarm_topic_arn=project.alert_topic_arn),
            self._child,
        )
        failures.queue_place(
            f"{name}-refused",
            "Endpoints that the channel did not reach, or nobody knows whether it did.",
            refused.url,
            failures.no_way("each says what became of one endpoint; calling it again could reach a person twice"),
        )
        table = self._table()
        self._sender(queue, refused, table)
        function = self._function(queue)
        HookRegistration(
            name,
            HookRegistrationArgs(project, function, "DELIVERY", args.config.registration == "project"),
            self._child,
        )
        self.function_arn = function.arn
        self.queue_url = queue.url
        self.dead_letter_url = queue.dead_letter_url
        self.refused_queue_url = refused.url
        self.table_name = table.name
        self.register()

    def _table(self) -> aws.dynamodb.Table:
        """Who was reached by which run: without it, a batch that comes twice would be called twice."""
        retain = self._args.config.retain_data
        return table(f"{self._name}-table", self, range_key="sk", expires=True, retain=retain)

    def _function(self, queue: Queue) -> Function:
        config = self._args.config
        return Function(
            self._name,
            FunctionArgs(
                handler=f"handlers.{PACKAGE}.function.handler",
                loads=[f"handlers.{self.package}.channel"],
                layer_arn=self._args.project.layer_arn,
                environment={
                    **self.environment(config),
                    "CHANNEL": self.package,
                    "CHANNEL_TYPES": ",".join(config.channel_types),
                    "QUEUE_URL": queue.url,
                },
                statements=[queue.send_statement()],
                timeout_seconds=HOOK_SECONDS,
                description="Takes a campaign's endpoints into the channel's queue",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=queue.ready),
        )

    def _sender(self, queue: Queue, refused: Queue, table: aws.dynamodb.Table) -> None:
        config, project = self._args.config, self._args.project
        sender = Function(
            f"{self._name}-sender",
            FunctionArgs(
                handler=f"handlers.{PACKAGE}.sender.handler",
                loads=[f"handlers.{self.package}.channel"],
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    **self.environment(config),
                    "CHANNEL": self.package,
                    "CALLS_PER_SECOND": str(config.calls_per_second),
                    "DEADLINE_HOURS": str(config.deadline_hours),
                    "QUEUE_URL": queue.url,
                    "DEAD_LETTER_QUEUE_URL": queue.dead_letter_url,
                    "REFUSED_QUEUE_URL": refused.url,
                    "CALLS_TABLE": table.name,
                    "REMEMBERED_DAYS": str(config.remembered_days),
                },
                statements=[
                    *self.statements(config, project.account),
                    *project.statements("GetEndpoint"),
                    Statement(
                        ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                        [table.arn],
                    ),
                    Statement(["sqs:ChangeMessageVisibility"], [queue.arn]),
                    queue.dead_letters.send_statement(),
                    refused.send_statement(),
                ],
                timeout_seconds=SENDER_SECONDS,
                description="Reaches the endpoints in the channel's queue, no faster than it may",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*queue.ready, *refused.ready]),
        )
        processes = max(PROCESSES, ceil(config.calls_per_second / CALLS_OF_A_SENDER))
        chunk = min(CALLS_OF_A_CHUNK, int(config.calls_per_second * CHUNK_SECONDS))
        sender.on_queue(queue, batch_size=max(BATCH, chunk), maximum_concurrency=processes)
