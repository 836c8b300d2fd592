"""The embedded AWS's own Python environment, which stands for the Lambda runtime too.

Its botocore has no model of Pinpoint, as Lambda's may have none any day: functions bring their own, in their layer.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.folder import EMBEDDED as REQUIREMENTS
from sandbox.folder import Folder

DROPPED = "botocore/data/pinpoint"


def python(folder: Folder) -> Path:
    """The environment's interpreter; the environment is made, or made anew, when its requirements ask for it."""
    folder.environment.parent.mkdir(parents=True, exist_ok=True)
    with (folder.environment.parent / "environment.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _made(folder.environment)


def _made(environment: Path) -> Path:
    interpreter = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    mark = environment / "requirements.sha256"
    wanted = hashlib.sha256(f"without {DROPPED}\n".encode() + REQUIREMENTS.read_bytes()).hexdigest()
    if interpreter.exists() and mark.exists() and mark.read_text(encoding="utf-8") == wanted:
        return interpreter
    _uv("venv", "--quiet", "--clear", "--python", sys.executable, str(environment))
    _uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(interpreter), str(REQUIREMENTS))
    for folder in environment.glob(f"**/site-packages/{DROPPED}"):
        shutil.rmtree(folder)
    mark.write_text(wanted, encoding="utf-8")
    return interpreter


def _uv(*arguments: str) -> None:
    module = importlib.util.find_spec("uv") is not None
    command = [sys.executable, "-m", "uv"] if module else [shutil.which("uv") or ""]
    if not command[0]:
        raise SandboxError("uv is not installed", "python -m pip install uv")
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise SandboxError(f"the embedded AWS could not be installed: {reason[0]}", f"uv {' '.join(arguments)}")
