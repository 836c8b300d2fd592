"""How long a function's code takes to import in a fresh process: whole, without what the runtime brings, and with the client of its tables;
beside what `import boto3` takes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from statistics import median

from bench.row import CREDENTIALS

RUNS = 5
# Lambda's runtime image has boto3 on disk, not in memory: it is imported at a cold start too, by every function.
_RUNTIME = "import boto3.session, botocore.config, botocore.exceptions"
_CLIENT = "from handlers.shared.tables import table_client; table_client()"
_TIMED = "import time; start = time.process_time(); {code}; print(time.process_time() - start)"


@dataclass(frozen=True)
class ColdStart:
    """Milliseconds of processor time: the medians of five fresh processes each. with_client: the module, and a client made. boto3: `import boto3`."""

    whole: float
    own: float
    with_client: float
    boto3: float


def cold_start(module: str) -> ColdStart:
    """Imports a handler's module in turns with what it is compared to, so that what else the machine does falls on all.

    Byte code is there, as in the second of two starts.
    """
    programs = {
        "whole": _TIMED.format(code=f"import {module}"),
        "own": f"{_RUNTIME}; " + _TIMED.format(code=f"import {module}"),
        "with_client": _TIMED.format(code=f"import {module}; {_CLIENT}"),
        "boto3": _TIMED.format(code="import boto3"),
    }
    with tempfile.TemporaryDirectory() as compiled:
        for program in programs.values():
            _milliseconds(program, compiled)
        taken = [{name: _milliseconds(program, compiled) for name, program in programs.items()} for _ in range(RUNS)]
    return ColdStart(**{name: median(one[name] for one in taken) for name in programs})


def _milliseconds(program: str, compiled: str) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, **CREDENTIALS, "PYTHONPYCACHEPREFIX": compiled},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return float(done.stdout) * 1000
