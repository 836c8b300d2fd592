"""The project's FILTER hook: one function that runs the filters of all architectures that have one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.building_blocks.alarm import RUNBOOK, alarm
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import Statement
from components.building_blocks.tags import tagged
from components.engagement.hooks import PACKAGE, CampaignHookConfig, HookRegistration, HookRegistrationArgs
from components.engagement.project import EngagementProject
from components.outputs import Component, Declared

ARCHITECTURE = "campaignHook"
TIMEOUT_SECONDS = 15
"""Nobody waits longer for a hook."""
METRICS = "engagement/hooks"
"""Namespace of what handlers/campaign_hook/counting.py counts."""


@dataclass(frozen=True)
class HookFilter:
    """What an architecture adds to the hook.

    package: of handlers/, with the module `filter`. environment, statements: what it reads and may
    do. ready: what has to be there before the hook is called.
    """

    package: str
    environment: Mapping[str, pulumi.Input[str]]
    statements: Sequence[Statement]
    ready: Sequence[pulumi.Resource] = ()


@dataclass(frozen=True)
class FilterHookArgs:
    """filters: in the order in which they edit the endpoints; at least one."""

    config: CampaignHookConfig
    project: EngagementProject
    filters: Sequence[HookFilter]


class FilterHook(Component):
    """The function, its permission and its registration."""

    function_arn: Declared[str] = Declared(
        "Function that edits a campaign's endpoints before it sends; the project's campaign hook, unless `campaignHook.registered` is false.",
        export="campaignHookFunctionArn",
    )

    def __init__(self, name: str, args: FilterHookArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:FilterHook", name, None, tagged(opts, ARCHITECTURE))
        project, filters = args.project, args.filters
        environment: dict[str, pulumi.Input[str]] = {}
        for each in filters:
            environment |= each.environment
        function = Function(
            name,
            FunctionArgs(
                handler=f"handlers.{PACKAGE}.function.handler",
                loads=[f"handlers.{each.package}.filter" for each in filters],
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    **environment,
                    "FILTERS": ",".join(each.package for each in filters),
                },
                statements=[statement for each in filters for statement in each.statements],
                timeout_seconds=TIMEOUT_SECONDS,
                description="Edits the endpoints of a campaign before it sends",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[resource for each in filters for resource in each.ready]),
        )
        HookRegistration(
            name,
            HookRegistrationArgs(project, function, "FILTER", args.config.registered),
            pulumi.ResourceOptions(parent=self),
        )
        self.function_arn = function.arn
        self.register()


def trouble_alarm(
    name: str, architecture: str, project: EngagementProject, description: str, opts: pulumi.ResourceOptions
) -> None:
    """Alarms when a filter's look-ups were slow, throttled or failed. That something is not there alarms nobody."""
    alarm(
        f"{name}-trouble",
        namespace=METRICS,
        metric="Trouble",
        dimensions={"service": architecture, "application": project.application_id},
        topic_arn=project.alert_topic_arn,
        description=f"{description}. {RUNBOOK}",
        opts=opts,
    )
