"""Where a sandbox keeps everything: its environment, its servers' data and logs, and the state of its stacks."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.building_blocks.places import HOME, INSTALLED, REQUIREMENTS, cache

PACKAGE = __name__.rpartition(".")[0]
"""The name by which a process of its own imports the sandbox: `sandbox`, or `engagement.sandbox` where it is installed."""
PYTHON_PATH = [str(HOME)] if PACKAGE == "sandbox" else []
"""Where such a process finds it."""
REPOSITORY = HOME
"""Or the package, where the sandbox is installed: without examples, docs and tools."""
EMBEDDED = REQUIREMENTS / "embedded.txt"
PROGRAM_VARIABLE = "SANDBOX_PROGRAM"
FOLDER_VARIABLE = "SANDBOX_HOME"
"""Environment variable that moves a sandbox's state elsewhere, so that several run side by side."""


def program() -> Path:
    """The Pulumi program that is brought up: what SANDBOX_PROGRAM names; else as the sandbox's own folder."""
    return Path(os.environ.get(PROGRAM_VARIABLE) or _base()).resolve()


def _base() -> Path:
    return Path.cwd() if INSTALLED else HOME


@dataclass(frozen=True)
class Folder:
    """The paths of one sandbox. `home` is what SANDBOX_HOME names; else the `.sandbox` of the repository, or of the current
    folder where the sandbox is installed."""

    home: Path

    @staticmethod
    def current() -> "Folder":
        """The sandbox of this process's environment."""
        return Folder(Path(os.environ.get(FOLDER_VARIABLE) or _base() / ".sandbox").resolve())

    @property
    def environment(self) -> Path:
        """The embedded AWS's virtual environment. Shared by all sandboxes of the same code: nothing writes into it."""
        if not INSTALLED:
            return HOME / ".sandbox" / "environment"
        return cache() / f"embedded-{hashlib.sha256(EMBEDDED.read_bytes()).hexdigest()[:16]}" / "environment"

    @property
    def servers(self) -> Path:
        return self.home / "servers.json"

    @property
    def lock(self) -> Path:
        return self.home / "lock"

    @property
    def outbox(self) -> Path:
        return self.home / "outbox.jsonl"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def stacks(self) -> Path:
        return self.home / "stacks"

    @property
    def pulumi(self) -> Path:
        """Pulumi's own project, state and plugins, for who has the CLI."""
        return self.home / "pulumi"

    def make(self) -> None:
        """Makes the folders that do not exist."""
        for path in (self.home, self.logs, self.data, self.stacks):
            path.mkdir(parents=True, exist_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Replaces a file by JSON as `write_text` does."""
    write_text(path, json.dumps(content, indent=1))


def write_text(path: Path, content: str) -> None:
    """Replaces a file in one step: a reader sees the old content or the new, never a part."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    partial.write_text(content, encoding="utf-8")
    partial.replace(path)
