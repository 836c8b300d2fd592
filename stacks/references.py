"""Outputs of the other stacks of the same environment."""

from collections.abc import Sequence
from typing import Any

import pulumi
import pydantic

from components.building_blocks.layer import Layer
from components.config import ConfigModel
from components.engagement.project import EXPORT, EngagementProject

REFERENCE = r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$"
BY_DEFAULT = "none: the stack of that name in the same environment."


class ReferencesConfig(ConfigModel):
    """Which stacks this one builds on, where they are not the ones of its own environment."""

    foundation: str | None = pydantic.Field(
        default=None, pattern=REFERENCE, description=f"Stack that holds the engagement project; {BY_DEFAULT}"
    )
    audience: str | None = pydantic.Field(
        default=None, pattern=REFERENCE, description=f"Stack that imports and validates; {BY_DEFAULT}"
    )
    campaigns: str | None = pydantic.Field(
        default=None, pattern=REFERENCE, description=f"Stack that makes campaigns; {BY_DEFAULT}"
    )


async def outputs_of(key: str, names: Sequence[str], references: ReferencesConfig, environment: str) -> dict[str, Any]:
    """Reads the outputs `names` of the stack that `key` stands for.

    Raises RunError, in one line, when that stack is not up or lacks one of them.
    """
    stack = getattr(references, key) or (f"{key}-{environment}" if environment else key)
    whole = stack if "/" in stack else f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack}"
    # Of a stack that does not exist the engine says no more than the two names: this one's says where to set another.
    reference = pulumi.StackReference(f"engagement:references.{key}", stack_name=whole)
    values: dict[str, Any] = {}
    for name in names:
        details = await reference.get_output_details(name)
        values[name] = details.secret_value if details.value is None else details.value
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise pulumi.RunError(
            f"stack {stack} is not up (or has no export {', '.join(missing)}): bring it up with "
            f"`pulumi up --stack {stack}`, key engagement:references.{key} names another"
        )
    return values


async def project_of_foundation(references: ReferencesConfig, environment: str) -> EngagementProject:
    """The engagement project of the environment, for functions that share one layer of this stack."""
    outputs = await outputs_of("foundation", [EXPORT], references, environment)
    return EngagementProject.from_reference(outputs[EXPORT], Layer("functions").arn)
