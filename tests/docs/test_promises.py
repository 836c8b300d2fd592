"""Each promise names tests and scenarios that exist, and no scenario is without a promise."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.chaos.scenarios import all_scenarios

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what")]
TEST, NAME = re.compile(r"`(test_\w+)`"), re.compile(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`")


def known_tests() -> set[str]:
    files = (ROOT / "tests").rglob("test_*.py")
    return {name for file in files for name in re.findall(r"^def (test_\w+)\(", file.read_text(), re.MULTILINE)}


def test_every_test_that_a_promise_names_exists():
    named = set(TEST.findall(PAGE))
    assert len(named) > 30
    assert named - known_tests() == set()


def test_every_scenario_is_a_promise_and_every_named_scenario_exists():
    named = {
        name for row in ROWS if "scenario" in row for name in NAME.findall(row.rpartition("|")[0].rpartition("|")[2])
    }
    assert named == all_scenarios().keys()


@pytest.mark.parametrize("row", ROWS)
def test_each_promise_says_how_far_it_goes_and_names_what_shows_it(row):
    _, kind, shown = (cell.strip() for cell in row.strip("| ").split(" | "))
    assert kind.startswith(("certain", "bounded", "may happen"))
    assert TEST.search(shown) or NAME.search(shown)
