"""Python 3.13 with AWS's own Lambda client and the SDK that Lambda's runtime brings, as a machine here can have it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

VERSION = "3.13"


def python() -> Path | None:
    """An interpreter of the runtime's version that is on this machine, or None."""
    for path in _candidates():
        done = subprocess.run(
            [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0 and done.stdout.strip() == VERSION:
            return path
    return None


def _candidates() -> Iterator[Path]:
    if found := shutil.which(f"python{VERSION}"):
        yield Path(found)
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(root.glob(f"versions/{VERSION}*/bin/python{VERSION}"))
    command = [sys.executable, "-m", "uv", "python", "find", "--no-python-downloads", "--managed-python", VERSION]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0 and done.stdout.strip():
        yield Path(done.stdout.strip())


def botocore_of(interpreter: Path) -> Path:
    """The folder of the runtime's botocore."""
    [found] = interpreter.parents[1].glob("lib/python*/site-packages/botocore")
    return found
