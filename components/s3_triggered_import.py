"""Architecture 3: a file under a prefix of a bucket is imported into the engagement project, and notifications tell how
it went.

Object -> EventBridge rule -> queue -> starter function -> state machine -> import job -> topic. A file under another prefix is a
list of addresses that nobody is to write to any more: components/engagement/suppression_drop.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Annotated, Any, Literal, Self

import pulumi
import pydantic

from components.building_blocks import notified_flow as flow
from components.building_blocks import policy
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
from components.building_blocks.polling_config import PollingConfig
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.file_trigger import FileTriggerArgs, file_trigger, plain_prefix
from components.engagement.project import EngagementProject
from components.engagement.suppression_drop import (
    REPORTS,
    SuppressionDrop,
    SuppressionDropArgs,
    suppression_drop,
)
from components.outputs import Component, Declared

ARCHITECTURE = "s3TriggeredImport"
PACKAGE = "s3_triggered_import"
OptOutListName = Annotated[str, pydantic.Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
TASK_SECONDS = 120
"""Longer than the API takes to answer at the worst: a task that is given up too early may start a second job."""


class S3TriggeredImportConfig(PollingConfig, ArchitectureConfig):
    """Config key `s3TriggeredImport`."""

    bucket: BucketConfig = pydantic.Field(
        default=BucketConfig(), description="The bucket where files arrive: an existing one, or a new one."
    )
    bucket_key_arn: str | None = pydantic.Field(
        default=None, pattern=KEY_ARN, description="The same as `bucket.keyArn`, under the name that it had first."
    )
    prefix: str = pydantic.Field(
        default="import/", min_length=1, description="What the keys of files to import begin with."
    )
    format: Literal["CSV", "JSON"] = pydantic.Field(
        default="CSV", description="What the files are: CSV with a header row, or JSON with one endpoint a line."
    )
    suppress_prefix: str = pydantic.Field(
        default="suppress/",
        description="What the keys of files begin with that list addresses nobody is to write to any more; "
        '"" = there are none.',
    )
    suppress_opt_out_lists: list[OptOutListName] = pydantic.Field(
        default=["Default"],
        min_length=1,
        max_length=10,
        description="Opt-out lists of End User Messaging that the numbers in them go onto.",
    )

    @pydantic.field_validator("prefix", "suppress_prefix")
    @classmethod
    def is_a_plain_key(cls, prefix: str) -> str:
        return plain_prefix(prefix)

    @pydantic.model_validator(mode="after")
    def has_prefixes_that_are_apart(self) -> Self:
        prefixes = {"prefix": self.prefix, "suppressPrefix": self.suppress_prefix, "the reports' prefix": REPORTS}
        for name, other in permutations(prefixes if self.suppress_prefix else (), 2):
            if prefixes[name].startswith(prefixes[other]):
                raise ValueError(
                    f"{name} {prefixes[name]!r} begins with {other} {prefixes[other]!r}; allowed are prefixes that are apart"
                )
        return self


@dataclass(frozen=True)
class S3TriggeredImportArgs:
    """The config, and the project that the files are imported into."""

    config: S3TriggeredImportConfig
    project: EngagementProject


def import_definition(
    function_arn: pulumi.Input[str], topic_arn: pulumi.Input[str], *, poll_seconds: int, max_polls: int
) -> Mapping[str, Any]:
    """Amazon States Language: notify started, start the import job, poll it, notify success or failure."""
    notifications = flow.Notifications(topic_arn, "Import", {"ImportResult.$": flow.RESULT, "Input.$": "$.Input"})
    return {
        "Comment": "Imports one file into the engagement project",
        "StartAt": "Begin",
        "States": {
            **flow.started(notifications, function_arn, "StartImport", TASK_SECONDS + 30),
            **flow.polling(
                function_arn,
                done="NotifySucceeded",
                what="the import job",
                poll_seconds=poll_seconds,
                max_polls=max_polls,
            ),
            **flow.ending(notifications, {"ImportResult.$": flow.RESULT}),
        },
    }


class S3TriggeredImport(Component):
    """Imports each file that arrives in a bucket under a prefix."""

    import_status_topic_arn: Declared[str] = Declared(
        "Topic of the import's notifications (started, success, failure)."
    )
    import_state_machine_arn: Declared[str] = Declared(
        'State machine that imports one file; input `{"S3URL": "s3://bucket/key"}`.'
    )
    import_bucket_name: Declared[str] = Declared("Bucket that files are dropped into.")
    import_prefix: Declared[str] = Declared("Key prefix that files are dropped under.")
    import_role_arn: Declared[str] = Declared("Role that import jobs read the files with.")
    suppression_status_topic_arn: Declared[str] = Declared(
        "Topic of the notifications about lists of suppressed addresses (started, success, failure); empty where none are taken."
    )
    suppression_state_machine_arn: Declared[str] = Declared(
        'State machine that works off one list; input `{"S3URL": "s3://bucket/key"}`; empty where none are taken.'
    )
    suppress_prefix: Declared[str] = Declared(
        "Key prefix that lists of addresses are dropped under; empty where none are taken."
    )

    def __init__(self, name: str, args: S3TriggeredImportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:S3TriggeredImport", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        bucket = bucket_or_existing(
            f"{name}-files",
            config.bucket,
            project.account.partition,
            self._child,
            BucketArgs(eventbridge=True),
        )
        role = self._import_role(bucket)
        topic = Topic(f"{name}-status", TopicArgs(key_arn=project.key_arn), self._child)
        machine = self._state_machine(role, topic)
        file_trigger(name, FileTriggerArgs(bucket=bucket, prefix=config.prefix, machine=machine, project=project), self)
        self.import_status_topic_arn = topic.arn
        self.import_state_machine_arn = machine.arn
        self.import_bucket_name = bucket.name
        self.import_prefix = config.prefix
        self.import_role_arn = role.role.arn
        drop = self._suppression_drop(bucket) if config.suppress_prefix else None
        self.suppression_status_topic_arn = drop.topic.arn if drop else ""
        self.suppression_state_machine_arn = drop.machine.arn if drop else ""
        self.suppress_prefix = config.suppress_prefix
        self.register()

    def _suppression_drop(self, bucket: BucketHandle) -> SuppressionDrop:
        config = self._args.config
        return suppression_drop(
            f"{self._name}-suppress",
            SuppressionDropArgs(
                bucket=bucket,
                prefix=config.suppress_prefix,
                key_arn=bucket.key_arn or config.bucket_key_arn,
                opt_out_lists=config.suppress_opt_out_lists,
                project=self._args.project,
            ),
            self,
        )

    def _import_role(self, bucket: BucketHandle) -> policy.Role:
        """The role by which import jobs read the files, and nothing else of the bucket."""
        config, project = self._args.config, self._args.project
        files = "the files under the prefix, whose keys are not known before they arrive"
        statements = [
            Statement(["s3:GetObject"], [objects(bucket.arn, config.prefix)], why_wildcard=files),
            Statement(["s3:ListBucket"], [bucket.arn], {"StringLike": {"s3:prefix": f"{config.prefix}*"}}),
        ]
        key_arn = bucket.key_arn or config.bucket_key_arn
        statements += key_statements(key_arn, self._args.project.account)
        return policy.role(
            f"{self._name}-import", project.job_trust_policy(), statements, self._child, path=project.job_role_path()
        )

    def _state_machine(self, role: policy.Role, topic: Topic) -> StateMachine:
        config, project = self._args.config, self._args.project
        tasks = Function(
            f"{self._name}-tasks",
            FunctionArgs(
                handler="handlers.s3_triggered_import.import_job.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "IMPORT_ROLE_ARN": role.role.arn,
                    "IMPORT_FORMAT": config.format,
                },
                statements=[
                    *project.statements("CreateImportJob", "GetImportJob"),
                    *project.pass_role_statements(role.role.arn),
                ],
                timeout_seconds=TASK_SECONDS,
                description="Starts import jobs and looks how far they are",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=role.ready),
        )
        return StateMachine(
            self._name,
            StateMachineArgs(
                definition=import_definition(
                    tasks.arn, topic.arn, poll_seconds=config.poll_seconds, max_polls=config.max_polls
                ),
                statements=[tasks.invoke_statement(), *topic.publish_statements()],
                redrive=by_input(),
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
