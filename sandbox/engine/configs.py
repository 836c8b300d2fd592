"""The stacks' config in a sandbox's Pulumi project: that of the repository's files, and what `sandbox pulumi` set itself."""

from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError
from sandbox.folder import write_text


def take_over(given: Path, target: Path, taken: Path) -> None:
    """Takes a stack's config over from the repository.

    What changed in `given` since it was last taken (`taken` holds that) goes over what the project has; what the CLI wrote
    into `target`, config that `given` does not change and the stack's salt, stays. Raises SandboxError for bad YAML.
    """
    text = given.read_text(encoding="utf-8")
    before = taken.read_text(encoding="utf-8") if taken.exists() else ""
    if target.exists() and text == before:
        return
    new, old, own = (
        _read(given, each) for each in (text, before, target.read_text(encoding="utf-8") if target.exists() else "")
    )
    theirs, formerly, mine = (each.get("config") or {} for each in (new, old, own))
    members = {key: value for key, value in own.items() if key != "config"}
    if mine == formerly and set(new) <= {"config"}:
        write_text(target, text + (yaml.safe_dump(members) if members else ""))
    else:
        gone = {key for key in formerly if key not in theirs}
        changed = {key: value for key, value in theirs.items() if key not in formerly or formerly[key] != value}
        config = {key: value for key, value in mine.items() if key not in gone} | changed
        write_text(target, yaml.safe_dump({**members, "config": config}, sort_keys=False))
    write_text(taken, text)


def _read(path: Path, text: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise SandboxError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict):
        raise SandboxError(f"{path.name} holds no keys and values")
    return found
