"""Each command's extra asks for whatever the command imports, so that it is there also when no other package brings it along."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import layout
import pytest

from tests.conftest import ROOT

PART_OF = {"botocore": "boto3", "google": "pulumi", "grpc": "pulumi", "jmespath": "boto3", "werkzeug": "moto"}
"""What is imported because something else hands out its objects."""
CALLED = {"yaml": "pyyaml"}
"""Import name -> package name, where they differ by more than a line."""


ELSEWHERE = tuple(str(ROOT / each) for each in layout.ELSEWHERE if each not in ("handlers", "sandbox/__init__.py"))
"""What the embedded AWS's own environment runs: of these, a command runs at most what stands outside of functions."""


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports by their full names; and what it takes from them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if str(path).startswith(ELSEWHERE) else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(module: str) -> list[Path]:
    """The files that run when a module of this repository is imported."""
    parts = module.split(".")
    packages = [ROOT.joinpath(*parts[:length], "__init__.py") for length in range(1, len(parts) + 1)]
    return [path for path in (*packages, ROOT.joinpath(*parts).with_suffix(".py")) if path.exists()]


def imported(folder: str) -> set[str]:
    """The packages of others that a folder's modules import, themselves or by what they import."""
    waiting = [path for path in (ROOT / folder).rglob("*.py") if not str(path).startswith(ELSEWHERE)]
    seen, found = set(waiting), set()
    while waiting:
        for name in imports(waiting.pop()):
            if (ROOT / (top := name.partition(".")[0])).is_dir():
                new = set(ours(name)) - seen
                seen |= new
                waiting += new
            elif top not in sys.stdlib_module_names:
                found.add(top)
    return found


def asked_for(extra: str) -> set[str]:
    """The packages that the project and one of its extras ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][extra]]
    return {re.split(r"[\[<>=~! ;]", each)[0] for each in asked}


@pytest.mark.parametrize(("folder", "extra"), [("commands", "command"), ("sandbox", "sandbox")])
def test_an_extra_asks_for_all_that_its_command_imports(folder, extra):
    wanted = {PART_OF.get(name) or CALLED.get(name) or name.replace("_", "-") for name in imported(folder)}
    assert {"typer", "boto3"} <= wanted
    assert wanted - asked_for(extra) == set()
