"""Waiting between tries: pauses that double, with jitter, so that those who failed together do not come again together."""

import math
import random
import time
from collections.abc import Callable

FIRST_SECONDS, LONGEST_SECONDS = 0.05, 5.0


def doubled(attempt: int, first: float = FIRST_SECONDS, longest: float = math.inf) -> float:
    """Seconds: `first` doubled for each attempt (0: `first` itself), at most `longest`."""
    return min(longest, first * 2 ** min(attempt, 60))


def backoff(
    attempt: int,
    *,
    first: float = FIRST_SECONDS,
    longest: float = LONGEST_SECONDS,
    least: float = 0.0,
    sleep: Callable[[float], None] | None = None,
) -> None:
    """Sleeps after try number `attempt` (counted from 0): `first` seconds doubled for each, at most `longest`, with jitter.

    least: the part of it, 0 to 1, that jitter leaves; by default none (full jitter).
    """
    (sleep or time.sleep)(random.uniform(least, 1) * doubled(attempt, first, longest))  # noqa: S311 - jitter, not cryptography
