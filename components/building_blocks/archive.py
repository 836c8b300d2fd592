"""Archives of functions: the same inputs give the same bytes, so that nothing is deployed again without a change."""

import base64
import hashlib
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / ".build"
EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip file can name."""
ALWAYS = ("handlers/__init__.py", "handlers/shared")


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


def python_files(paths: Iterable[Path], root: Path) -> dict[str, bytes]:
    """The Python sources at or below `paths`, by their path relative to `root`."""
    files: dict[str, bytes] = {}
    for path in paths:
        sources = [path] if path.is_file() else path.rglob("*.py")
        for source in sources:
            if "__pycache__" not in source.parts:
                files[source.relative_to(root).as_posix()] = source.read_bytes()
    return files


def function_archive(packages: Sequence[str], root: Path = REPOSITORY, build: Path = BUILD) -> Path:
    """Builds the archive of `handlers/` packages, with what every function carries, and returns its path below `build`.

    packages: folders of `handlers/`, or single modules (`engagement/identifiers`); nested ones come with their parents'
    `__init__.py`. Raises ValueError for one that does not exist.
    """
    paths = [root / path for path in ALWAYS]
    for package in packages:
        folder = root / "handlers" / package
        if (module := folder.with_suffix(".py")).is_file():
            folder = module
        elif not (folder / "__init__.py").is_file():
            known = sorted(path.name for path in (root / "handlers").iterdir() if (path / "__init__.py").is_file())
            raise ValueError(f"handler package {package!r} does not exist: handlers/ has {known}")
        paths.append(folder)
        paths += [parent / "__init__.py" for parent in folder.parents if (root / "handlers") in parent.parents]
    files = python_files([path for path in paths if path.exists()], root)
    target = build / "functions" / f"{content_hash(files)[:32]}.zip"
    return target if target.exists() else write_archive(target, files)
