"""The states of a journey, and who may bring it from one to another.

The service alone closes and completes. A journey whose state is terminal stays as it is until it is deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from handlers.engagement.event_starts.kinds import event_start_of

DRAFT, ACTIVE, PAUSED = "DRAFT", "ACTIVE", "PAUSED"
CLOSED, COMPLETED, CANCELLED = "CLOSED", "COMPLETED", "CANCELLED"
RUNNING = (ACTIVE, PAUSED, CLOSED)
TERMINAL = (COMPLETED, CANCELLED)
BY_REQUEST = {ACTIVE: (DRAFT, PAUSED), PAUSED: (ACTIVE,), CANCELLED: (DRAFT, *RUNNING)}
"""State that UpdateJourneyState sets -> states from which it does."""
RESUMED_AFTER = timedelta(minutes=5)
"""The least time between a pause and its end."""


def state_problem(journey: Mapping[str, Any], wanted: str, *, paused: datetime | None, moment: datetime) -> str | None:
    """Why UpdateJourneyState may not set this state now; None: it may.

    Args:
        paused: When the journey was paused, where it is.
    """
    state = journey.get("State", DRAFT)
    allowed = [name for name, former in BY_REQUEST.items() if state in former]
    if wanted not in allowed:
        return (
            f"State is {wanted!r}; journey {journey['Id']} is {state}, and allowed are {', '.join(allowed) or 'none'}"
        )
    if wanted == PAUSED and event_start_of(journey) is not None:
        return "State is 'PAUSED'; a journey that events start cannot be paused"
    if wanted == PAUSED and not journey.get("RefreshFrequency"):
        return "State is 'PAUSED'; only a journey with a RefreshFrequency can be paused"
    if wanted == ACTIVE and state == PAUSED and paused and moment - paused < RESUMED_AFTER:
        minutes = int(RESUMED_AFTER.total_seconds() // 60)
        return f"State is 'ACTIVE'; a paused journey is resumed {minutes} minutes after the pause at the earliest"
    return None
