"""The journey function: a schedule calls it each minute, and it looks after the journeys that run and the campaigns that events trigger."""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.engagement.campaigns.event_campaign import send_for_events
from handlers.engagement.journeys.environment import JourneyEnvironment
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
    """Any event -> `{"Journeys", "Steps", "Overdue", "Campaigns", "Events", "Failed"}`. Fails where one failed, when all were looked after."""

    def remaining() -> float:
        return context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS

    journeys_part = remaining() / 2
    sent = send_for_events(*_surroundings(), lambda: remaining() - journeys_part)
    done = work(*_surroundings(), remaining)
    tell(context.function_name, done["Overdue"])
    for name, part in (("Journeys", done), ("Campaigns", sent)):
        if part["Failed"]:
            raise RuntimeError(f"{part['Failed']} of {part[name]} {name.lower()} failed; the log says which and why")
    return {**sent, **done}
