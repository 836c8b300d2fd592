"""Which modules of `handlers` a module reaches by its imports, read from the sources without running them."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

PACKAGE = "handlers"


def reachable_files(modules: Sequence[str], root: Path) -> dict[str, bytes]:
    """The sources that `modules` need, themselves and their packages included, by path relative to `root`.

    modules: dotted names below `handlers`; `a.b.*` stands for all modules of a package. Imports inside functions count;
    those below `if TYPE_CHECKING` do not, as they never run. Raises ValueError for a module that does not exist.
    """
    files: dict[str, bytes] = {}
    taken: set[str] = set()
    looked_up: set[str] = set()
    waiting = [name for module in modules for name in _named(module, root)]
    while waiting:
        name = waiting.pop()
        if name in taken:
            continue
        taken.add(name)
        source = _source(name, root)
        content = files[source.relative_to(root).as_posix()] = source.read_bytes()
        imported = _imports(content, name if source.name == "__init__.py" else name.rpartition(".")[0]) - looked_up
        looked_up |= imported
        waiting += [*_parents(name), *(_module_of(each, root) for each in imported)]
    return files


def _named(module: str, root: Path) -> list[str]:
    if not module.endswith(".*"):
        return [module]
    package = module.removesuffix(".*")
    folder = _source(package, root).parent
    return [package, *(f"{package}.{path.stem}" for path in sorted(folder.glob("*.py")) if path.stem != "__init__")]


def _source(name: str, root: Path) -> Path:
    if found := _find(name, root):
        return found
    parent = root / name.rpartition(".")[0].replace(".", "/")
    known = sorted(path.stem for path in parent.glob("*") if path.suffix == ".py" or (path / "__init__.py").is_file())
    raise ValueError(f"module {name!r} does not exist: its package has {known}")


def _find(name: str, root: Path) -> Path | None:
    path = root / name.replace(".", "/")
    return next((each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()), None)


def _parents(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name


def _module_of(imported: str, root: Path) -> str:
    """The module that an imported dotted name is or belongs to; `from a import b` may name a module or a member."""
    return imported if _find(imported, root) else imported.rpartition(".")[0]


@cache
def _imports(source: bytes, package: str) -> frozenset[str]:
    """Dotted names below `handlers` that a source imports. package: where its relative imports start."""
    found: set[str] = set()
    for node in _running(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return frozenset(name for name in found if name.split(".")[0] == PACKAGE)


def _running(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree without what stands below `if TYPE_CHECKING`."""
    children: Iterable[ast.AST] = ast.iter_child_nodes(node)
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        children = node.orelse
    for child in children:
        yield child
        yield from _running(child)
