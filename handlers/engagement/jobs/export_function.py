"""The export job's function: one step of its state machine per call.

Event: `{"operation": "plan" | "process" | "lose" | "complete" | "fail", "ApplicationId", "JobId"}`, for a chunk `Chunk` (and
`Cursor`), for a failure `Failure` (`Error`, `Cause`).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.engagement.environment import JobEnvironment
from handlers.engagement.jobs.export_steps import ExportJob
from handlers.engagement.jobs.failures import reason
from handlers.engagement.store.tables import Tables
from handlers.shared.logging import logger

RESERVE_SECONDS = 60  # kept back for the batch in progress


@cache
def _tables() -> Tables:
    return Tables(JobEnvironment.read())


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one step. What it returns is the state machine's."""
    job = ExportJob(_tables(), event["ApplicationId"], event["JobId"])
    match event["operation"]:
        case "plan":
            return job.plan()
        case "process":
            return job.process(
                event["Chunk"],
                event["Cursor"],
                lambda: context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS,
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
