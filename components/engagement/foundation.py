"""The component that makes an engagement project, on the platform that the config names."""

from dataclasses import dataclass

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.tags import tagged
from components.engagement.ground import Ground
from components.engagement.hosted import HostedProject, HostedProjectArgs
from components.engagement.pinpoint import PinpointProject, PinpointProjectArgs
from components.engagement.project import EXPORT, EngagementProject
from components.engagement.project_config import ProjectConfig
from components.outputs import Component, Declared


@dataclass(frozen=True)
class FoundationArgs:
    """config: what `engagement:project` says. layer_arn: the functions' layer of this stack."""

    config: ProjectConfig
    account: Account
    layer_arn: pulumi.Input[str]


class Foundation(Component):
    """The engagement project; `project` is what components take. Each output is what `project` has under that name."""

    platform: Declared[str] = Declared("What holds the customers' data: `hosted` or `pinpoint`.")
    application_id: Declared[str] = Declared("Id of the application, for every call of the Pinpoint API.")
    endpoint_url: Declared[str] = Declared("Address of the hosted service; empty on platform `pinpoint`.")
    event_stream_arn: Declared[str] = Declared(
        "Kinesis stream with the project's events. Its readers share five reads and 2 MB a second and shard, four of ours among "
        "them: take enhanced fan-out for your own."
    )
    alert_topic_arn: Declared[str] = Declared("Topic where alarms and failures go: subscribe to it.")
    key_arn: Declared[str] = Declared("KMS key that encrypts the topics.", export="topicKeyArn")

    def __init__(self, name: str, args: FoundationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:Foundation", name, None, tagged(opts, "foundation"))
        child = pulumi.ResourceOptions(parent=self)
        ground = Ground(name, args.account, args.config, child)
        if args.config.platform == "pinpoint":
            made = PinpointProject(name, PinpointProjectArgs(args.config, args.account, ground), child).description
        else:
            hosted = HostedProjectArgs(args.config, args.account, ground, args.layer_arn)
            made = HostedProject(name, hosted, child).description
        self.project = EngagementProject(made, args.layer_arn)
        for output in self.declared().values():
            setattr(self, output.attribute, getattr(self.project, output.attribute))
        self.register_outputs({**self.outputs(), EXPORT: self.project.exports()})
