"""The project's one campaign hook: who wants it, what it may be, and its registration.

A hook of mode FILTER edits endpoints before a campaign sends to them; several filters are one hook, one after the other.
A hook of mode DELIVERY sends in the campaign's place, so it stands alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks.crud_invocation import SETTLING_SECONDS, CrudInvocation, CrudInvocationArgs
from components.building_blocks.function import Function, FunctionArgs
from components.config import NAMESPACE, ConfigModel
from components.engagement.project import EngagementProject

Mode = Literal["FILTER", "DELIVERY"]
PACKAGE = "campaign_hook"
SETTINGS_OPERATIONS = ("GetApplicationSettings", "UpdateApplicationSettings")


class CampaignHookConfig(ConfigModel):
    """Config key `campaignHook`: the hook of the architectures that have one."""

    registered: bool = pydantic.Field(
        default=True,
        description="Whether the hook is the project's, for every campaign without one of its own; false: campaigns that "
        "want it name the exported function as their own `Hook`.",
    )


def conflicts(claims: Mapping[str, Mode]) -> list[str]:
    """What is wrong with these claims to a project's hook, each by the config key of its architecture."""
    delivery = sorted(key for key, mode in claims.items() if mode == "DELIVERY")
    filters = sorted(key for key, mode in claims.items() if mode == "FILTER")
    problems = [
        f"{NAMESPACE}:{key}.enabled: true, and so is that of {other}, but a project has one campaign hook: {key} delivers "
        f"messages itself (DELIVERY) and {other} edits them (FILTER); allowed: one of the two, or "
        f"{NAMESPACE}:{key}.registration: campaigns"
        for key in delivery
        for other in filters
    ]
    return problems + [
        f"{NAMESPACE}:{key}.enabled: true, and so is that of {delivery[0]}, but a project has one campaign hook, and both "
        f"deliver messages themselves (DELIVERY); allowed: one of the two, or {NAMESPACE}:{key}.registration: campaigns"
        for key in delivery[1:]
    ]


@dataclass(frozen=True)
class HookRegistrationArgs:
    """function: what campaigns call. mode: FILTER or DELIVERY. register: whether it becomes the project's hook."""

    project: EngagementProject
    function: Function
    mode: Mode
    register: bool = True


class HookRegistration(pulumi.ComponentResource):
    """Lets the project's campaigns call a function, and makes it the project's hook.

    A hook that somebody else set is not overwritten: bringing the stack up then fails with both names. Taking the stack
    down takes off its own hook and no other.
    """

    def __init__(self, name: str, args: HookRegistrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:project:HookRegistration", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        project = args.project
        self.ready: list[pulumi.Resource] = [*args.function.ready]
        for caller in project.campaign_callers():
            self.ready.append(
                aws.lambda_.Permission(
                    f"{name}-{caller.name}",
                    action="lambda:InvokeFunction",
                    function=args.function.name,
                    principal=caller.principal,
                    source_arn=caller.source_arn,
                    source_account=caller.source_account,
                    opts=child,
                )
            )
        if args.register:
            registrar = Function(
                f"{name}-registration",
                FunctionArgs(
                    handler=f"handlers.{PACKAGE}.registration.handler",
                    layer_arn=project.layer_arn,
                    environment=project.environment(),
                    statements=project.statements(*SETTINGS_OPERATIONS),
                    timeout_seconds=SETTLING_SECONDS,
                    description="Sets the project's campaign hook",
                ),
                child,
            )
            CrudInvocation(
                f"{name}-registered",
                CrudInvocationArgs(registrar, {"FunctionArn": args.function.arn, "Mode": args.mode}),
                pulumi.ResourceOptions(parent=self, depends_on=self.ready),
            )
        self.register_outputs({})
