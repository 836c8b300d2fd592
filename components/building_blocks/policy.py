"""IAM documents from exact statements. A wildcard is an error unless the statement says why it is there."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from components.building_blocks import guardrails, watched
from components.building_blocks.account import KEY_ARN
from components.building_blocks.key_grants import key_rights

__all__ = ["KEY_ARN"]

Conditions = Mapping[str, Mapping[str, pulumi.Input[Any]]]

VERSION = "2012-10-17"


@dataclass(frozen=True)
class Statement:
    """An Allow statement of an identity policy.

    actions: whole action names, never with a wildcard.
    resources: ARNs. One that holds `*` or `?` needs `why_wildcard`, the sentence that justifies it.
    conditions: `{operator: {key: value or list}}`.
    """

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Conditions | None = None
    why_wildcard: str | None = None

    def __post_init__(self) -> None:
        if not self.actions or not self.resources:
            raise ValueError(
                f"a statement needs actions and resources, got {list(self.actions)} on {list(self.resources)}"
            )
        broad = [action for action in self.actions if "*" in action or "?" in action]
        if broad:
            raise ValueError(f"actions {broad} hold a wildcard: name each action")
        self._check([resource for resource in self.resources if isinstance(resource, str)])

    def _check(self, resources: Sequence[str]) -> None:
        broad = [resource for resource in resources if "*" in resource or "?" in resource]
        if broad and not self.why_wildcard:
            raise ValueError(
                f"resources {broad} of {list(self.actions)} hold a wildcard: give why_wildcard or exact ARNs"
            )

    def render(self) -> pulumi.Output[dict[str, Any]]:
        """The statement as IAM reads it, once its ARNs are known."""

        def build(parts: dict[str, Any]) -> dict[str, Any]:
            self._check(parts["resources"])
            statement = {"Effect": "Allow", "Action": sorted(self.actions), "Resource": parts["resources"]}
            if parts["conditions"]:
                statement["Condition"] = parts["conditions"]
            return statement

        conditions = {operator: dict(keys) for operator, keys in (self.conditions or {}).items()}
        return pulumi.Output.from_input({"resources": list(self.resources), "conditions": conditions}).apply(build)


def key_use(key_arn: pulumi.Input[str] | None, actions: Sequence[str], service: pulumi.Input[str]) -> list[Statement]:
    """The use of a key by one service alone (`s3.eu-west-1.amazonaws.com`) for whom the statement is; nothing without a key."""
    if key_arn is None:
        return []
    return [Statement(actions, [key_arn], {"StringEquals": {"kms:ViaService": service}})]


def render(statements: Sequence[Mapping[str, Any]]) -> str:
    """JSON of an IAM document with these finished statements; the same statements give the same text."""
    return json.dumps({"Version": VERSION, "Statement": list(statements)}, sort_keys=True)


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """JSON of the identity policy that grants `statements`, and the use of keys of one's own that these need."""
    watched.note_actions(action for statement in statements for action in statement.actions)
    rights = key_rights((statement.actions, statement.resources) for statement in statements)
    keys = [one for actions, key, service in rights for one in key_use(key, actions, service)]
    return pulumi.Output.all(*[statement.render() for statement in [*statements, *keys]]).apply(render)


def resource_document(statements: Sequence[Mapping[str, Any]]) -> pulumi.Output[str]:
    """JSON of a resource policy from whole statements (with Effect and Principal), which may hold outputs anywhere."""
    return pulumi.Output.from_input([dict(statement) for statement in statements]).apply(render)


def tls_only(actions: Sequence[str], resources: Sequence[pulumi.Input[str]]) -> dict[str, Any]:
    """A resource policy's statement that refuses whoever does not come by TLS."""
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": list(actions),
        "Resource": list(resources),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def service_trust(service: str, conditions: Conditions | None = None) -> pulumi.Output[str]:
    """JSON of the trust policy by which an AWS service, for example `lambda.amazonaws.com`, assumes a role."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if conditions:
        statement["Condition"] = {operator: dict(keys) for operator, keys in conditions.items()}
    return resource_document([statement])


class Role(NamedTuple):
    """A role and its grants. `ready` is what to depend on before the role's user acts with it."""

    role: aws.iam.Role
    policy: aws.iam.RolePolicy | None

    @property
    def ready(self) -> list[pulumi.Resource]:
        return [self.role] if self.policy is None else [self.role, self.policy]


def role(
    name: str,
    trust: pulumi.Input[str],
    statements: Sequence[Statement],
    opts: pulumi.ResourceOptions | None = None,
    path: pulumi.Input[str] | None = None,
) -> Role:
    """Registers a role named `{name}-role` with one inline policy of exactly `statements`.

    path: without it that of the guardrails, which give every role its permissions boundary, too.
    """
    asked = guardrails.current().config.roles
    iam_role = aws.iam.Role(
        f"{name}-role",
        assume_role_policy=trust,
        path=path or asked.path,
        permissions_boundary=asked.boundary_arn,
        opts=opts,
    )
    if not statements:
        return Role(iam_role, None)
    return Role(
        iam_role, aws.iam.RolePolicy(f"{name}-grants", role=iam_role.name, policy=document(statements), opts=opts)
    )
