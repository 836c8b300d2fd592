"""Whatever form a journey has, whoever dies at whichever call, and whatever happens meanwhile: everybody walks one way, and is counted so."""

from __future__ import annotations

import random
from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handlers.engagement.store.leases import Lease, Leases
from tests.chaos.faults import Faults
from tests.chaos.journey_plans import draw
from tests.chaos.journeys import Walk, names
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.races import rates

KILLS = st.dictionaries(st.integers(1, 400), st.sampled_from(["before", "after"]), max_size=6)
WORKLOADS = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))


class PlannedFaults(Faults):
    """Processes die at the calls of these numbers, counted over all of them."""

    def __init__(self, chance: random.Random, kills: Mapping[int, str], fail_every: int) -> None:
        super().__init__(chance, fail_every=fail_every)
        self._plan = kills
        self._calls = 0

    def strike(self, operation: str) -> str:
        self._calls += 1
        how = self._plan.get(self._calls, "")
        self.killed += bool(how)
        return how

    def end(self) -> None:
        super().end()
        self._plan = {}


def play(chance: random.Random, people: int, kills: Mapping[int, str], fail_every: int, *, leases: bool) -> None:
    def run(stage: Stage) -> None:
        plan = draw(chance, names(people))
        aws = stage.account(SMS_RATES=rates(1000), JOURNEY_START_DELAY_SECONDS="0")
        if not leases:
            stage.patch.setattr(Leases, "lease", lambda _, shards: Lease(frozenset(shards), ""))
            stage.patch.setattr(Leases, "release", lambda *_: None)
        walk = Walk(aws, plan, stage.patch)
        aws.faults = PlannedFaults(aws.simulation.random, kills, fail_every)
        walk.run(lambda: chance.choice((20.0, 60.0, 200.0)))
        walk.check(told=leases)

    Scenario(run, 1, 1).run(1)


@WORKLOADS
@given(st.randoms(use_true_random=False), st.integers(1, 5), KILLS, st.sampled_from([0, 0, 3]))
def test_everybody_walks_one_way_and_is_counted_and_sent_to_once_whoever_dies(chance, people, kills, fail_every):
    play(chance, people, kills, fail_every, leases=True)


@WORKLOADS
@given(st.randoms(use_true_random=False), st.integers(1, 5), KILLS)
def test_two_workers_on_one_shard_lead_nobody_two_ways(chance, people, kills):
    """The lease of a shard saves work; what keeps two workers apart are the conditions on what each of them writes."""
    play(chance, people, kills, 0, leases=False)
