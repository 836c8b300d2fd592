"""The command `engagement`, as a person runs it on a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sandbox import brought_up, command
from sandbox.folder import REPOSITORY

RUN = "import sys; from commands.command import run; sys.exit(run(sys.argv[1:]))"


def engagement(sandbox: Any, folder: Path, *arguments: str, code: int = 0) -> str:
    """What it prints. folder: the one it is run in. Fails with its error where its exit code is not `code`."""
    project = brought_up.project(sandbox.folder, sandbox.stack)
    done = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        env={**os.environ, **command.environment(sandbox.folder, project), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout
