"""The journey function: a schedule calls it each minute, and it looks after the journeys that run."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.engagement.environment import JourneyEnvironment
from handlers.engagement.journeys.watch import tell
from handlers.engagement.journeys.worker import work
from handlers.engagement.store.service_tables import Tables
from handlers.shared.logging import logger

RESERVE_SECONDS = 60  # kept back for the batch in progress


@cache
def _surroundings() -> tuple[Tables, JourneyEnvironment]:
    environment = JourneyEnvironment.read()
    return Tables(environment), environment


@logger.inject_lambda_context
def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Any event -> `{"Journeys", "Steps", "Failed", "Overdue"}`. Fails where a journey failed, when all were looked after."""
    done = work(*_surroundings(), lambda: context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS)
    tell(context.function_name, done["Overdue"])
    if done["Failed"]:
        raise RuntimeError(f"{done['Failed']} of {done['Journeys']} journeys failed; the log says which and why")
    return done
