"""Reads a stack's config, and knows whose the other stacks' keys are."""

import importlib
from collections.abc import Mapping
from typing import Any

from components import config

STACKS = ("foundation", "audience", "campaigns", "email", "events", "sms", "content", "pipeline", "everything")


def load(models: Mapping[str, type[config.ConfigModel]]) -> dict[str, Any]:
    """As `config.load`; a key that another stack has is told with that stack's name."""
    return config.load(models, owners)


def owners(key: str) -> list[str]:
    """The stacks that have a key."""
    return [stack for stack in STACKS if key in importlib.import_module(f"{__package__}.{stack}").MODELS]
