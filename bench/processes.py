"""A row's process: peak memory is the process's, and nothing may be warm."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.kind import Kind

ROOT = Path(__file__).parents[1]
TIMEOUT_SECONDS = 600
# Before the current folder, which has today's handlers.
_PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from bench.row import main; main()"


class RowError(RuntimeError):
    """A row's process ended with an error; the text is what it said."""


def run_row(kind: Kind, items: int, folder: Path = ROOT) -> dict[str, Any]:
    """What `bench.row` measures, with the `handlers` of a folder; default: today's.

    Raises:
        RowError: the work was not done.
    """
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(folder), kind.name, str(items)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode:
        raise RowError(done.stderr.strip())
    return json.loads(done.stdout.splitlines()[-1])
