"""Everything of an architecture is found by its name: component, handlers, page, and tests of both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stacks.catalogue import Architecture, architectures
from tests.conftest import ROOT, committed_config

ALL = architectures()
each = pytest.mark.parametrize("architecture", ALL.values(), ids=ALL)
HANDLERS = sorted(path.parent.name for path in (ROOT / "handlers").glob("*/__init__.py"))


def named_tests(module: str, files: list[Path]) -> list[str]:
    """The tests in those of the files that import something of a module."""
    imports = re.compile(
        rf"^\s*(from {module}[. ]|from {module.rpartition('.')[0]} import .*\b{module.rpartition('.')[2]}\b)", re.M
    )
    return [
        name
        for text in (file.read_text() for file in files if file.exists())
        if imports.search(text)
        for name in re.findall(r"^def (test_\w+)", text, re.M)
    ]


def test_the_stack_everything_has_every_architecture():
    from stacks import everything

    assert {key: found.config for key, found in ALL.items()} == everything.ARCHITECTURES


@each
def test_it_has_a_component_of_its_name_with_tests_of_its_name(architecture: Architecture):
    name = architecture.name
    assert (ROOT / "components" / f"{name}.py").exists() or (ROOT / "components" / name / "__init__.py").exists()
    assert named_tests(f"components.{name}", [ROOT / "tests" / "components" / f"test_{name}.py"])


@pytest.mark.parametrize("package", HANDLERS)
def test_handlers_have_tests_of_their_name(package: str):
    assert named_tests(f"handlers.{package}", sorted((ROOT / "tests" / "handlers" / package).rglob("test_*.py")))


@each
def test_its_stacks_commented_config_names_it(architecture: Architecture):
    assert architecture.key in committed_config(architecture.stack)
    assert architecture.key in committed_config("everything")
