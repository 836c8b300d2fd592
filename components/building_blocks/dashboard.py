"""The CloudWatch dashboard of a stack: all that its building blocks made, from what comes in to what went wrong."""

from dataclasses import dataclass
from typing import ClassVar, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import names
from components.building_blocks.dashboard_sections import sections
from components.building_blocks.watched import Kind, Watched
from components.building_blocks.widgets import body
from components.config import ConfigModel

LONGEST_NAME = 255


class DashboardConfig(ConfigModel):
    """Whether the stack has a dashboard. `true` alone is as good as `enabled: true`."""

    whole: ClassVar[str] = "true, false, or an object of keys and values"

    enabled: bool = pydantic.Field(
        default=False,
        description="Whether the stack has a dashboard in CloudWatch; `dashboard: true` says the same.",
    )
    text_spend_limit: int | None = pydantic.Field(
        default=None,
        ge=1,
        description="US dollars that the account may spend on texts in a month, which no metric tells "
        "(`aws pinpoint-sms-voice-v2 describe-spend-limits`): drawn as a line; none: no line.",
    )

    @pydantic.model_validator(mode="before")
    @classmethod
    def alone(cls, given: object) -> object:
        if isinstance(given, bool):
            return {"enabled": given}
        if not isinstance(given, dict | DashboardConfig):
            raise ValueError(f"allowed: {cls.whole}")  # noqa: TRY004 pydantic tells of a ValueError alone
        return given

    @pydantic.model_validator(mode="after")
    def limit_of_a_dashboard(self) -> Self:
        if self.text_spend_limit is not None and not self.enabled:
            raise ValueError("textSpendLimit is given without enabled; allowed: enabled true, or no textSpendLimit")
        return self


@dataclass(frozen=True)
class DashboardArgs:
    """watched: what the program made. title: what the dashboard is of."""

    config: DashboardConfig
    watched: Watched
    title: str


class Dashboard(pulumi.ComponentResource):
    """The dashboard. Its name carries the Region: dashboards are the account's, in all Regions at once."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:blocks:Dashboard", name, None, opts)
        region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        drawn = body(
            f"# {args.title}\nEvery alarm, and what to do: docs/runbook.md. `engagement failures` lists what could not be done, and why.",
            [each.value for each in args.watched.of(Kind.ALARM)],
            sections(args.watched, args.config.text_spend_limit),
            region,
        )
        dashboard = aws.cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=region.apply(lambda here: dashboard_name(name, here)),
            dashboard_body=pulumi.Output.json_dumps(drawn, sort_keys=True),
            opts=names.keeping(pulumi.ResourceOptions(parent=self), "dashboard_name"),
        )
        self.dashboard_name = dashboard.dashboard_name
        self.register_outputs({"dashboardName": self.dashboard_name})


def dashboard_name(name: str, region: str) -> str:
    """A name that no other stack of the account has in any Region: letters, digits, `-` and `_`, which CloudWatch allows."""
    written = "".join(one if one.isascii() and (one.isalnum() or one in "-_") else "-" for one in pulumi.get_stack())
    end = f"-{written}-{region}"
    return f"{names.prefixed(name)}"[: LONGEST_NAME - len(end)] + end
