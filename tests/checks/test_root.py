"""The top level of the repository stays small enough to be read at a glance."""

import subprocess

import pytest

from tests.conftest import ROOT

ENTRIES, VISIBLE = 22, 20
STANDING = {
    "Pulumi.yaml",
    "__main__.py",
    "components",
    "handlers",
    "stacks",
    "tests",
    "docs",
    "README.md",
    "CONTRIBUTING.md",
}


def entries() -> set[str]:
    """What git has at the top level."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return {path.partition("/")[0] for path in listed.split("\0") if path}


def test_the_top_level_has_at_most_22_entries_of_which_20_are_visible():
    found = entries()
    assert found >= STANDING
    assert len(found) <= ENTRIES, sorted(found)
    assert len({entry for entry in found if not entry.startswith(".")}) <= VISIBLE, sorted(found)
