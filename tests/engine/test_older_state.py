"""A stack that an older version of the program made is taken over: what holds data stays what it is.

`older_state.json` is what the engine kept of stack `everything` at commit 36e3dbb, all architectures on: the resources that
hold data or whose names others hold, with their components. An update is planned over it, and not carried out: the account
has none of it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.engine import Done, Engine

STACK = "everything"
FIXTURE = json.loads(Path(__file__).with_name("older_state.json").read_text())
HELD: list[dict[str, Any]] = [each for each in FIXTURE["deployment"]["resources"] if each.get("custom")]
UPDATING = copy.deepcopy(FIXTURE["config"])
"""The fixture's config, with the index of endpoints that it has still beside its successor (docs/deploying.md)."""
UPDATING["project"]["hosted"]["formerAddressIndex"] = True
LOSING = ("delete", "replace", "create-replacement", "delete-replaced")


def of_data() -> list[str]:
    return [each["urn"] for each in HELD if not each["type"].startswith("pulumi:")]


@pytest.fixture(scope="module")
def planned(engine: Engine) -> Iterator[Done]:
    engine.configure(STACK, UPDATING)
    path = engine.folder.home / "older.json"
    path.write_text(json.dumps({"version": FIXTURE["version"], "deployment": FIXTURE["deployment"]}))
    imported = engine.pulumi("stack", "import", "--file", str(path), "--stack", STACK)
    assert imported.code == 0, imported.text
    done = engine.preview(STACK)
    assert done.code == 0, done.text
    yield done
    engine.forget_stack(STACK)


def test_nothing_that_holds_data_is_replaced_or_deleted(planned: Done):
    assert not planned.of(*LOSING, planned=True) & set(of_data())


@pytest.mark.parametrize("urn", of_data(), ids=lambda urn: urn.rpartition("::")[2])
def test_each_is_kept_or_updated_in_its_place(planned: Done, urn: str):
    assert [step.op for step in planned.steps if step.planned and step.urn == urn] in (["same"], ["update"])


def test_an_index_by_which_endpoints_are_found_does_not_go_before_its_successor_is_there(engine: Engine, planned: Done):
    engine.configure(STACK, FIXTURE["config"])
    refused = engine.preview(STACK)
    engine.configure(STACK, UPDATING)
    assert refused.code != 0
    assert "deletes index byAddress before its successor addresses is filled" in refused.text
    assert "project.hosted.formerAddressIndex: true, then without it" in refused.text


def test_the_plan_is_told_from_one_that_would_lose_a_table(engine: Engine, planned: Done):
    """The table of endpoints with another hash key: the engine says so."""
    changed = json.loads(json.dumps(FIXTURE["deployment"]))
    [table] = [each for each in changed["resources"] if each["urn"].endswith("::engagement-endpoints")]
    for side in ("inputs", "outputs"):
        table[side]["hashKey"] = "other"
    path = engine.folder.home / "changed.json"
    path.write_text(json.dumps({"version": FIXTURE["version"], "deployment": changed}))
    assert engine.pulumi("stack", "import", "--file", str(path), "--stack", STACK).code == 0
    assert table["urn"] in engine.preview(STACK).of("replace", planned=True)
