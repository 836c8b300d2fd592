"""Architecture 4: a run of its state machine validates the phone numbers of unverified endpoints and notifies.

An import's result or any other input, or a schedule -> state machine -> export of that import's segment or of all unverified
endpoints -> numbers validated in chunks -> endpoints updated -> topic.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pulumi
import pydantic

from components.building_blocks import notified_flow as flow
from components.building_blocks import policy, regions, states
from components.building_blocks.bucket import Bucket, BucketArgs, objects, one_object
from components.building_blocks.countries import COUNTRIES
from components.building_blocks.crud_invocation import CrudInvocation, CrudInvocationArgs
from components.building_blocks.failures import by_input
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.polling_config import PollingConfig
from components.building_blocks.run_schedules import RunSchedule, run_by_schedules
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig, ConfigModel
from components.engagement.project import EngagementProject, phone_validate_statement
from components.engagement.project_config import REGION
from components.outputs import Component, Declared

ARCHITECTURE = "phoneNumberValidate"
PACKAGE = "phone_number_validate"
EXPORTS_PREFIX = "exports/"
EXPORTS_DAYS = 1
TURN_KEY = "runs/turn.json"
FULL_RUN = {"why": "schedule"}
"""The input of the runs that a schedule starts: no import's result."""
PROCESS_SECONDS = 900
SEGMENT_SECONDS = 120
START_SECONDS = 180
ROUNDS_AT_MOST = 500
"""Calls of one chunk, of up to a quarter of an hour each: bounded by the run's history of 25,000 events."""


class FullRunConfig(ConfigModel):
    """The run over all unverified endpoints, which reads every endpoint of the project."""

    enabled: bool = pydantic.Field(
        default=True,
        description="Whether runs over all unverified endpoints start by themselves; without them, numbers that no import brought "
        "wait for a run by hand.",
    )
    expression: str = pydantic.Field(
        default="cron(0 3 * * ? *)",
        pattern=r"^(rate|cron)\(.+\)$",
        description="When: `cron(0 3 * * ? *)`, each night at three, or `rate(12 hours)`.",
    )
    timezone: str = pydantic.Field(default="UTC", description="Time zone of the expression, for example Europe/Berlin.")


class PhoneNumberValidateConfig(PollingConfig, ArchitectureConfig):
    """Config key `phoneNumberValidate`."""

    assume_us: bool = pydantic.Field(
        default=True,
        description="Whether a number without a country code, of an endpoint without `Location.Country`, is one of "
        "`defaultCountry`; false leaves such numbers alone.",
    )
    default_country: str = pydantic.Field(
        default="US",
        description="Country (ISO 3166-1 alpha-2) of the numbers that `assumeUs` is about.",
    )
    region: str | None = pydantic.Field(
        default=None,
        pattern=REGION,
        description="Region whose PhoneNumberValidate is called; without it that of the stack, where it must be then.",
    )
    max_concurrent_calls: int = pydantic.Field(
        default=16,
        ge=1,
        le=50,
        description="Validations that overlap in one process. AWS allows 20 a second and account until you ask for more.",
    )
    max_chunks: int = pydantic.Field(
        default=4, ge=1, le=40, description="Into how many parts, worked off side by side, a large export is divided."
    )
    full_run: FullRunConfig = pydantic.Field(
        default=FullRunConfig(), description="When all unverified endpoints are looked for, beside imports."
    )

    @pydantic.field_validator("default_country")
    @classmethod
    def a_country(cls, country: str) -> str:
        if country not in COUNTRIES:
            raise ValueError("allowed: a country's two letters of ISO 3166-1, such as US, DE or GB")
        return country


@dataclass(frozen=True)
class PhoneNumberValidateArgs:
    """The config, and the project whose endpoints are validated."""

    config: PhoneNumberValidateConfig
    project: EngagementProject


