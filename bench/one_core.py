"""One of the processor's cores for a process whose threads take turns."""

from __future__ import annotations

import os


def stay_on_one_core(number: int = 0) -> None:
    """Python's threads take turns, and from core to core each turn waits for the other core to wake up: longer than most turns, and partly
    on the process's own account.

    number: of the core, among those that the process may use; beyond the last, the first follows. Where the system has no such call (it is
    Linux's), nothing happens.
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})
