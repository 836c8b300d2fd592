"""How long a function's code takes to import in a fresh process: whole, and without what the runtime brings."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from bench.row import CREDENTIALS

RUNS = 3
# Lambda's runtime image has boto3 on disk, not in memory: it is imported at a cold start too, by every function.
_RUNTIME = "import boto3.session, botocore.config, botocore.exceptions"
_TIMED = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds: the best of three fresh processes."""

    whole: float
    own: float


def cold_start(module: str) -> ColdStart:
    """Imports a handler's module with and without boto3 counted. Byte code is there, as in the second of two starts."""
    timed = _TIMED.format(module=module)
    return ColdStart(whole=_best(timed), own=_best(f"{_RUNTIME}; {timed}"))


def _best(code: str) -> float:
    environment = {**os.environ, **CREDENTIALS}
    seconds = [
        float(
            subprocess.run(
                [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True, timeout=60
            ).stdout
        )
        for _ in range(RUNS)
    ]
    return min(seconds) * 1000
