"""Bringing stacks up and down in a running sandbox."""

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sandbox.configuration import project_name, stack_config
from sandbox.deployer.order import Order
from sandbox.deployer.state import StackState
from sandbox.errors import SandboxError
from sandbox.folder import PACKAGE, PROGRAM_VARIABLE, PYTHON_PATH, Folder, program
from sandbox.servers import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Servers

Progress = Callable[[str, dict[str, str]], None]
"""Called with a stack's name and one step: `event`, `type`, `name`."""

VERBS = {"create": "created", "update": "changed", "replace": "replaced", "delete": "deleted", "keep": "kept"}


@dataclass
class Summary:
    """How many resources of a stack were created, changed, and so on."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, event: str) -> None:
        """Counts one step."""
        self.counts[event] = self.counts.get(event, 0) + 1

    def __str__(self) -> str:
        parts = [f"{self.counts[event]} {verb}" for event, verb in VERBS.items() if event in self.counts]
        unchanged = self.counts.get("same", 0)
        return ", ".join([*parts, f"{unchanged} unchanged"] if unchanged or not parts else parts)


@contextmanager
def only_one(folder: Folder) -> Iterator[None]:
    """One change of a sandbox at a time: another command waits."""
    folder.home.mkdir(parents=True, exist_ok=True)
    with folder.lock.open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def up(folder: Folder, servers: Servers, stack: str, progress: Progress, overrides: Sequence[str] = ()) -> Summary:
    """Makes a stack what its program says. Raises SandboxError with the program's own message."""
    source = program()
    if not (source / "__main__.py").exists():
        raise SandboxError(f"{source} has no Pulumi program (__main__.py)", f"{PROGRAM_VARIABLE} names another folder")
    config = stack_config(source, stack, overrides)
    return _carry_out(_order("up", folder, servers, stack, source, config=config), folder, progress)


def down(folder: Folder, servers: Servers, stack: str, progress: Progress) -> Summary:
    """Deletes all that a stack created."""
    return _carry_out(_order("down", folder, servers, stack, folder.home), folder, progress)


def check_removal(folder: Folder, stacks: Sequence[str]) -> None:
    """Raises SandboxError where other stacks build on one of these: what they have in its project could not be deleted."""
    for stack in stacks:
        above = [
            other for other in deployed(folder) if stack in state(folder, other).references and other not in stacks
        ]
        if above:
            raise SandboxError(
                f"stack {stack!r} is under {', '.join(above)}, which could not be deleted without it",
                f"sandbox down {' '.join([*above, *stacks])}",
            )


def deployed(folder: Folder) -> list[str]:
    """The stacks that are up, the oldest first."""
    if not folder.stacks.exists():
        return []
    return [path.stem for path in sorted(folder.stacks.glob("*.json"), key=_born)]


def _born(path: Path) -> tuple[float, str]:
    birth = path.with_suffix(".born")
    return (birth.stat().st_mtime if birth.exists() else 0.0, path.name)


def state(folder: Folder, stack: str) -> StackState:
    """What a stack created. Raises SandboxError for one that is not up."""
    path = folder.stacks / f"{stack}.json"
    if not path.exists():
        up_now = ", ".join(deployed(folder)) or "none"
        raise SandboxError(f"stack {stack!r} is not up (up: {up_now})", f"sandbox up {stack}")
    return StackState(path)


def _order(
    action: str, folder: Folder, servers: Servers, stack: str, program: Path, *, config: dict[str, str] | None = None
) -> Order:
    return Order(
        action=action,
        stack=stack,
        program=str(program),
        project=project_name(program),
        stacks=str(folder.stacks),
        endpoint=servers.endpoint,
        region=REGION,
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
        endpoints=servers.endpoints,
        config=config or {},
    )


def _carry_out(order: Order, folder: Folder, progress: Progress) -> Summary:
    stack = order.stack
    folder.make()
    birth = folder.stacks / f"{stack}.born"
    if not birth.exists():
        birth.touch()
    log = folder.logs / f"{stack}.log"
    summary, failure, explained = Summary(), "", False
    with log.open("w", encoding="utf-8") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{PACKAGE}.deployer.deployment"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=_environment(),
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(json.dumps(asdict(order)))
        process.stdin.close()
        finished = False
        for line in process.stdout:
            step: dict[str, Any] = json.loads(line)
            if step["event"] == "failed":
                failure, explained = step["message"], step["explained"]
            elif step["event"] == "done":
                finished = True
            else:
                summary.add(step["event"])
                progress(stack, step)
        process.wait()
    if not order.state_path.exists():
        birth.unlink(missing_ok=True)
    if failure:
        raise SandboxError(f"stack {stack!r}: {failure}", "" if explained else f"more in {log}")
    if not finished:
        raise SandboxError(f"stack {stack!r}: its deployment ended unexpectedly", f"look into {log}")
    return summary


def _environment() -> dict[str, str]:
    path = os.pathsep.join([*PYTHON_PATH, *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "PULUMI_SKIP_UPDATE_CHECK": "true"}
