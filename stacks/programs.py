"""Finds the program of the stack that Pulumi runs: `audience-prod` runs `stacks/audience.py` for environment `prod`."""

import importlib
from collections.abc import Mapping
from typing import Any

import pulumi

from components import config
from stacks.keys import STACKS


async def program() -> Mapping[str, Any]:
    """Runs the stack's program and returns what the stack exports.

    Raises RunError, whose message is all that a person sees, for a stack of no known name and for wrong config.
    """
    name, _, environment = pulumi.get_stack().partition("-")
    if name not in STACKS:
        raise pulumi.RunError(
            f"stack {pulumi.get_stack()}: what stands before the first `-` must be one of {', '.join(STACKS)}"
        )
    module = importlib.import_module(f"{__package__}.{name}")
    if not config.given_keys() and hasattr(module, "ARCHITECTURES"):
        raise pulumi.RunError(_forgotten(name, pulumi.get_stack(), next(iter(module.ARCHITECTURES))))
    return await module.program(environment)


def _forgotten(name: str, stack: str, architecture: str) -> str:
    copied = f"copy the commented sample (cp Pulumi.{name}.yaml Pulumi.{stack}.yaml), or " if stack != name else ""
    return (
        f"stack {stack} has no config in Pulumi.{stack}.yaml, so nothing is switched on: {copied}switch something on "
        f"(pulumi config set --path engagement:{architecture}.enabled true --stack {stack}); `enabled: false` keeps all off"
    )
