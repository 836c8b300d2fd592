"""Finds the program of the stack that Pulumi runs: `audience-prod` runs `stacks/audience.py` for environment `prod`."""

import importlib
from collections.abc import Mapping
from typing import Any

import pulumi

STACKS = ("foundation", "audience", "campaigns", "email", "events", "sms", "content", "pipeline", "everything")


async def program() -> Mapping[str, Any]:
    """Runs the stack's program and returns what the stack exports.

    Raises RunError, whose message is all that a person sees, for a stack of no known name and for wrong config.
    """
    name, _, environment = pulumi.get_stack().partition("-")
    if name not in STACKS:
        raise pulumi.RunError(
            f"stack {pulumi.get_stack()}: what stands before the first `-` must be one of {', '.join(STACKS)}"
        )
    return await importlib.import_module(f"stacks.{name}").program(environment)
