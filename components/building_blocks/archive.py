"""Archives of functions: the same inputs give the same bytes, so that nothing is deployed again without a change."""

import base64
import hashlib
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.building_blocks.imports import reachable_files
from components.building_blocks.places import BUILD, SOURCES

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can name."""


def write_archive(target: Path, files: Mapping[str, bytes]) -> Path:
    """Writes a zip of `files` (name in the archive -> content) with fixed order, times and permissions."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name])
    partial.replace(target)
    return target


def content_hash(files: Mapping[str, bytes]) -> str:
    """A digest of names and contents."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()


def source_code_hash(archive: Path) -> str:
    """The digest by which Lambda compares code: base64 of the archive's SHA-256."""
    return base64.b64encode(hashlib.sha256(archive.read_bytes()).digest()).decode()


def function_archive(handler: str, loads: Sequence[str] = (), root: Path = SOURCES, build: Path = BUILD) -> Path:
    """Builds the archive of a function, the modules that it reaches by imports and nothing else; returns its path below `build`.

    handler: dotted path, `handlers.<package>.<module>.<name>`. loads: modules that it imports by names made at run time;
    `a.b.*` stands for all modules of a package. Raises ValueError for one that does not exist.
    """
    files = reachable_files([handler.rpartition(".")[0], *loads], root)
    target = build / "functions" / f"{content_hash(files)[:32]}.zip"
    return target if target.exists() else write_archive(target, files)
