"""Waiting between tries of a call."""

import random
import time


def backoff(attempt: int) -> None:
    """Sleeps between tries: up to 50 ms doubled for each attempt, at most 5 s, with full jitter."""
    time.sleep(random.uniform(0, min(5.0, 0.05 * 2**attempt)))  # noqa: S311 - jitter, not cryptography
