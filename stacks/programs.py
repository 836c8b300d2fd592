"""Finds the program of the stack that Pulumi runs: `audience-prod` runs `stacks/audience.py` for environment `prod`."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import yaml

from components import config
from components.building_blocks import guardrails
from stacks.keys import OF_EVERY_STACK, STACKS


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
    if not set(config.given_keys()) - set(OF_EVERY_STACK) and hasattr(module, "ARCHITECTURES"):
        raise pulumi.RunError(_forgotten(name, pulumi.get_stack(), next(iter(module.ARCHITECTURES))))
    exports = await module.program(environment)
    guardrails.current().check_functions()
    return exports


def _forgotten(name: str, stack: str, architecture: str) -> str:
    folder = _config_folder()
    sample, own = folder / f"Pulumi.{name}.yaml", folder / f"Pulumi.{stack}.yaml"
    copied = f"copy the commented sample (cp {sample} {own}), or " if stack != name else ""
    if folder != Path() and _root().joinpath(own.name).exists():
        copied = f"move it there (mv {own.name} {own}), or "
    return (
        f"stack {stack} has no config in {own}, so nothing is switched on: {copied}switch something on "
        f"(pulumi config set --path engagement:{architecture}.enabled true --stack {stack}); `enabled: false` keeps all off"
    )


def _root() -> Path:
    """Where Pulumi.yaml is. Without an engine (mocks) Pulumi does not know, and the program runs there."""
    root = Path(pulumi.get_root_directory() or "")
    return root if (root / "Pulumi.yaml").exists() else Path()


def _config_folder() -> Path:
    """Where Pulumi reads the stacks' config, relative to Pulumi.yaml: `stackConfigDir` there; else beside it."""
    path = _root() / "Pulumi.yaml"
    project = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Path(project.get("stackConfigDir") or "")
