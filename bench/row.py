"""Measures one kind of work in this process, and prints the result as JSON: `python -m bench.row NAME [ITEMS]`.

A process of its own for each row, because peak memory is the process's, and because nothing may be warm.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from bench.fakes.wire import LATENCY_SECONDS, Wire
from bench.kind import Kind, all_kinds
from bench.one_core import stay_on_one_core

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIABENCH",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
}
_MEGABYTE = 1024


class Context:
    """What Lambda hands a handler: a name, an id, and 15 minutes from now."""

    function_name = "bench"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:bench"
    aws_request_id = "00000000-0000-0000-0000-000000000000"

    def __init__(self, seconds: float = 900) -> None:
        self._deadline = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - time.monotonic()) * 1000)


def measure(kind: Kind, items: int, latency_seconds: float = LATENCY_SECONDS) -> dict[str, Any]:
    """Runs the work once. Returns items, calls by operation, floor by operation, most calls at once, seconds, CPU seconds without the fakes' own, peak memory
    in MB, and DynamoDB's write and read units, where the row's tables count them."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(CREDENTIALS)
    work = kind.prepare(items)
    os.environ.update(work.environment)
    wire = Wire(work.answers, latency_seconds)
    wire.install()
    gc.collect()
    before = peak_megabytes()
    start, start_cpu = time.perf_counter(), time.process_time()
    work.run()
    seconds = time.perf_counter() - start
    cpu_seconds = time.process_time() - start_cpu - wire.cpu_seconds
    work.check()
    beside = work.beside()
    return {
        "name": kind.name,
        "title": kind.title,
        "items": items,
        "calls": sum(wire.calls.values()),
        "floor": sum(work.floor.values()),
        "calls_by_operation": dict(sorted(wire.calls.items())),
        "floor_by_operation": dict(sorted(work.floor.items())),
        "most_calls_at_once": wire.most_at_once,
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        **({f"{kind}_units": number for kind, number in wire.units.items()} if wire.units is not None else {}),
        "peak_megabytes": peak_megabytes(),
        "megabytes_before": before,
        **({"beside": dict(beside)} if beside else {}),
    }


def peak_megabytes() -> float:
    """This program's own peak: on Linux `ru_maxrss` also remembers the process that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        [peak] = [
            line.split()[1] for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmHWM:")
        ]
        return int(peak) / _MEGABYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE


def main() -> None:
    stay_on_one_core()  # a function below 1,769 MB has less than one vCPU's time
    kind = all_kinds()[sys.argv[1]]
    items = int(sys.argv[2]) if len(sys.argv) > 2 else kind.items
    print(json.dumps(measure(kind, items)))


if __name__ == "__main__":
    main()
