"""The catalogue of architectures: what the stack files declare, under the names by which everything of one is found."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass

from components.config import ArchitectureConfig
from stacks.keys import STACKS

WHOLE = "everything"
"""The stack that has all of them again."""
PAGES = {"whatsAppChannel": "connect-channel.md"}
"""Pages of more than one architecture, by the config key of those whose name they do not bear."""


@dataclass(frozen=True)
class Architecture:
    """key: its config key. stack: the stack file that has it. name: of its component's module, handlers and tests."""

    key: str
    stack: str
    name: str
    config: type[ArchitectureConfig]

    @property
    def page(self) -> str:
        """Its file in docs/."""
        return PAGES.get(self.key) or f"{self.name.replace('_', '-')}.md"


def architectures() -> Mapping[str, Architecture]:
    """All of them, by config key."""
    return {
        key: Architecture(key, stack, model.__module__.rpartition(".")[2], model)
        for stack in STACKS
        if stack != WHOLE
        for key, model in getattr(importlib.import_module(f"{__package__}.{stack}"), "ARCHITECTURES", {}).items()
    }
