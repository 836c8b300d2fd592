"""Customer-engagement architectures, read from the repository whenever they are imported.

An editable install has this module in the place of the package: it finds `engagement.components.x` in the repository's
components/x.py and writes its imports as the wheel's build does.
"""

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from engagement import _imports


class _Loader(SourceFileLoader):
    def path_stats(self, path: str) -> Any:
        """No bytecode: what lies beside the file is that of the module's other name."""
        raise OSError(path)

    def source_to_code(self, data: Any, path: Any, *, _optimize: int = -1) -> CodeType:
        text = _imports.rewritten(bytes(data).decode(), str(path))
        return super().source_to_code(text.encode(), path, _optimize=_optimize)


class _Finder(MetaPathFinder):
    def __init__(self, root: Path) -> None:
        self._root = root

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        package, _, name = fullname.partition(".")
        if package != _imports.PACKAGE or not name:
            return None
        first = name.partition(".")[0]
        base = self._root if first in _imports.FOLDERS else self._root / "tools" / "wheel" / "package"
        if first not in (*_imports.FOLDERS, *_imports.TOP):
            return None
        place = base / name.replace(".", "/")
        for file, within in ((place / "__init__.py", [str(place)]), (place.with_suffix(".py"), None)):
            if file.is_file():
                loader = _Loader(fullname, str(file))
                return spec_from_file_location(fullname, file, loader=loader, submodule_search_locations=within)
        return None


def install(root: str) -> None:
    """Finds the package's modules below `root` from now on, and gives the package the names that a wheel's has."""
    sys.meta_path.insert(0, _Finder(Path(root)))
    top = Path(root) / "tools" / "wheel" / "package" / "__init__.py"
    code = _Loader(_imports.PACKAGE, str(top)).source_to_code(top.read_bytes(), str(top))
    exec(code, globals())  # noqa: S102 the package's own source
