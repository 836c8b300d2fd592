"""Lays the repository out for setuptools: as the package of a wheel, as the one of an editable install, as a source archive."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import imports

SOURCES = "sources"
"""The package's folder of what runs elsewhere (in Lambda, in the embedded AWS), under the names that it has there."""
ELSEWHERE = ("handlers", "sandbox/__init__.py", "sandbox/launch.py", "sandbox/repairs")
OF_THE_REPOSITORY = "components/plugin/"
"""The component package, which Pulumi runs out of the repository."""
DATA = ("requirements",)
OF_ALL = ("pyproject.toml", "README.md", "LICENSE")
LEFT_OUT = ("__pycache__", "*.egg-info")


def wheel(root: Path, target: Path) -> None:
    """`engagement` with the folders' modules in it, their imports of each other written anew."""
    _common(root, target)
    package = target / imports.PACKAGE
    for name, path in _modules(root):
        _write(package / name, imports.rewritten(path.read_text(encoding="utf-8"), name))
    for each in ELSEWHERE:
        _copy(root / each, package / SOURCES / each)
    for each in DATA:
        _copy(root / each, package / each)


def editable(root: Path, target: Path) -> None:
    """`engagement` with nothing but what finds the folders' modules in the repository."""
    _common(root, target)
    here = Path(__file__).parent
    package = target / imports.PACKAGE
    _write(package / "__init__.py", f"{(here / 'editable.py').read_text(encoding='utf-8')}\n\ninstall({str(root)!r})\n")
    _write(package / "_imports.py", (here / "imports.py").read_text(encoding="utf-8"))


def source(root: Path, target: Path) -> None:
    """What a wheel can be built from."""
    folders = (*imports.FOLDERS, *DATA, "tools/wheel")
    for each in (*OF_ALL, *folders):
        _copy(root / each, target / each)
    _write(target / "MANIFEST.in", "".join(f"graft {folder}\n" for folder in folders))


def _common(root: Path, target: Path) -> None:
    for each in OF_ALL:
        _copy(root / each, target / each)
    _write(target / imports.PACKAGE / "py.typed", "")


def _modules(root: Path) -> Iterator[tuple[str, Path]]:
    """Every module by its path in the package."""
    for name in imports.TOP:
        yield f"{name}.py", root / "tools" / "wheel" / "package" / f"{name}.py"
    for folder in imports.FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if not name.startswith(OF_THE_REPOSITORY):
                yield name, path


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, target, ignore=shutil.ignore_patterns(*LEFT_OUT))
    else:
        shutil.copyfile(path, target)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
