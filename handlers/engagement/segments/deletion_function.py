"""The function of the state machine that deletes imported segments: one step per call.

Event: `{"ApplicationId", "SegmentId", "Versions", "Cursor"}`; the answer is `{"Done", "Cursor"}`.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.engagement.segments.deletion import delete_step
from handlers.engagement.segments.environment import DeletionEnvironment
from handlers.engagement.store.service_tables import Tables
from handlers.shared.logging import logger

RESERVE_SECONDS = 60  # kept back for the page in progress


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs one step."""
    step = delete_step(
        _tables(),
        event["ApplicationId"],
        event["SegmentId"],
        int(event["Versions"]),
        cursor=event["Cursor"],
        remaining=lambda: context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS,
    )
    logger.info("segment deletion", extra={"segment": event["SegmentId"], "done": step["Done"]})
    return step


@cache
def _tables() -> Tables:
    return Tables(DeletionEnvironment.read())
