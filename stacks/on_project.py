"""The program of a stack whose architectures work on the engagement project that another stack holds."""

from collections.abc import Callable, Mapping
from typing import Any

from components.building_blocks import failures
from components.building_blocks.failures import Program
from components.config import ConfigModel
from components.engagement.project import EngagementProject
from stacks import dashboards, keys
from stacks.references import project_of_foundation

Settings = Mapping[str, Any]


def on_project(
    models: Mapping[str, type[ConfigModel]],
    architectures: Mapping[str, type[ConfigModel]],
    compose: Callable[[Settings, EngagementProject], dict[str, Any]],
    check: Callable[[Settings], None] = lambda settings: None,
) -> Program:
    """A program that exports what `compose` makes of the architectures that are enabled: nothing where none is.

    models: the stack's config keys. check: what of them goes together; raises ConfigError.
    """

    @dashboards.drawn
    @failures.listed
    async def program(environment: str) -> dict[str, Any]:
        settings = keys.load(models)
        check(settings)
        if not any(settings[key].enabled for key in architectures):
            return {}
        return compose(settings, await project_of_foundation(settings["references"], environment))

    return program
