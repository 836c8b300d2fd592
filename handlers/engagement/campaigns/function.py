"""The campaign function: one step of a run's state machine per call.

Event: `{"operation": "plan" | "process" | "lose" | "complete" | "fail", "ApplicationId", "CampaignId", "Version", "Run"}`, for plan
and complete `Execution` (the state machine's input), for a chunk and complete `Cursor`, for a chunk `Chunk`, for a failure `Failure`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.engagement.campaigns.chunk import process
from handlers.engagement.campaigns.completion import complete
from handlers.engagement.campaigns.environment import CampaignEnvironment
from handlers.engagement.campaigns.run import CampaignRun, Remaining
from handlers.engagement.jobs.failures import reason
from handlers.engagement.store.service_tables import Tables
from handlers.shared.logging import logger

RESERVE_SECONDS = 60  # kept back for the batch in progress
LONGEST_STEP_SECONDS = 240  # a step that is killed repeats its events from its cursor on


@cache
def _surroundings() -> tuple[Tables, CampaignEnvironment]:
    environment = CampaignEnvironment.read()
    return Tables(environment), environment


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one step. What it returns is the state machine's."""
    run = CampaignRun(
        *_surroundings(),
        event["ApplicationId"],
        event["CampaignId"],
        version=int(event["Version"]),
        number=int(event["Run"]),
    )
    match event["operation"]:
        case "plan":
            return run.plan(event["Execution"])
        case "process":
            return process(run, event["Chunk"], event["Cursor"], _remaining(context))
        case "lose":
            run.lose(event["Chunk"], reason(event["Failure"]))
        case "complete":
            return complete(run, event["Execution"], event.get("Cursor"), _remaining(context))
        case "fail":
            run.fail(reason(event["Failure"]))
        case other:
            raise ValueError(f"operation {other!r} is none of plan, process, lose, complete, fail")
    return {"Action": "END"}


def _remaining(context: Any) -> Remaining:
    """Seconds until this step must have returned."""
    left = context.get_remaining_time_in_millis() / 1000
    reserve = left - min(left - RESERVE_SECONDS, LONGEST_STEP_SECONDS)
    return lambda: context.get_remaining_time_in_millis() / 1000 - reserve
