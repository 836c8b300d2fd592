"""What pip and uv call to build the project (PEP 517, PEP 660): one package, `engagement`, of the repository's folders.

The folders' own names (`components`, `handlers`, ...) would collide with other people's, so they become parts of one
package and the imports of each other are written anew. setuptools does the rest, in a folder laid out for it.
"""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import layout
from setuptools import build_meta

Settings = dict[str, Any] | None

ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def _within(lay_out: Any) -> Iterator[None]:
    """A folder that `lay_out` has filled is the current one."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="engagement-") as folder:
        lay_out(ROOT, Path(folder))
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    return []


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return []


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    return []


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    target = str(Path(wheel_directory).resolve())
    with _within(layout.wheel):
        return build_meta.build_wheel(target, config_settings)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """A package that reads the repository's folders whenever it is imported."""
    target = str(Path(wheel_directory).resolve())
    with _within(layout.editable):
        return build_meta.build_wheel(target, config_settings)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    target = str(Path(sdist_directory).resolve())
    with _within(layout.source):
        return build_meta.build_sdist(target, config_settings)
