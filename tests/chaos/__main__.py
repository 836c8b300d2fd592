"""`make chaos`: every scenario with many seeds, and how to play one again.

python -m tests.chaos                          every scenario, once through its seeds
python -m tests.chaos --minutes 10 --from 500  for ten minutes, with seeds from 500 on
python -m tests.chaos --only NAME --seed 17    one run again
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import traceback
from collections import Counter

from tests.chaos.scenario import Scenario
from tests.chaos.scenarios import all_scenarios
from tests.chaos.simulation import Killed


def main() -> int:
    scenarios = all_scenarios()
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--only", choices=sorted(scenarios), help="one scenario")
    parser.add_argument("--seed", type=int, help="one seed")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--minutes", type=float, default=0.0, help="goes on with further seeds for so long")
    given = parser.parse_args()
    chosen = [scenarios[given.only]] if given.only else list(scenarios.values())
    if given.seed is not None:
        return sum(_run(scenario, [given.seed], aloud=True) for scenario in chosen)
    began, first, failures = time.monotonic(), given.first, 0
    while True:
        failures += sum(_run(scenario, range(first, first + scenario.long)) for scenario in chosen)
        first += max(scenario.long for scenario in chosen)
        if failures or time.monotonic() - began >= 60 * given.minutes:
            return min(failures, 1)


def _run(scenario: Scenario, seeds: range | list[int], *, aloud: bool = False) -> int:
    """Plays seeds of a scenario and reports. Returns how many did not hold."""
    began, counts, failed = time.monotonic(), Counter[str](), 0
    for seed in seeds:
        try:
            with contextlib.nullcontext() if aloud else contextlib.redirect_stdout(io.StringIO()):
                counts.update(scenario.run(seed))
        except (Exception, Killed) as error:  # noqa: BLE001  whatever a seed brings up is its result
            failed += 1
            print(f"FAILED {scenario.name} with seed {seed}: {error}", file=sys.stderr)
            if aloud:
                traceback.print_exc()
            print(f"  again: .venv/bin/python -m tests.chaos --only {scenario.name} --seed {seed}", file=sys.stderr)
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    print(
        f"{scenario.name}: seeds {seeds[0]} to {seeds[-1]}, {failed} failed, {time.monotonic() - began:.0f} s: {told}",
        flush=True,
    )
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
