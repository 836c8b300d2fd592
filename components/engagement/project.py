"""The engagement project as every architecture sees it, whichever platform holds it."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

import pulumi
from pulumi.runtime.sync_await import _sync_await

from components.building_blocks import guardrails, policy
from components.building_blocks.account import Account
from components.building_blocks.layer import Layer
from components.building_blocks.policy import Statement
from components.config import NAMESPACE, problems_error
from components.engagement import pinpoint_actions

JOB_ROLES = "engagement/"
"""Path of the roles of import and export jobs, below that of all roles."""
EXPORT = "project"
"""What the stack that holds a project exports it as."""


@dataclass(frozen=True)
class ProjectDescription:
    """All that another stack needs to know of a project; the foundation exports it as one value.

    platform: `hosted` or `pinpoint`, known while the program runs. endpoint_url and api_function_arn: hosted only, else
    empty. job_role_arns: the roles that assume the roles of import and export jobs; hosted only. campaign_role_arn: the role
    of the campaigns, which call the hooks; hosted only, else empty. journeys_role_arn: that of the worker of journeys and of campaigns
    that events trigger; "": as an older foundation has it, or not hosted. event_stream_arn: empty where there is no stream.
    event_stream_key_arn, alert_key_arn: keys of one's own, else empty; None: as an older foundation has it. job_roles_path:
    where the roles of import and export jobs have to be.
    """

    platform: str
    application_id: pulumi.Input[str]
    endpoint_url: pulumi.Input[str]
    api_function_arn: pulumi.Input[str]
    job_role_arns: tuple[pulumi.Input[str], ...]
    campaign_role_arn: pulumi.Input[str]
    event_stream_arn: pulumi.Input[str]
    alert_topic_arn: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    account_id: pulumi.Input[str]
    region: pulumi.Input[str]
    partition: pulumi.Input[str]
    event_stream_key_arn: str = ""
    alert_key_arn: pulumi.Input[str] | None = None
    job_roles_path: str = f"/{JOB_ROLES}"
    journeys_role_arn: pulumi.Input[str] = ""


@dataclass(frozen=True)
class CampaignCaller:
    """Who calls a function on behalf of the project's campaigns, as a permission of the function names it."""

    name: str
    principal: pulumi.Input[str]
    source_arn: pulumi.Input[str] | None = None
    source_account: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class EngagementProject:
    """What a component asks instead of asking for the platform: environment, statements, roles, stream, topics.

    layer_arn: the functions' layer of the stack that uses the project.
    """

    description: ProjectDescription
    layer_arn: pulumi.Input[str]

    @staticmethod
    def from_stack(stack: pulumi.StackReference, layer_arn: pulumi.Input[str] | None = None) -> "EngagementProject":
        """The project that another stack holds: `foundation`, or `everything`, by its export `project`.

        stack: any program's reference to it. layer_arn: the functions' layer of this stack; none: it is made, which a
        stack can do once. Raises RunError where that stack is not up, or has no project.
        """
        # As an invoke does: what a program declares depends on the platform, so that must be known while it runs.
        found = _sync_await(stack.get_output_details(EXPORT))
        outputs = found.secret_value if found.value is None else found.value
        if not outputs:
            raise pulumi.RunError(
                f"stack {_sync_await(stack.name.future())} is not up, or has no export {EXPORT}: it must hold the project"
            )
        return EngagementProject.from_reference(outputs, layer_arn or Layer("functions").arn)

    @staticmethod
    def members() -> list[str]:
        """The names of all that `exports` has."""
        return [field.name for field in fields(ProjectDescription)]

    @staticmethod
    def from_reference(outputs: Mapping[str, Any], layer_arn: pulumi.Input[str]) -> "EngagementProject":
        """Rebuilds the project from the `project` output of the stack that holds it.

        Raises RunError when the output lacks something, as that of an older version of the program may.
        """
        wanted = EngagementProject.members()
        needed = [field.name for field in fields(ProjectDescription) if field.default is MISSING]
        missing = [name for name in needed if name not in outputs]
        if missing:
            raise pulumi.RunError(f"export project lacks {', '.join(missing)}: bring the foundation stack up again")
        values = {name: outputs[name] for name in wanted if name in outputs}
        values["job_role_arns"] = tuple(values["job_role_arns"])
        description = ProjectDescription(**values)
        guardrails.current().encrypts(description.event_stream_arn, "kinesis", description.event_stream_key_arn)
        return EngagementProject(description, layer_arn)

    @property
    def platform(self) -> str:
        return self.description.platform

    @property
    def application_id(self) -> pulumi.Input[str]:
        return self.description.application_id

    @property
    def endpoint_url(self) -> pulumi.Input[str]:
        """Address of the hosted service; empty on platform `pinpoint`."""
        return self.description.endpoint_url

    @property
    def event_stream_arn(self) -> pulumi.Input[str]:
        """The Kinesis stream with the project's events; any number of consumers may read it. Empty: there is none."""
        return self.description.event_stream_arn

    @property
    def has_event_stream(self) -> bool:
        """Whether there is an event stream, known while the program runs."""
        return not isinstance(stream := self.description.event_stream_arn, str) or bool(stream)

    def check_readers(self, *architectures: str) -> None:
        """Raises ConfigError where these architectures, by config key, read an event stream that is not there."""
        if architectures and not self.has_event_stream:
            raise problems_error([no_stream(key) for key in architectures])

    @property
    def alert_topic_arn(self) -> pulumi.Input[str]:
        """The topic where alarms and failures go."""
        return self.description.alert_topic_arn

    @property
    def key_arn(self) -> pulumi.Input[str]:
        """The KMS key that encrypts topics."""
        return self.description.key_arn

    def alert_statements(self) -> list[Statement]:
        """What a role needs to publish on the alert topic."""
        key = self.description.alert_key_arn
        key = self.key_arn if key is None else key
        keys = [Statement(["kms:Decrypt", "kms:GenerateDataKey"], [key])]
        return [Statement(["sns:Publish"], [self.alert_topic_arn]), *(keys if key != "" else [])]

    def job_role_path(self) -> str:
        """Path of a role that an import or export job acts as. Raises ConfigError where this stack's roles are elsewhere."""
        path, own = self.description.job_roles_path, guardrails.current().config.roles.path
        if path != f"{own}{JOB_ROLES}":
            raise problems_error(
                [
                    f"{guardrails.KEY}.roles.path: given {own}, but the project takes roles of jobs below "
                    f"{path.removesuffix(JOB_ROLES)} alone; allowed: the same path in this stack and in its foundation"
                ]
            )
        return path

    @property
    def account(self) -> Account:
        return Account(self.description.account_id, self.description.region, self.description.partition)

    def exports(self) -> dict[str, Any]:
        """The value from which `from_reference` rebuilds the project."""
        values = {name: getattr(self.description, name) for name in self.members()}
        alert_key = self.description.alert_key_arn
        return {
            **values,
            "job_role_arns": list(self.description.job_role_arns),
            "alert_key_arn": self.key_arn if alert_key is None else alert_key,
        }

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The environment by which a function's `pinpoint` client finds the project."""
        variables = {"APPLICATION_ID": self.application_id}
        if self.platform == "hosted":
            variables["ENGAGEMENT_ENDPOINT_URL"] = self.endpoint_url
        return variables

    def statements(self, *operations: str) -> list[Statement]:
        """What a role needs to call these operations of the Pinpoint API, by their API names (`CreateImportJob`)."""
        pinpoint_actions.check(operations)
        if self.platform == "pinpoint":
            return pinpoint_actions.statements(self.account, self.application_id, operations)
        function = [self.description.api_function_arn]
        return [
            Statement(
                ["lambda:InvokeFunctionUrl"], function, {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}
            ),
            Statement(["lambda:InvokeFunction"], function, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
        ]

    def sms_event_environment(self) -> dict[str, pulumi.Input[str]]:
        """The environment of a function that writes what it knows of text messages into the event stream."""
        stream = pulumi.Output.from_input(self.event_stream_arn).apply(lambda arn: arn.rpartition("/")[2])
        told = self._told_by_pinpoint or not self.has_event_stream
        return {"ACCOUNT_ID": self.account.id, "EVENT_STREAM_NAME": "" if told else stream}

    def sms_event_statements(self) -> list[Statement]:
        """What its role needs for that."""
        if self._told_by_pinpoint or not self.has_event_stream:
            return []
        return [Statement(["kinesis:PutRecords"], [self.event_stream_arn])]

    @property
    def _told_by_pinpoint(self) -> bool:
        """Whether the stream has events of text messages without anybody's doing."""
        return self.platform == "pinpoint"

    def campaign_callers(self) -> list[CampaignCaller]:
        """Who has to be let in by a function that campaigns call: as their hook, or as a custom channel."""
        if self.platform == "hosted":
            roles = {"campaigns": self.description.campaign_role_arn, "journeys": self.description.journeys_role_arn}
            return [CampaignCaller(name, role) for name, role in roles.items() if role != ""]
        service = pulumi.Output.concat("pinpoint.", self.account.region, ".amazonaws.com")
        campaigns = pulumi.Output.concat("apps/", self.application_id, "/campaigns/*")
        sources = {
            "campaigns": self.account.arn("mobiletargeting", campaigns),
            # Amazon Pinpoint has named its campaigns both ways.
            "campaigns-slash": self.account.arn("mobiletargeting", pulumi.Output.concat("/", campaigns)),
        }
        return [CampaignCaller(name, service, arn, self.account.id) for name, arn in sources.items()]

    def job_trust_policy(self) -> pulumi.Output[str]:
        """Trust policy of a role (path `job_role_path()`) that an import or export job reads or writes S3 with."""
        if self.platform == "hosted":
            return policy.resource_document(
                [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": list(self.description.job_role_arns)},
                        "Action": "sts:AssumeRole",
                    }
                ]
            )
        return policy.service_trust(
            "pinpoint.amazonaws.com",
            {
                "StringEquals": {"aws:SourceAccount": self.account.id},
                "ArnEquals": {
                    "aws:SourceArn": self.account.arn(
                        "mobiletargeting", pulumi.Output.concat("apps/", self.application_id)
                    )
                },
            },
        )

    def pass_role_statements(self, role_arn: pulumi.Input[str]) -> list[Statement]:
        """What a role needs beside `statements("CreateImportJob")` to name `role_arn` as the job's role."""
        if self.platform == "hosted":
            return []
        return [
            Statement(["iam:PassRole"], [role_arn], {"StringEquals": {"iam:PassedToService": "pinpoint.amazonaws.com"}})
        ]


def no_stream(architecture: str) -> str:
    """What is wrong where an architecture, by config key, reads an event stream that the project does not have."""
    return (
        f"{NAMESPACE}:{architecture}.enabled: true, but it reads the event stream, and {NAMESPACE}:project.events.stream.mode "
        f"is none in the project's stack; allowed: onDemand or provisioned there (bring that stack up first), or enabled: false"
    )


def phone_validate_statement(account: Account) -> Statement:
    """The right to call PhoneNumberValidate in the account's Region, which AWS answers on both platforms."""
    return Statement(["mobiletargeting:PhoneNumberValidate"], [account.arn("mobiletargeting", "phone/number/validate")])
