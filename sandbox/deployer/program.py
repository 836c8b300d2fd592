"""Runs a Pulumi program to its end, within the loop and the settings that the caller made."""

import asyncio
import gc
import runpy
from pathlib import Path
from typing import Any

from pulumi.runtime.settings import SETTINGS


async def run_program(path: Path) -> None:
    """Runs the program (its file or its folder), and waits for all that it began.

    Pulumi itself, which does the same after this, looks at every pending output anew each time that one is done: half of
    the time of an `up` of hundreds of resources. What fails here is raised there. Garbage is not collected any more, which
    would take a third of what is left: the process ends with its program.
    """
    gc.disable()
    runpy.run_path(str(path), run_name="__main__")
    while pending := [task for task in _outputs() if not task.done()]:
        done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() for task in done):
            return


def _outputs() -> set[asyncio.Task[Any]]:
    return SETTINGS.outputs  # pyright: ignore[reportAttributeAccessIssue] pulumi's own kind of property
