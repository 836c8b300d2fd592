"""The Pulumi config of a stack, as `pulumi up` would read it."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError


def project_name(program: Path) -> str:
    """What the program's Pulumi.yaml calls it; a folder without one is called `engagement`."""
    path = program / "Pulumi.yaml"
    return (_read(path) if path.exists() else {}).get("name") or "engagement"


def stack_config(program: Path, stack: str, overrides: Iterable[str] = ()) -> dict[str, str]:
    """Config values as strings, objects as JSON. overrides: `key.path=value` as `pulumi config set --path` takes them.

    A stack without a `Pulumi.<stack>.yaml` has no config of its own. Raises SandboxError for one that cannot be read.
    """
    path = program / config_folder(program) / f"Pulumi.{stack}.yaml"
    content = _read(path) if path.exists() else {}
    project = project_name(program)
    config = {_full(key, project): value for key, value in (content.get("config") or {}).items()}
    for override in overrides:
        _set(config, override, project)
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def config_folder(program: Path) -> Path:
    """Where the stacks' config is, relative to the program: what its Pulumi.yaml calls `stackConfigDir`; else beside it."""
    path = program / "Pulumi.yaml"
    named = (_read(path) if path.exists() else {}).get("stackConfigDir") or "."
    return Path(named.lstrip("/"))


def _read(path: Path) -> dict[str, Any]:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise SandboxError(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error


def _full(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _set(config: dict[str, Any], override: str, project: str) -> None:
    path, equals, text = override.partition("=")
    if not equals or not path:
        raise SandboxError(f"override {override!r} is not KEY=VALUE", "-c s3TriggeredImport.enabled=false")
    first, *rest = path.split(".")
    key = _full(first, project)
    value = _value(text)
    if not rest:
        config[key] = value
        return
    target = config.setdefault(key, {})
    for name in rest[:-1]:
        if not isinstance(target, dict):
            break
        target = target.setdefault(name, {})
    if not isinstance(target, dict):
        raise SandboxError(f"override {override!r} goes into {first!r}, which is not an object")
    target[rest[-1]] = value


def _value(text: str) -> Any:
    """As Pulumi takes it: true, false and whole numbers are what they look like, an object is JSON, all else is text."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(found, float) else found
