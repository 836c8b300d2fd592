"""What stands in a sandbox, whoever brought it up: `sandbox up`, or Pulumi's engine by `sandbox pulumi`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.deployer.state import STACK, STACK_REFERENCE, StackState
from sandbox.errors import SandboxError
from sandbox.folder import Folder

SANDBOX, PULUMI = "sandbox up", "sandbox pulumi"
APPLICATION = "applicationId"


@dataclass(frozen=True)
class BroughtUp:
    """A stack. by: the command that brought it up. changed: when, last, in seconds. references: stacks that it builds on."""

    name: str
    by: str
    changed: float
    outputs: dict[str, Any] = field(default_factory=dict)
    references: frozenset[str] = frozenset()


def stacks(folder: Folder) -> list[BroughtUp]:
    """All that is up, the one that was brought up last at the end."""
    return sorted([*_ours(folder), *_pulumis(folder)], key=lambda stack: stack.changed)


def stack(folder: Folder, name: str) -> BroughtUp:
    """One that is up; of two of that name the later one. Raises SandboxError where there is none."""
    found = stacks(folder)
    named = [each for each in found if each.name == name]
    if not named:
        up_now = ", ".join(each.name for each in found) or "none"
        raise SandboxError(f"stack {name!r} is not up (up: {up_now})", f"sandbox up {name}")
    return named[-1]


def project(folder: Folder, name: str = "") -> BroughtUp | None:
    """The stack that holds the engagement project of stack `name`: itself, or one that it builds on.

    Without a name: of what was brought up last. None: nothing that is up has one. Raises SandboxError where the named
    stack is not up, or has none.
    """
    found = stacks(folder)
    wanted = [stack(folder, name)] if name else list(reversed(found))
    for candidate in wanted:
        for each in reversed(found):
            of_it = each == candidate or (each.by == candidate.by and each.name in candidate.references)
            if of_it and each.outputs.get(APPLICATION):
                return each
    if name:
        raise SandboxError(f"stack {name!r} has no engagement project, and builds on no stack with one")
    return None


def _ours(folder: Folder) -> Iterator[BroughtUp]:
    for path in folder.stacks.glob("*.json") if folder.stacks.exists() else ():
        state = StackState(path)
        yield BroughtUp(path.stem, SANDBOX, path.stat().st_mtime, state.outputs, frozenset(state.references))


def _pulumis(folder: Folder) -> Iterator[BroughtUp]:
    """As Pulumi's file backend keeps them."""
    for path in (folder.pulumi / "state" / ".pulumi" / "stacks").glob("*/*.json"):
        latest = json.loads(path.read_text(encoding="utf-8")).get("checkpoint", {}).get("latest") or {}
        resources = latest.get("resources") or []
        outputs = next((each.get("outputs", {}) for each in resources if each["type"] == STACK), None)
        if outputs is None:
            continue
        names = [each["inputs"]["name"] for each in resources if each["type"] == STACK_REFERENCE]
        references = frozenset(name.rpartition("/")[2] for name in names)
        yield BroughtUp(path.stem, PULUMI, path.stat().st_mtime, outputs, references)
