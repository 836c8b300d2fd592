"""What a program gives, as the components take it: config that is checked as a stack's is, and the project."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

import pulumi
import pydantic
from pulumi import InputPropertiesError
from pulumi.runtime.rpc import UNKNOWN
from pulumi.runtime.sync_await import _sync_await
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from components.config import ConfigModel, reason
from components.engagement.project import EngagementProject, ProjectDescription
from components.plugin.offered import Offer
from components.plugin.schema import SWITCH, config_fields

Inputs = Mapping[str, pulumi.Input[Any]]
HOSTED_ROLES = 2
"""Roles that the hosted platform's jobs run by."""


def config_of(name: str, offer: Offer, given: Inputs) -> ConfigModel:
    """The config, checked. Raises InputPropertiesError with every problem, by property."""
    known = config_fields(offer.config)
    others = {*offer.wired, *(["project"] if offer.takes_project else [])}
    problems = [
        {"property_path": key, "reason": f"unknown property; allowed: {', '.join(sorted([*known, *others]))}"}
        for key in given
        if key not in known and key not in others
    ]
    values: dict[str, Any] = {SWITCH: True} if SWITCH in offer.config.model_fields else {}
    for key in known:
        if given.get(key) is None:
            continue
        try:
            values[key] = _plain(given[key])
        except ValueError as error:
            problems.append({"property_path": key, "reason": str(error)})
    if not problems:
        try:
            return offer.config.model_validate_json(json.dumps(values))
        except pydantic.ValidationError as error:
            problems = [_problem(offer.config, details) for details in error.errors()]
    raise InputPropertiesError(f"config of {name} is wrong", problems)  # pyright: ignore[reportArgumentType] of this shape


def _problem(model: type[ConfigModel], details: ErrorDetails) -> dict[str, str]:
    path = _path(details["loc"])
    given = details["input"]
    if isinstance(given, dict):
        details = {**details, "input": {key: value for key, value in given.items() if key != SWITCH}}
    return {"property_path": path, "reason": reason(path, model, details)}


def _plain(value: object) -> object:
    """A value as JSON has it. Raises ValueError for one that is not known while the program runs."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)  # every number is sent as a float
    if isinstance(value, str | int | float | bool):
        return value
    raise ValueError("config must be known while the program runs; allowed: values, and no outputs of other resources")


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def project_of(value: pulumi.Input[Any]) -> tuple[EngagementProject, bool]:
    """The project of an input `project`, and whether its layer is still to be made (`layer_arn` is "" then).

    It is the output of one of this package's resources, or the export `project` of a stack, whose members are named as
    Python names them. In a preview it may not be known, while the project is still to be made: then it counts as hosted.
    """
    output: pulumi.Output[Any] = pulumi.Output.from_input(value)
    seen = _sync_await(output.future(with_unknowns=True))
    known: dict[str, Any] = {to_snake(key): each for key, each in seen.items()} if isinstance(seen, Mapping) else {}
    members = {field.name: field for field in fields(ProjectDescription)}

    def member(name: str) -> pulumi.Output[Any]:
        return output.apply(lambda project: {to_snake(key): each for key, each in project.items()}.get(name, ""))

    def seen_text(name: str) -> str | None:
        text = known.get(name)
        return text if isinstance(text, str) and text != UNKNOWN else None

    platform = seen_text("platform") or "hosted"
    roles = known.get("job_role_arns")
    count = len(roles) if isinstance(roles, list) else HOSTED_ROLES if platform == "hosted" else 0

    def role(place: int) -> pulumi.Output[str]:
        return member("job_role_arns").apply(lambda arns: arns[place])

    outputs: dict[str, Any] = {}
    for name, field in members.items():
        if field.type is str:  # what a program declares depends on it
            text = seen_text(name)
            outputs |= {} if text is None else {name: text}
        elif name in known or field.default is MISSING:
            outputs[name] = "" if seen_text(name) == "" else member(name)
    outputs |= {"platform": platform, "job_role_arns": [role(place) for place in range(count)]}
    has_layer = not known or "layer_arn" in known
    return EngagementProject.from_reference(outputs, member("layer_arn") if has_layer else ""), not has_layer
