"""The component that makes an engagement project, on the platform that the config names."""

from dataclasses import dataclass

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.tags import tagged
from components.engagement.ground import Ground
from components.engagement.hosted import HostedProject, HostedProjectArgs
from components.engagement.pinpoint import PinpointProject, PinpointProjectArgs
from components.engagement.project import EngagementProject
from components.engagement.project_config import ProjectConfig


@dataclass(frozen=True)
class FoundationArgs:
    """config: what `engagement:project` says. layer_arn: the functions' layer of this stack."""

    config: ProjectConfig
    account: Account
    layer_arn: pulumi.Input[str]


class Foundation(pulumi.ComponentResource):
    """The engagement project; `project` is what components take."""

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
        self.register_outputs({"project": self.project.exports()})
