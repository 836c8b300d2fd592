"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment


@dataclass(frozen=True)
class CampaignEnvironment(Environment):
    """The state machine's task function."""

    application_id: str
