"""The short form of `make chaos`: some seeds of every scenario."""

from __future__ import annotations

import pytest

from tests.chaos.scenarios import all_scenarios

SHORT = [(name, seed) for name, scenario in all_scenarios().items() for seed in range(scenario.short)]


@pytest.mark.parametrize(("name", "seed"), SHORT)
def test_whatever_goes_wrong_nobody_is_lost_or_wrong_or_sent_to_after_stop(name, seed):
    assert all_scenarios()[name].run(seed)
