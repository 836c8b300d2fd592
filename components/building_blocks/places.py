"""Where files are that no import finds: the functions' sources, the locked requirements, what is built of them."""

import os
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
"""The repository; or the package `engagement`, where it is installed (tools/wheel makes it of the same folders)."""
INSTALLED = (HOME / "sources").is_dir()
SOURCES = HOME / "sources" if INSTALLED else HOME
"""The folder of what runs elsewhere (`handlers` in Lambda), under the names that it has there."""
REQUIREMENTS = HOME / "requirements"


def cache() -> Path:
    """The person's folder of what can be made again. An installed package is not written into."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "engagement"


BUILD = cache() / "build" if INSTALLED else HOME / ".build"
"""Named by content, so that all programs and versions share it."""
