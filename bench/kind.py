"""What a row of the benchmark is, and where the rows are found."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench import kinds
from bench.fakes.wire import Answer


@dataclass(frozen=True)
class Work:
    """A kind of work, ready to be measured.

    environment: the function's variables. answers: the services that it calls. run: the work itself; what it imports of
    the handlers it imports inside, after the environment is set. check: raises if the work was not done. floor: the
    fewest calls of each operation that the services' own batch sizes allow; operations that are not named have the
    floor 0 (bookkeeping), and count against the ratio. beside: the same work done by an outsider, in this run, as
    `{"title": ..., "seconds": ...}`; None where it is not there.
    """

    environment: Mapping[str, str]
    answers: Mapping[str, Answer]
    run: Callable[[], None]
    check: Callable[[], None]
    floor: Mapping[str, int]
    beside: Callable[[], Mapping[str, Any] | None] = lambda: None


@dataclass(frozen=True)
class Kind:
    """One row.

    name: for `--only`. title: for people. items: how many by default. handler: the module whose import is the cold
    start. prepare: makes the work for a number of items. reference: what the reference architecture's code needs for
    the default number of items, where that is known (`{"calls": n, "seconds": s}`, or the calls alone).
    """

    name: str
    title: str
    items: int
    handler: str
    prepare: Callable[[int], Work]
    reference: Mapping[str, float] = field(default_factory=dict)


def all_kinds() -> dict[str, Kind]:
    """Every `KIND` of the modules in bench/kinds, by name, in the order of the modules' names."""
    found: dict[str, Kind] = {}
    for module in sorted(pkgutil.iter_modules(kinds.__path__), key=lambda module: module.name):
        kind: Kind = importlib.import_module(f"{kinds.__name__}.{module.name}").KIND
        if kind.name in found:
            raise ValueError(f"bench/kinds/{module.name}.py: the name {kind.name!r} is taken by another module")
        found[kind.name] = kind
    return found


def batches(items: int, size: int) -> int:
    """How many batches of a size take this many items."""
    return -(-items // size)
