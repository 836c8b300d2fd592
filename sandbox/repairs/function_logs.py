"""What a function logs is there when its invocation has ended. MiniStack waits for 50 ms at most, and on a busy machine an
invocation's last lines came with the next one's, or never.

The worker of a Python function says on standard error when an invocation is over, and the log is read up to there.
"""
# pyright: reportMissingImports=false

import queue
import time
from typing import Any

from ministack.core import lambda_runtime

MARK = "\x1dover\x1d"
SECONDS = 10.0
"""For the mark, on a machine that has much else to do."""
_ANSWERED = "        _real_stdout.flush()\n\nrun()\n"
_MARKED = f"        sys.stderr.write({MARK + chr(10)!r})\n        sys.stderr.flush()\n{_ANSWERED}"
_bounded = lambda_runtime.Worker._drain_stderr_bounded


def _log(worker: Any, *waits: Any, **more: Any) -> str:
    """The lines of the invocation that has just ended; all that there are of a worker that died in it."""
    if not worker.config.get("Runtime", "python").startswith("python"):
        return _bounded(worker, *waits, **more)
    lines: list[str] = []
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            line = worker._stderr_queue.get(timeout=0.05)
        except queue.Empty:
            if not worker._stderr_thread.is_alive() and worker._stderr_queue.empty():
                break
            continue
        before, mark, _ = line.partition(MARK)
        if before or not mark:
            lines.append(before)
        if mark:
            break
    return "\n".join(lines)


def install() -> None:
    """Makes workers of Python functions say when an invocation is over."""
    script = lambda_runtime._PYTHON_WORKER_SCRIPT
    if script.count(_ANSWERED) != 1:
        raise RuntimeError("MiniStack's worker for Python functions has changed: sandbox/repairs/function_logs.py")
    lambda_runtime._PYTHON_WORKER_SCRIPT = script.replace(_ANSWERED, _MARKED)
    lambda_runtime.Worker._drain_stderr_bounded = _log
