"""Draws the dashboard of a stack, where its config asks for one, when its program has made all that is to be on it."""

import functools
from contextvars import ContextVar
from typing import Any

import pulumi

from components.building_blocks import watched
from components.building_blocks.dashboard import Dashboard, DashboardArgs, DashboardConfig
from components.building_blocks.failures import Program

_asked: ContextVar[DashboardConfig | None] = ContextVar("asked", default=None)


def ask(config: DashboardConfig) -> None:
    """What the config of the stack that runs says about its dashboard."""
    _asked.set(config)


def drawn(program: Program) -> Program:
    """Makes a stack's program end with its dashboard."""

    @functools.wraps(program)
    async def drawing(environment: str) -> dict[str, Any]:
        _asked.set(None)
        noted = watched.begin()
        try:
            exports = await program(environment)
        finally:
            watched.end()
        asked = _asked.get()
        if asked is not None and asked.enabled:
            Dashboard("engagement", DashboardArgs(asked, noted, f"engagement: stack {pulumi.get_stack()}"))
        return exports

    return drawing
