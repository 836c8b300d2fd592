"""`sandbox demo journeys`, from an empty sandbox to its last line."""

import pytest

pytestmark = pytest.mark.sandbox


def test_the_demo_of_journeys_ends_as_it_must(empty_sandbox):
    done = empty_sandbox.run("demo", "journeys")
    assert "4. Cem buys gold while waiting, Dee opts out while waiting" in done.stdout
    assert "gold: ConditionalSplit  [Branch_FALSE 1, Branch_TRUE 3]" in done.stdout
    assert done.stdout.rstrip().endswith("6. everybody took the way that is theirs, and got each text once")