def validate_definition(
    function_arn: pulumi.Input[str],
    topic_arn: pulumi.Input[str],
    *,
    poll_seconds: int,
    max_polls: int,
    max_chunks: int,
) -> Mapping[str, Any]:
    """Amazon States Language: export, poll, plan, validate chunk by chunk, sum up, notify success or failure."""
    result = {"ValidatePhoneResult": {"ValidateOutput.$": flow.RESULT, "ValidateInput.$": "$.Input"}}
    notifications = flow.Notifications(topic_arn, "Phone Validate", result)
    return {
        "Comment": "Validates the phone numbers of the unverified endpoints",
        "StartAt": "Begin",
        "States": {
            "Begin": flow.begin("StartExport"),
            "StartExport": states.invoke(
                function_arn,
                {"operation": "start", "Execution.$": "$$.Execution.Name", "Input.$": "$.Input"},
                "Decide",
                result_path="$.Run",
                catch=flow.EXPLAIN,
                timeout_seconds=START_SECONDS,
            ),
            **flow.polling(
                function_arn, done="Plan", what="the export job", poll_seconds=poll_seconds, max_polls=max_polls
            ),
            "Plan": states.invoke(
                function_arn,
                {"operation": "plan", "Run.$": "$.Run.Payload"},
                "Validate",
                result_path="$.Plan",
                catch=flow.EXPLAIN,
                timeout_seconds=PROCESS_SECONDS,
            ),
            "Validate": {
                "Type": "Map",
                "ItemsPath": "$.Plan.Payload.Chunks",
                "ItemSelector": {"Payload.$": "$$.Map.Item.Value"},
                "MaxConcurrency": max_chunks,
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **_chunk(function_arn)},
                "ResultPath": "$.Chunks",
                "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.Error", "Next": flow.EXPLAIN}],
                "Next": "Complete",
            },
            "Complete": states.invoke(
                function_arn,
                {"operation": "complete", "Execution.$": "$$.Execution.Name", "Chunks.$": "$.Chunks"},
                "Judge",
                result_path="$.Run",
                catch=flow.EXPLAIN,
            ),
            "Judge": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Run.Payload.Status", "StringEquals": "SUCCEEDED", "Next": "NotifySucceeded"}
                ],
                "Default": flow.NOTIFY_FAILED,
            },
            **flow.ending(notifications, result),
        },
    }


