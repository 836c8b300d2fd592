"""The scenarios, by name: every module here has some in `SCENARIOS`."""

from __future__ import annotations

import importlib
import pkgutil

from tests.chaos.scenario import Scenario


def all_scenarios() -> dict[str, Scenario]:
    """Every scenario, in the order of the modules' names."""
    modules = sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name)
    found = [each for module in modules for each in importlib.import_module(f"{__name__}.{module.name}").SCENARIOS]
    return {scenario.name: scenario for scenario in found}
