"""What every demo begins with: the embedded AWS, and its stack brought up."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from sandbox import operations, servers
from sandbox.folder import Folder
from sandbox.servers import Servers


@dataclass(frozen=True)
class Stage:
    """Where a demo plays. out: where it tells what happens. exports: the stack's."""

    out: Console
    running: Servers
    exports: dict[str, Any]
    started: float

    def seconds(self) -> str:
        """How long it has played."""
        return f"{time.monotonic() - self.started:.0f} s"


def begin(folder: Folder, errors: Console, stack: str, overrides: Sequence[str] = ()) -> Stage:
    """Starts the embedded AWS, brings the stack up (with config in place of its sample's) and tells so as a demo's first step."""
    out = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()
    with errors.status("starting the embedded AWS and bringing everything up"):
        running = servers.ensure(folder)
        summary = operations.up(folder, running, stack, lambda *_: None, overrides)
    stage = Stage(out, running, operations.state(folder, stack).outputs, started)
    out.print(f"1. {stack} is up: {summary} ({stage.seconds()})")
    return stage
