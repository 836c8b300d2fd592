"""Platform `pinpoint`: an Amazon Pinpoint project, made here or existing."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.building_blocks import names, policy
from components.building_blocks.account import Account
from components.engagement.ground import Ground
from components.engagement.hosted_grants import job_roles_path
from components.engagement.project import ProjectDescription
from components.engagement.project_config import ProjectConfig


@dataclass(frozen=True)
class PinpointProjectArgs:
    config: ProjectConfig
    account: Account
    ground: Ground


class PinpointProject(pulumi.ComponentResource):
    """The App, unless one is given, and its event stream."""

    def __init__(self, name: str, args: PinpointProjectArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:PinpointProject", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        application_id: pulumi.Input[str]
        if args.config.application_id is not None:
            application_id = args.config.application_id
        else:
            # Amazon Pinpoint renames no project: the provider would make an empty one, and delete this one with its data.
            app = aws.pinpoint.App(f"{name}-app", name=args.config.name, opts=names.keeping(child))
            application_id = pulumi.Output.all(app.application_id, app.name).apply(
                lambda made: _told(made[0], made[1], args.config.name)
            )
        if args.ground.stream is not None:
            self._write_events(application_id)
        self.description = ProjectDescription(
            platform="pinpoint",
            application_id=application_id,
            endpoint_url="",
            api_function_arn="",
            job_role_arns=(),
            campaign_role_arn="",
            event_stream_arn=args.ground.stream_arn,
            alert_topic_arn=args.ground.alert_topic_arn,
            key_arn=args.ground.key_arn,
            account_id=args.account.id,
            region=args.account.region,
            partition=args.account.partition,
            event_stream_key_arn=args.ground.stream_key_arn,
            alert_key_arn=args.ground.alert_key_arn,
            job_roles_path=job_roles_path(),
        )
        self.register_outputs({"applicationId": application_id})

    def _write_events(self, application_id: pulumi.Input[str]) -> None:
        args, name, child = self._args, self._name, pulumi.ResourceOptions(parent=self)
        writer = policy.role(
            f"{name}-event-writer",
            policy.service_trust(
                "pinpoint.amazonaws.com",
                {
                    "StringEquals": {"aws:SourceAccount": args.account.id},
                    "ArnEquals": {
                        "aws:SourceArn": args.account.arn(
                            "mobiletargeting", pulumi.Output.concat("apps/", application_id)
                        )
                    },
                },
            ),
            [policy.Statement(["kinesis:DescribeStream", "kinesis:PutRecords"], [args.ground.stream_arn])],
            child,
        )
        aws.pinpoint.EventStream(
            f"{name}-event-stream",
            application_id=application_id,
            destination_stream_arn=args.ground.stream_arn,
            role_arn=writer.role.arn,
            opts=pulumi.ResourceOptions(parent=self, depends_on=writer.ready),
        )


def _told(application_id: str, name: str, wanted: str) -> str:
    """The application's id; says so where it keeps another name than the config wants."""
    if name != wanted:
        pulumi.log.warn(
            f"engagement:project.name: given {wanted!r}; the Amazon Pinpoint project {application_id} keeps its name "
            f"{name!r}, since Amazon Pinpoint cannot rename one"
        )
    return application_id
