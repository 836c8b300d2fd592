"""Text files are read and written as UTF-8, whatever the machine's locale is."""

import ast
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT

FOLDERS = ["bench", "commands", "components", "docs", "handlers", "sandbox", "stacks", "tools"]
MODE = set("rwaxt+")


def by_locale(written: str) -> Iterator[int]:
    """The lines at which Python text opens a file as text and names no encoding."""
    for node in ast.walk(ast.parse(written)):
        if isinstance(node, ast.Call) and "encoding" not in {each.arg for each in node.keywords} and _is_text(node):
            yield node.lineno


def _is_text(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "read_text":
        return not call.args
    if name == "write_text":
        return len(call.args) == 1
    given = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
    modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    if name in ("open", "fdopen"):
        plain = isinstance(call.func, ast.Name) and not any("b" in mode for mode in modes)
        return plain or any(mode and set(mode) <= MODE for mode in modes)
    return False


@pytest.mark.parametrize(
    "written",
    [
        "path.read_text()",
        "path.write_text(content)",
        'path.open("w")',
        'path.open("a", buffering=1)',
        "open(path)",
        'open(path, mode="r+")',
        'os.fdopen(1, "w")',
    ],
)
def test_a_file_that_is_opened_by_locale_is_seen(written):
    assert list(by_locale(written)) == [1]


@pytest.mark.parametrize(
    "written",
    [
        'path.read_text(encoding="utf-8")',
        'path.open("rb")',
        'open(path, "wb")',
        "opener.open(request, timeout=5)",
        'distribution.read_text("direct_url.json")',
        "os.open(path, os.O_RDONLY)",
    ],
)
def test_other_calls_are_not(written):
    assert list(by_locale(written)) == []


def test_no_text_file_is_opened_by_locale():
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in by_locale(path.read_text(encoding="utf-8"))
    ]
    assert not found
