"""Pulumi's side of the component package: its schema, and the construction of its resources."""

import json
import sys
import tomllib
from dataclasses import replace

import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider import main as serve
from pydantic.alias_generators import to_snake

from components.building_blocks.layer import Layer
from components.building_blocks.places import HOME
from components.plugin.inputs import Inputs, config_of, project_of
from components.plugin.offered import OFFERS, Asked
from components.plugin.schema import PACKAGE, schema, token


class Made(pulumi.ComponentResource):
    """The resource that a program sees: what the architecture is made of is below it."""

    def __init__(self, kind: str, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(kind, name, None, opts)


class EngagementPackage(Provider):
    """Makes what is offered."""

    def __init__(self, version: str) -> None:
        super().__init__(version, json.dumps(schema(version)))

    def construct(
        self, name: str, resource_type: str, inputs: Inputs, options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Makes a resource and what is below it. Raises InputPropertiesError for wrong inputs, before anything is made."""
        kind = resource_type.rpartition(":")[2]
        if kind not in OFFERS or resource_type != token(kind):
            raise pulumi.RunError(f"{resource_type}: package {PACKAGE} offers {', '.join(OFFERS)}")
        offer = OFFERS[kind]
        config = config_of(f"{resource_type} {name}", offer, inputs)
        wired = {to_snake(key): inputs[key] for key in offer.wired}
        made = Made(resource_type, name, options)
        child = pulumi.ResourceOptions(parent=made)
        project = None
        if offer.takes_project:
            project, without_layer = project_of(inputs["project"])
            if without_layer:
                project = replace(project, layer_arn=Layer(f"{name}-functions", child).arn)
        outputs = offer.make(Asked(name, child, config, wired, project))
        made.register_outputs(dict(outputs))
        return ConstructResult(made.urn, dict(outputs))


def version() -> str:
    """The version of the repository that this runs out of."""
    return tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def main() -> None:
    """Serves until the engine ends it."""
    serve(EngagementPackage(version()), sys.argv[1:])
