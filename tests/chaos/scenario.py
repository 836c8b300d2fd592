"""What a scenario is: one run of work that a seed makes go wrong, and what must hold at its end whatever went wrong."""

from __future__ import annotations

import logging
import random
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.chaos.aws import Aws
from tests.chaos.faults import Faults
from tests.chaos.simulation import Simulation


class Stage:
    """What a scenario runs on: a seed, accounts, and counts of what happened, for the report."""

    def __init__(self, seed: int, patch: pytest.MonkeyPatch) -> None:
        self.seed = seed
        self.patch = patch
        self.counts: Counter[str] = Counter()

    def account(self, **given: float | str) -> Aws:
        """A simulated account; lower-case names are members of Faults, the others variables of functions."""
        simulation = Simulation(self.seed)
        faults = {name: value for name, value in given.items() if name.islower()}
        variables = {name: str(value) for name, value in given.items() if not name.islower()}
        return Aws(simulation, Faults(simulation.random, **faults), self.patch, **variables)  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    short: with how many seeds it runs in `make test`. long: in one round of `make chaos`. past: what went wrong once, and
    is seen by it.
    """

    play: Callable[[Stage], None]
    short: int
    long: int
    past: str = ""

    @property
    def name(self) -> str:
        return self.play.__name__.replace("_", "-")

    def run(self, seed: int) -> Counter[str]:
        """Plays it with a seed. Returns what happened; raises AssertionError where something does not hold."""
        random.seed(seed)
        logging.disable(logging.CRITICAL)  # what goes wrong on purpose is no news
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    uuid, "uuid4", lambda: uuid.UUID(int=random.getrandbits(128), version=4)
                )  # ids are the seed's
                stage = Stage(seed, patch)
                self.play(stage)
        finally:
            logging.disable(logging.NOTSET)
        return stage.counts
