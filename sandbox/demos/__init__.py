"""What `sandbox demo [NAME]` shows: the real program at work, checked as it goes. A module here is a demo if it has `run`."""

import importlib
import pkgutil

from rich.console import Console

from sandbox.errors import SandboxError
from sandbox.folder import Folder


def names() -> list[str]:
    """The demos there are."""
    return sorted(
        module.name
        for module in pkgutil.iter_modules(__path__)
        if hasattr(importlib.import_module(f"{__name__}.{module.name}"), "run")
    )


def run(name: str, folder: Folder, errors: Console) -> None:
    """Runs a demo. Raises SandboxError when there is none of that name, or when something expected is missing."""
    known = names()
    if name not in known:
        raise SandboxError(f"demo {name!r} does not exist", f"demos: {', '.join(known)}")
    importlib.import_module(f"{__name__}.{name}").run(folder, errors)
