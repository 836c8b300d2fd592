"""A prefix of names under Pulumi's own engine: what is made from then on has it, what exists keeps its name."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.engine.engine import Engine

NEW, OLD = "content-acme", "content-plain"
PREFIX = "acme-"
REPLACED = ("replace", "create-replacement", "delete-replaced", "delete")
SITE = {"simpleCms": {"enabled": True, "retainData": False}}


def guarded(prefix: str) -> dict[str, Any]:
    return {**SITE, "guardrails": {"namePrefix": prefix, "tags": {"CostCenter": "4711"}}}


@pytest.fixture(scope="module")
def named(engine: Engine) -> Iterator[dict[str, Any]]:
    """A stack with the prefix from the first, and one that gets it later; then both lose it, by an empty one."""
    done: dict[str, Any] = {}
    try:
        for stack, first in ((NEW, guarded(PREFIX)), (OLD, SITE)):
            engine.configure(stack, first)
            done[f"{stack} first"] = engine.up(stack, "--skip-preview")
            done[f"{stack} bucket"] = engine.outputs(stack)["bucketName"]
            for phase, prefix in (("prefix", PREFIX), ("again", PREFIX), ("empty", "")):
                engine.configure(stack, guarded(prefix))
                done[f"{stack} {phase}"] = engine.up(stack, "--skip-preview")
            done[f"{stack} last bucket"] = engine.outputs(stack)["bucketName"]
        yield done
    finally:
        for stack in (NEW, OLD):
            engine.destroy(stack)


def test_what_is_made_under_a_prefix_has_it(named: dict[str, Any]):
    assert named[f"{NEW} first"].code == 0, named[f"{NEW} first"].text
    assert named[f"{NEW} bucket"].startswith(f"{PREFIX}simple-cms-content-bucket-")


@pytest.mark.parametrize("stack", [NEW, OLD])
@pytest.mark.parametrize("phase", ["prefix", "again", "empty"])
def test_what_exists_keeps_its_name_whatever_becomes_of_the_prefix(named: dict[str, Any], stack: str, phase: str):
    done = named[f"{stack} {phase}"]
    assert done.code == 0, done.text
    assert not done.of(*REPLACED), done.text
    assert named[f"{stack} last bucket"] == named[f"{stack} bucket"]


@pytest.mark.parametrize("stack", [NEW, OLD])
def test_names_that_are_drawn_anew_are_no_difference(named: dict[str, Any], stack: str):
    assert not named[f"{stack} again"].changes(), named[f"{stack} again"].text
