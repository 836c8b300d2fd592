"""Tells whether .venv holds what requirements/development.txt asks for, and the project. Exit code 1, and why, where not."""

import re
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ ;]+)(?: ;(.*?))? *\\?$", re.MULTILINE)


def name(written: str) -> str:
    return re.sub(r"[-_.]+", "-", written).lower()


installed = {name(found.metadata["Name"] or ""): found.version for found in metadata.distributions()}
asked = {
    name(wanted): version
    for wanted, version, marker in PINNED.findall(
        (ROOT / "requirements" / "development.txt").read_text(encoding="utf-8")
    )
    if not marker  # of other machines or Pythons
}
assert asked, "requirements/development.txt asks for nothing"
missing = sorted(wanted for wanted, version in asked.items() if installed.get(wanted) != version)
missing += [] if "engagement" in installed else ["engagement"]
if missing:
    print(
        f".venv is made anew: {', '.join(missing[:3])}{' and others' if missing[3:] else ''} missing or of another version"
    )
    sys.exit(1)
