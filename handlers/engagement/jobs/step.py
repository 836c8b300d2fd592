"""One step of a job's state machine: what the import's and the export's functions have in common.

Event: `{"operation": "plan" | "process" | "lose" | "complete" | "fail", "ApplicationId", "JobId"}`, for a chunk `Chunk` (and
`Cursor`), for a failure `Failure` (`Error`, `Cause`), for planning `Execution`, the input of the execution. A chunk is as planning
answered it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from handlers.engagement.jobs.environment import JobEnvironment
from handlers.engagement.jobs.failures import reason
from handlers.engagement.store.service_tables import Tables

RESERVE_SECONDS = 60  # kept back for the batch in progress


class Job(Protocol):
    """The steps of a job; each may be retried at any point."""

    def plan(self, remaining: Callable[[], float], execution: dict[str, Any] | None, /) -> dict[str, Any]: ...
    def process(
        self, chunk: Any, cursor: dict[str, Any] | None, remaining: Callable[[], float], /
    ) -> dict[str, Any]: ...
    def lose(self, chunk: Any, reason: str, /) -> None: ...
    def complete(self) -> None: ...
    def fail(self, reason: str, /) -> None: ...


def run_step(make_job: Callable[[Tables, str, str], Job], event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one step. What it returns is the state machine's."""
    job = make_job(_tables(), event["ApplicationId"], event["JobId"])

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS

    match event["operation"]:
        case "plan":
            return job.plan(remaining, event.get("Execution"))
        case "process":
            return job.process(
                event["Chunk"],
                event["Cursor"],
                remaining,
            )
        case "lose":
            job.lose(event["Chunk"], reason(event["Failure"]))
        case "complete":
            job.complete()
        case "fail":
            job.fail(reason(event["Failure"]))
        case other:
            raise ValueError(f"operation {other!r} is none of plan, process, lose, complete, fail")
    return {"Action": "END"}


@cache
def _tables() -> Tables:
    return Tables(JobEnvironment.read())
