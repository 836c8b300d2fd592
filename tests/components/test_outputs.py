"""Outputs of components: declared once, with their names and texts, and nowhere else."""

from __future__ import annotations

import ast
from pathlib import Path

import pulumi
import pytest

from components.building_blocks import failures
from components.outputs import Component, Declared
from stacks import everything
from tests.recorder import record

ROOT = Path(__file__).parents[2]
LITERALS = [
    (str(path.relative_to(ROOT)), node.value)
    for folder in ("components", "stacks")
    for path in sorted((ROOT / folder).rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
]


class Thing(Component):
    first_url: Declared[str] = Declared("The first.")
    names: Declared[list[str]] = Declared("All of {architecture}.", export="{architecture}Names")
    inner_arn: Declared[str] = Declared("Nobody else's.", export=None)
    architecture = "thing"

    def __init__(self, name: str, *, whole: bool = True) -> None:
        super().__init__("test:test:Thing", name)
        self.first_url = "https://example.org"
        self.names = pulumi.Output.from_input(["a"])
        if whole:
            self.inner_arn = "arn"
        self.register()


class Other(Thing):
    more: Declared[str] = Declared("More.")

    def __init__(self, name: str) -> None:
        self.more = "more"
        super().__init__(name)


def test_outputs_bear_their_attributes_names_and_exports_their_own_where_they_have_one():
    assert Thing.described() == {"firstUrl": "The first.", "names": "All of thing.", "innerArn": "Nobody else's."}
    assert Thing.exported() == {"firstUrl": "The first.", "thingNames": "All of thing."}
    assert list(Other.described()) == ["firstUrl", "names", "innerArn", "more"]
    assert Thing.inner_arn.attribute == "inner_arn"


def test_a_stack_gets_the_values_by_the_exports_names_and_each_component_has_its_own():
    def program():
        one, other = Thing("one"), Other("other")
        other.first_url = "https://example.net"
        return {**one.exports(), "of_other": other.outputs()}

    outputs = record(program).outputs
    assert outputs == {
        "firstUrl": "https://example.org",
        "thingNames": ["a"],
        "of_other": {"firstUrl": "https://example.net", "names": ["a"], "innerArn": "arn", "more": "more"},
    }


def test_a_component_that_forgets_an_output_is_told_which():
    def program():
        with pytest.raises(AttributeError, match=r"Thing\.inner_arn is an output that __init__ has not set"):
            Thing("one", whole=False)
        return {}

    record(program)


@pytest.mark.parametrize("name", sorted(everything.EXPORTS))
def test_the_name_of_an_export_stands_in_one_place_at_most(name):
    places = [path for path, value in LITERALS if value == name]
    allowed = 1 if name not in ("domain", "url", "project", "platform") else 99  # words of their own
    assert len(places) <= allowed, f"{name}: {', '.join(places)}"


def test_no_two_architectures_export_the_same_name():
    parts = [part.EXPORTS for part in (everything.foundation, *everything.PARTS)]
    names = [name for exports in parts for name in exports if name != failures.EXPORT]
    assert len(names) == len(set(names))
