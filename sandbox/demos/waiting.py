"""Waiting in a demo for what comes later."""

import time
from collections.abc import Callable
from typing import TypeVar

from sandbox.errors import SandboxError

Found = TypeVar("Found")
PAUSE_SECONDS = 0.5


def wait(what: Callable[[], Found], seconds: float, failing: str, function: str) -> Found:
    """What `what` finds, once that is true. Raises SandboxError where it is not in time.

    failing: what then did not happen. function: whose log may say why.
    """
    deadline = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > deadline:
            raise SandboxError(f"{failing} within {seconds} s", f"read `sandbox logs {function}`")
        time.sleep(PAUSE_SECONDS)
    return found