def _chunk(function_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Works off one chunk, call after call: each goes on where the last one stopped."""
    return {
        "StartAt": "Process",
        "States": {
            "Process": states.invoke(
                function_arn,
                {"operation": "process", "Chunk.$": "$.Payload"},
                "IsDone",
                timeout_seconds=PROCESS_SECONDS + 30,
            ),
            "IsDone": {
                "Type": "Choice",
                "Choices": [
                    {"Variable": "$.Payload.Done", "BooleanEquals": True, "Next": "ChunkDone"},
                    {
                        "Variable": "$.Payload.Rounds",
                        "NumericGreaterThanEquals": ROUNDS_AT_MOST,
                        "Next": "TooManyRounds",
                    },
                ],
                "Default": "Process",
            },
            "ChunkDone": {"Type": "Succeed"},
            "TooManyRounds": {
                "Type": "Fail",
                "Error": "TooManyRounds",
                "Cause": f"a chunk was not done after {ROUNDS_AT_MOST} calls; what is left is validated by the next run",
            },
        },
    }


class PhoneNumberValidate(Component):
    """Validates the phone numbers of an import, or all, that no run has validated yet, for each run of its state machine."""

    phone_validate_state_machine_arn: Declared[str] = Declared(
        "State machine that validates unverified numbers: of an import whose result is the input, with any other input all."
    )
    phone_validate_notification_topic_arn: Declared[str] = Declared(
        "Topic of the validation's notifications (success, failure)."
    )

    def __init__(self, name: str, args: PhoneNumberValidateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:PhoneNumberValidate", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        topic = Topic(f"{name}-notifications", TopicArgs(key_arn=project.key_arn), self._child)
        work = Bucket(
            f"{name}-work",
            BucketArgs(
                versioned=False, noncurrent_days=1, retain_data=False, expire_prefixes={EXPORTS_PREFIX: EXPORTS_DAYS}
            ),
            self._child,
        )
        tasks = self._tasks(work, self._export_role(work), self._segment_id())
        machine = StateMachine(
            name,
            StateMachineArgs(
                definition=validate_definition(
                    tasks.arn,
                    topic.arn,
                    poll_seconds=config.poll_seconds,
                    max_polls=config.max_polls,
                    max_chunks=config.max_chunks,
                ),
                statements=[tasks.invoke_statement(), *topic.publish_statements()],
                redrive=by_input(),
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
        self._full_run(machine)
        self.phone_validate_state_machine_arn = machine.arn
        self.phone_validate_notification_topic_arn = topic.arn
        self.register()

    def _full_run(self, machine: StateMachine) -> None:
        """The schedule of the runs that look through all endpoints, unless config has none."""
        config, project = self._args.config.full_run, self._args.project
        schedule = RunSchedule(
            "full-run", "Validates all unverified phone numbers", config.expression, config.timezone, FULL_RUN
        )
        run_by_schedules(
            self._name,
            machine,
            [schedule] if config.enabled else [],
            account_id=project.account.id,
            alarm_topic_arn=project.alert_topic_arn,
            parent=self,
        )

    def _export_role(self, work: Bucket) -> policy.Role:
        """The role by which export jobs write into the work bucket."""
        return policy.role(
            f"{self._name}-export",
            self._args.project.job_trust_policy(),
            [
                Statement(
                    ["s3:PutObject", "s3:AbortMultipartUpload"],
                    [objects(work.arn, EXPORTS_PREFIX)],
                    why_wildcard="the objects of an export, which the engagement project names",
                )
            ],
            self._child,
            path=self._args.project.job_role_path(),
        )

    def _segment_id(self) -> pulumi.Output[str]:
        """The segment of unverified endpoints, which a function makes and takes away."""
        project = self._args.project
        segment = Function(
            f"{self._name}-segment",
            FunctionArgs(
                handler="handlers.phone_number_validate.segment.handler",
                layer_arn=project.layer_arn,
                environment=project.environment(),
                statements=project.statements("GetSegments", "CreateSegment", "UpdateSegment", "DeleteSegment"),
                timeout_seconds=SEGMENT_SECONDS,
                description="Makes the segment of endpoints whose phone number is not validated",
            ),
            self._child,
        )
        invocation = CrudInvocation(
            f"{self._name}-segment",
            CrudInvocationArgs(
                function=segment,
                input={
                    "SegmentName": f"Unverified phone numbers ({pulumi.get_stack()}/{self._name})",
                    "ApplicationId": project.application_id,
                },
            ),
            self._child,
        )
        return invocation.result.apply(lambda result: result["SegmentId"])

    def _tasks(self, work: Bucket, role: policy.Role, segment_id: pulumi.Output[str]) -> Function:
        config, project = self._args.config, self._args.project
        region = regions.checked(
            config.region or project.account.region,
            regions.NUMBER_VALIDATION,
            "PhoneNumberValidate",
            f"set {ARCHITECTURE}.region to one of",
        )
        return Function(
            f"{self._name}-tasks",
            FunctionArgs(
                handler="handlers.phone_number_validate.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "SEGMENT_ID": segment_id,
                    "EXPORT_ROLE_ARN": role.role.arn,
                    "WORK_BUCKET": work.name,
                    "VALIDATION_REGION": region,
                    "ASSUME_US": "true" if config.assume_us else "false",
                    "DEFAULT_COUNTRY": config.default_country,
                    "MAX_CONCURRENT_CALLS": str(config.max_concurrent_calls),
                    "MAX_CHUNKS": str(config.max_chunks),
                },
                statements=[
                    *project.statements("CreateExportJob", "GetExportJob", "GetEndpoint", "UpdateEndpointsBatch"),
                    *project.pass_role_statements(role.role.arn),
                    phone_validate_statement(replace(project.account, region=region)),
                    Statement(["s3:ListBucket"], [work.arn], {"StringLike": {"s3:prefix": f"{EXPORTS_PREFIX}*"}}),
                    Statement(
                        ["s3:GetObject"],
                        [objects(work.arn, EXPORTS_PREFIX)],
                        why_wildcard="the objects of an export, which the engagement project names",
                    ),
                    Statement(["s3:GetObject", "s3:PutObject"], [one_object(work.arn, TURN_KEY)]),
                ],
                timeout_seconds=PROCESS_SECONDS,
                description="Exports unverified endpoints, validates their numbers, writes them back",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*role.ready, *work.ready]),
        )
