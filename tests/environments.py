"""Environments of outside tools, from their locked requirements; each is made once, and kept below .build."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def environment(name: str, interpreter: Path | str = sys.executable) -> Path:
    """The interpreter of an environment with what `requirements/<name>.txt` locks."""
    requirements = REPOSITORY / "requirements" / f"{name}.txt"
    digest = hashlib.sha256(str(interpreter).encode() + requirements.read_bytes()).hexdigest()[:16]
    folder = REPOSITORY / ".build" / name.replace("_", "-") / digest
    made = folder / "bin" / "python"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        mark = folder / "made"
        if not mark.exists():
            uv = [sys.executable, "-m", "uv", "--quiet"]
            subprocess.run([*uv, "venv", "--clear", "--python", str(interpreter), str(folder)], check=True)
            sync = ["pip", "sync", "--require-hashes", "--python", str(made), str(requirements)]
            subprocess.run([*uv, *sync], check=True)
            mark.touch()
    return made
