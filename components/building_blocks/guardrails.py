"""The guardrails of the program that runs, which the building blocks ask for: boundary, keys, retention, names, network, tags.

`apply` begins them; where nobody did, there are none. They belong to the running program (a context variable), so that
programs that run side by side have their own.
"""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from components import config as configs
from components.building_blocks.account import Account
from components.building_blocks.guardrails_config import GuardrailsConfig

KEY = f"{configs.NAMESPACE}:guardrails"


@dataclass(frozen=True)
class Encrypted:
    """A resource that a key of one's own encrypts: its ARN (or one below it), the service that has it, the key."""

    arn: pulumi.Input[str]
    service: str
    key_arn: str


@dataclass(frozen=True)
class Guardrails:
    """config: what is asked. encrypted: what keys of one's own encrypt. functions: the names of those that were made."""

    config: GuardrailsConfig = field(default_factory=GuardrailsConfig)
    encrypted: list[Encrypted] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)

    def encrypts(self, arn: pulumi.Input[str], service: str, key_arn: str | None) -> None:
        """Notes that a key encrypts a resource: whoever gets rights on this very ARN gets those on the key, too."""
        if key_arn:
            self.encrypted.append(Encrypted(arn, service, key_arn))

    def encryption_of(self, arn: pulumi.Input[str]) -> Encrypted | None:
        """The note of an ARN: the same object, or the same text."""
        return next((each for each in self.encrypted if _same(each.arn, arn)), None)

    def derived(self, arn: pulumi.Input[str], of: pulumi.Input[str]) -> None:
        """Notes that `arn` names something within the resource `of`."""
        if (known := self.encryption_of(of)) is not None:
            self.encrypts(arn, known.service, known.key_arn)

    def network(self, function: str) -> aws.lambda_.FunctionVpcConfigArgsDict | None:
        """`vpc_config` of the function of that name; None for one outside of the network."""
        vpc = self.config.vpc
        if not vpc.subnet_ids or (vpc.functions and function not in vpc.functions):
            return None
        return {"subnet_ids": list(vpc.subnet_ids), "security_group_ids": list(vpc.security_group_ids)}

    def check_functions(self) -> None:
        """Raises ConfigError where `vpc.functions` names one that the program has not made."""
        unknown = [name for name in self.config.vpc.functions if name not in self.functions]
        if unknown:
            raise configs.problems_error(
                [
                    f"{KEY}.vpc.functions: given {', '.join(unknown)}, which this stack does not have; allowed: "
                    f"{', '.join(sorted(self.functions)) or 'none, since the stack has no functions'}"
                ]
            )


_current: ContextVar[Guardrails | None] = ContextVar("guardrails", default=None)


def current() -> Guardrails:
    """The guardrails of the program that runs."""
    found = _current.get()
    return apply(GuardrailsConfig()) if found is None else found


def apply(config: GuardrailsConfig) -> Guardrails:
    """Begins the guardrails of a program, before its first resource."""
    begun = Guardrails(config)
    _current.set(begun)
    return begun


def check(config: GuardrailsConfig, account: Account) -> None:
    """Fails the preview with ConfigError where a key is of another Region, or the boundary of another account."""
    keys = {name: arn for name, arn in config.keys.model_dump(by_alias=True).items() if arn is not None}
    here(account, {f"{KEY}.keys.{name}": arn for name, arn in keys.items()})
    boundary = config.roles.boundary_arn
    if boundary is not None:
        pulumi.Output.from_input(account.id).apply(lambda own: _check_boundary(boundary, own))


def here(account: Account, arns: dict[str, str]) -> None:
    """Fails the preview with ConfigError where one of these ARNs, by config key, is of another Region than the stack."""
    if arns:
        pulumi.Output.from_input(account.region).apply(lambda region: _check_regions(arns, region))


def log_group(
    name: str, default_days: int, opts: pulumi.ResourceOptions, name_prefix: str | None = None
) -> aws.cloudwatch.LogGroup:
    """A log group with the guardrails' retention and key. default_days: how long logs are kept where they ask for nothing."""
    config = current().config
    return aws.cloudwatch.LogGroup(
        name,
        name_prefix=name_prefix,
        retention_in_days=config.log_retention_days or default_days,
        kms_key_id=config.keys.logs,
        opts=opts,
    )


def _same(one: pulumi.Input[Any], other: pulumi.Input[Any]) -> bool:
    return one is other or (isinstance(one, str) and isinstance(other, str) and one == other)


def _check_regions(arns: dict[str, str], region: str) -> None:
    _raise(
        f"{key}: given {arn}, of Region {arn.split(':')[3]}; allowed: one of {region}, where the stack is"
        for key, arn in arns.items()
        if arn.split(":")[3] != region
    )


def _check_boundary(arn: str, account: str) -> None:
    if arn.split(":")[4] not in (account, "aws"):
        _raise([f"{KEY}.roles.boundaryArn: given {arn}; allowed: a policy of account {account}, or one of AWS's own"])


def _raise(problems: Iterable[str]) -> None:
    found: Sequence[str] = list(problems)
    if found:
        raise configs.problems_error(found)
