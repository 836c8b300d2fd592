"""Where a sandbox keeps everything: its environment, its servers' data and logs, and the state of its stacks."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
FOLDER_VARIABLE = "SANDBOX_HOME"
"""Environment variable that moves a sandbox's state elsewhere, so that several run side by side."""


@dataclass(frozen=True)
class Folder:
    """The paths of one sandbox. `home` is the repository's `.sandbox`, or what SANDBOX_HOME names."""

    home: Path

    @staticmethod
    def current() -> "Folder":
        """The sandbox of this process's environment."""
        return Folder(Path(os.environ.get(FOLDER_VARIABLE) or REPOSITORY / ".sandbox").resolve())

    @property
    def environment(self) -> Path:
        """The embedded AWS's virtual environment. Shared by all sandboxes of a repository: nothing writes into it."""
        return REPOSITORY / ".sandbox" / "environment"

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
    partial.write_text(content)
    partial.replace(path)
