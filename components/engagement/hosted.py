"""Platform `hosted`: the engagement service in one's own account."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.building_blocks import policy
from components.building_blocks.account import Account
from components.building_blocks.alarm import RUNBOOK, alarm
from components.building_blocks.crud_invocation import SETTLING_SECONDS, CrudInvocation, CrudInvocationArgs
from components.building_blocks.failures import by_input, no_way
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.engagement import hosted_grants as grants
from components.engagement.event_translation import EventTranslation, EventTranslationArgs
from components.engagement.ground import Ground
from components.engagement.hosted_state_machines import (
    campaign_definition,
    deletion_definition,
    export_definition,
    import_definition,
)
from components.engagement.hosted_tables import Tables
from components.engagement.project import ProjectDescription
from components.engagement.project_config import ProjectConfig

API_MODULE = "api.function"
OPERATIONS = ("handlers.engagement.operations.*",)
"""Loaded when first called."""
API_TIMEOUT_SECONDS = 30
JOB_TIMEOUT_SECONDS = 900
JOURNEY_TIMEOUT_SECONDS = 300
"""Below the time for which a worker has a shard (handlers/engagement/journeys/participants.py)."""
JOBS_WAY = {
    "import": "create the import job again: endpoints that it wrote are written again, with the same content",
    "export": "create the export job again",
    "campaign": "`engagement campaign resume ID` sends to those who have nothing yet, and to nobody twice",
}
"""What a person does after a failed run of each kind of job."""


@dataclass(frozen=True)
class HostedProjectArgs:
    config: ProjectConfig
    account: Account
    ground: Ground
    layer_arn: pulumi.Input[str]


class HostedProject(pulumi.ComponentResource):
    """Tables, functions and state machines of the service, and the stack's own application in it."""

    def __init__(self, name: str, args: HostedProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:HostedProject", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._tables = Tables(name, args.config.hosted, self._child)
        application_id = self._application_id()

        self._email_set, self._sms_set = self._configuration_sets(application_id)
        jobs = self._tables_environment()
        self._import = self._job(
            "import", "jobs.import_function", jobs, grants.import_statements(args.account, self._tables)
        )
        self._export = self._job(
            "export", "jobs.export_function", jobs, grants.export_statements(args.account, self._tables)
        )
        self._campaign = self._job(
            "campaign",
            "campaigns.function",
            {
                **jobs,
                "SENDS_TABLE": self._tables.sends.name,
                **self._stream_environment(),
                **self._dispatching_environment(),
            },
            grants.campaign_statements(
                args.account,
                args.config,
                self._tables,
                args.ground,
                email_configuration_set=self._email_set,
                sms_configuration_set=self._sms_set,
            ),
        )
        worker = self._journeys(jobs)
        machines = {
            "import": self._machine("import", import_definition, self._import),
            "export": self._machine("export", export_definition, self._export),
            "campaign": self._machine("campaign", campaign_definition, self._campaign),
            "deletion": self._deletion(),
        }
        self._api = self._api_function(application_id, jobs, machines)
        url = aws.lambda_.FunctionUrl(
            f"{name}-api-url", function_name=self._api.name, authorization_type="AWS_IAM", opts=self._child
        )
        self.description = ProjectDescription(
            platform="hosted",
            application_id=application_id,
            endpoint_url=url.function_url,
            api_function_arn=self._api.arn,
            job_role_arns=(self._import.role.arn, self._export.role.arn),
            campaign_role_arn=self._campaign.role.arn,
            journeys_role_arn=worker.role.arn,
            event_stream_arn=args.ground.stream_arn,
            alert_topic_arn=args.ground.alert_topic_arn,
            key_arn=args.ground.key_arn,
            account_id=args.account.id,
            region=args.account.region,
            partition=args.account.partition,
            event_stream_key_arn=args.ground.stream_key_arn,
            alert_key_arn=args.ground.alert_key_arn,
            job_roles_path=grants.job_roles_path(),
        )
        self.register_outputs({"endpointUrl": url.function_url})

    def _configuration_sets(self, application_id: pulumi.Input[str]) -> tuple[pulumi.Input[str], pulumi.Input[str]]:
        """The sets that email and text messages are sent with, their events translated if the config says so."""
        args = self._args
        sms, email = args.config.sms.configuration_set, args.config.email.configuration_set
        if not args.config.events.translation:
            return email, sms
        translation = EventTranslation(
            self._name,
            EventTranslationArgs(
                application_id=application_id,
                account=args.account,
                stream_arn=args.ground.stream_arn,
                stream_name=args.ground.stream_name,
                sends_table=self._tables.sends,
                key_arn=args.ground.key_arn,
                layer_arn=args.layer_arn,
                alert_topic_arn=args.ground.alert_topic_arn,
                email_configuration_set=email,
                sms_configuration_set=sms,
            ),
            self._child,
        )
        return translation.email_configuration_set, translation.sms_configuration_set

    def _tables_environment(self) -> dict[str, pulumi.Input[str]]:
        return {
            "ENDPOINTS_TABLE": self._tables.endpoints.name,
            "REGISTRY_TABLE": self._tables.registry.name,
            "MEMBERS_TABLE": self._tables.members.name,
            "ACCOUNT_ID": self._args.account.id,
        }

    def _stream_environment(self) -> dict[str, pulumi.Input[str]]:
        return {
            "EVENT_STREAM_NAME": self._args.ground.stream_name,
            "EVENT_STREAM_ARN": self._args.ground.stream_arn,
        }

    def _sending_environment(self) -> dict[str, pulumi.Input[str]]:
        sms, email, push = self._args.config.sms, self._args.config.email, self._args.config.push
        return {
            "SMS_ORIGINATION_IDENTITY": sms.origination_identity,
            "SMS_CONFIGURATION_SET": self._sms_set,
            "EMAIL_FROM_ADDRESS": email.from_address,
            "EMAIL_CONFIGURATION_SET": self._email_set,
            "PUSH_APPLICATION_ID": push.application_id or "",
        }

    def _dispatching_environment(self) -> dict[str, pulumi.Input[str]]:
        """Of those that send to whole audiences."""
        sms, email = self._args.config.sms, self._args.config.email
        return {
            **self._sending_environment(),
            "SMS_RATES": sms.rates.as_json(),
            "EMAIL_SINGLY": "true" if email.ses_sandbox else "",
        }

    def _journeys(self, jobs: Mapping[str, pulumi.Input[str]]) -> Function:
        """The worker of journeys and of campaigns that events trigger, called each minute. A call that is lost is made up for by the next one."""
        args = self._args
        worker = self._function(
            "journeys",
            "journeys.function",
            {
                **jobs,
                "SENDS_TABLE": self._tables.sends.name,
                **self._stream_environment(),
                **self._dispatching_environment(),
            },
            grants.journey_statements(
                args.account,
                args.config,
                self._tables,
                args.ground,
                email_configuration_set=self._email_set,
                sms_configuration_set=self._sms_set,
            ),
            JOURNEY_TIMEOUT_SECONDS,
        )
        role = policy.role(
            f"{self._name}-journeys-schedule",
            policy.service_trust("scheduler.amazonaws.com", {"StringEquals": {"aws:SourceAccount": args.account.id}}),
            [worker.invoke_statement()],
            self._child,
        )
        aws.scheduler.Schedule(
            f"{self._name}-journeys",
            description="Looks after the journeys that run, and the campaigns that events trigger",
            schedule_expression="rate(1 minute)",
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": worker.arn,
                "role_arn": role.role.arn,
                "retry_policy": {"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*worker.ready, *role.ready]),
        )
        alarm(
            f"{self._name}-journeys-overdue-alarm",
            namespace="engagement/journeys",
            metric="Overdue",
            dimensions={"service": "journeys", "function": worker.name},
            topic_arn=args.ground.alert_topic_arn,
            description=f"Participants of journeys are due for more than an hour, or the worker does not run. {RUNBOOK}",
            statistic="Maximum",
            period_seconds=15 * 60,
            silence_is_good=False,
            opts=self._child,
        )
        return worker

    def _job(
        self,
        kind: str,
        module: str,
        environment: Mapping[str, pulumi.Input[str]],
        statements: Sequence[Statement],
    ) -> Function:
        return self._function(kind, module, environment, statements, JOB_TIMEOUT_SECONDS)

    def _function(
        self,
        kind: str,
        module: str,
        environment: Mapping[str, pulumi.Input[str]],
        statements: Sequence[Statement],
        timeout_seconds: int,
    ) -> Function:
        return Function(
            f"{self._name}-{kind}",
            FunctionArgs(
                handler=f"handlers.engagement.{module}.handler",
                loads=OPERATIONS if module == API_MODULE else (),
                layer_arn=self._args.layer_arn,
                environment=environment,
                statements=statements,
                timeout_seconds=timeout_seconds,
                description=f"Engagement service: {kind}",
            ),
            self._child,
        )

    def _machine(self, kind: str, definition: Callable[[str, int], dict[str, Any]], function: Function) -> StateMachine:
        concurrency = self._args.config.hosted.concurrency
        return StateMachine(
            f"{self._name}-{kind}-runs",
            StateMachineArgs(
                definition=function.arn.apply(lambda arn: definition(arn, concurrency)),
                statements=[function.invoke_statement()],
                redrive=no_way(JOBS_WAY[kind]),
                distributed_map=True,
                alarm_topic_arn=self._args.ground.alert_topic_arn,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=function.ready),
        )

    def _deletion(self) -> StateMachine:
        function = self._job(
            "deletion",
            "segments.deletion_function",
            {"REGISTRY_TABLE": self._tables.registry.name, "MEMBERS_TABLE": self._tables.members.name},
            grants.deletion_statements(self._tables),
        )
        return StateMachine(
            f"{self._name}-deletion-runs",
            StateMachineArgs(
                definition=function.arn.apply(deletion_definition),
                statements=[function.invoke_statement()],
                redrive=by_input(),
                alarm_topic_arn=self._args.ground.alert_topic_arn,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=function.ready),
        )

    def _api_function(
        self,
        application_id: pulumi.Input[str],
        tables_environment: Mapping[str, pulumi.Input[str]],
        machines: Mapping[str, StateMachine],
    ) -> Function:
        args = self._args
        return self._function(
            "api",
            API_MODULE,
            {
                **tables_environment,
                "SENDS_TABLE": self._tables.sends.name,
                "JOURNEY_START_DELAY_SECONDS": str(args.config.hosted.journey_start_delay_minutes * 60),
                **self._stream_environment(),
                **self._sending_environment(),
                **{f"{kind.upper()}_STATE_MACHINE_ARN": machine.arn for kind, machine in machines.items()},
                "DEFAULT_APPLICATION_ID": application_id,
                "NUMBER_VALIDATION_REGION": args.config.hosted.number_validation_region or args.account.region,
            },
            grants.api_statements(
                args.account,
                args.config,
                self._tables,
                args.ground,
                [
                    *(machine.start_statement() for machine in machines.values()),
                    machines["campaign"].describe_statement(),
                ],
                email_configuration_set=self._email_set,
                sms_configuration_set=self._sms_set,
            ),
            API_TIMEOUT_SECONDS,
        )

    def _application_id(self) -> pulumi.Output[str]:
        """The id of the stack's own application, which the registry table keeps. Whoever needs it waits until it exists."""
        setup = self._function(
            "setup",
            "setup_function",
            {
                "REGISTRY_TABLE": self._tables.registry.name,
                "ENDPOINTS_TABLE": self._tables.endpoints.name,
                "EVENT_STREAM_ARN": self._args.ground.stream_arn,
                "ACCOUNT_ID": self._args.account.id,
            },
            grants.setup_statements(self._tables),
            SETTLING_SECONDS,
        )
        pinned, streamless = self._args.config.hosted.application_id, self._args.ground.stream is None
        application = CrudInvocation(
            f"{self._name}-application",
            CrudInvocationArgs(
                setup,
                {
                    "Name": self._args.config.name,
                    **({"ApplicationId": pinned} if pinned is not None else {}),
                    # Another input, so that the application is given its stream, or loses it, when that comes or goes.
                    **({"EventStream": "none"} if streamless else {}),
                },
            ),
            self._child,
        )
        return application.result.apply(lambda result: result["ApplicationId"])
