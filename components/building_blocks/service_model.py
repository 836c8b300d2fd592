"""Amazon Pinpoint's service model for the functions' layer, cut from the botocore that requirements/deploy.txt locks.

botocore drops the models of services that ended, and the Lambda runtime's botocore updates by itself; the functions
must not depend on what it has. The cut is what botocore reads (service-2, endpoint-rule-set-1), without documentation.
"""

import gzip
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pulumi

from components.building_blocks.places import BUILD
from components.building_blocks.places import REQUIREMENTS as LOCKED

SERVICE = "pinpoint"
API_VERSION = "2016-12-01"
FILES = ("service-2", "endpoint-rule-set-1")
PACKAGE = "engagement_service_models"
"""The layer's package that holds the model; `handlers/shared/service_models.py` finds it by this name."""
REQUIREMENTS = LOCKED / "deploy.txt"
DOCUMENTATION = ("documentation", "documentationUrl")


def service_models(requirements: Path = REQUIREMENTS, build: Path = BUILD) -> Path:
    """A folder that botocore's loader reads (`AWS_DATA_PATH`), made below `build` once per locked botocore.

    It is cut from the installed botocore where that is the locked one, otherwise from the locked one, which is fetched.
    Raises RunError when there is none, or when the locked one has no such model.
    """
    locked = _locked(requirements)
    digest = hashlib.sha256(Path(__file__).read_bytes() + locked.encode()).hexdigest()
    target = build / "models" / digest[:32]
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix="models-", dir=build))
    try:
        data = _installed(locked) or _fetched(locked, partial / "botocore")
        made = partial / "models"
        for name, content in _cut(data).items():
            path = made / SERVICE / API_VERSION / f"{name}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        try:
            made.rename(target)
        except OSError:  # another process was first
            if not target.exists():
                raise
    finally:
        shutil.rmtree(partial)
    return target


def layer_files(models: Path) -> dict[str, bytes]:
    """The layer's files for what `service_models` made, by their path in the archive."""
    files = {f"python/{PACKAGE}/__init__.py": b'"""Service models, as botocore\'s loader reads them."""\n'}
    for path in models.rglob("*.json"):
        files[f"python/{PACKAGE}/{path.relative_to(models).as_posix()}"] = path.read_bytes()
    return files


def _locked(requirements: Path) -> str:
    """The lines of the requirements file that ask for botocore, with their hashes."""
    found = re.search(
        r"^botocore==\S+ \\\n(?: +--hash=\S+(?: \\)?\n)+", requirements.read_text(encoding="utf-8") + "\n", re.MULTILINE
    )
    if not found:
        raise pulumi.RunError(f"{requirements} locks no botocore with hashes; `make lock` does")
    return found[0]


def _installed(locked: str) -> Path | None:
    """The model's folder in the botocore that is installed, where that is the locked one and has it."""
    spec = importlib.util.find_spec("botocore")
    if not spec or not spec.origin or f"botocore=={importlib.metadata.version('botocore')} " not in locked:
        return None
    return _found(Path(spec.origin).parent)


def _fetched(locked: str, target: Path) -> Path:
    requirements = target.with_suffix(".txt")
    requirements.write_text(locked, encoding="utf-8")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-config", "--target", str(target)]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--link-mode", "copy"]
    command += ["--requirement", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"})  # noqa: S603 a fixed command
    if done.returncode:
        raise pulumi.RunError(f"the locked botocore could not be fetched: {done.stderr.strip()}")
    folder = _found(target / "botocore")
    if folder is None:
        version = locked.split(maxsplit=1)[0]
        raise pulumi.RunError(f"{version} has no model of {SERVICE} {API_VERSION}: lock a botocore that has it")
    return folder


def _found(botocore: Path) -> Path | None:
    folder = botocore / "data" / SERVICE / API_VERSION
    return folder if all(_read(folder, name) is not None for name in FILES) else None


def _read(folder: Path, name: str) -> bytes | None:
    packed, plain = folder / f"{name}.json.gz", folder / f"{name}.json"
    if packed.is_file():
        return gzip.decompress(packed.read_bytes())
    return plain.read_bytes() if plain.is_file() else None


def _cut(folder: Path) -> dict[str, bytes]:
    """The files without documentation, in the order that they have, so that the same model gives the same bytes."""
    return {
        name: json.dumps(_undocumented(json.loads(_read(folder, name) or b"")), separators=(",", ":")).encode()
        for name in FILES
    }


def _undocumented(value: object) -> object:
    if isinstance(value, dict):
        # A member may be called "documentation" too: its value is an object, never a text.
        return {
            key: _undocumented(member)
            for key, member in value.items()
            if not (key in DOCUMENTATION and isinstance(member, str))
        }
    return [_undocumented(member) for member in value] if isinstance(value, list) else value
