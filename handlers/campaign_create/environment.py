"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class CampaignEnvironment(Environment):
    """The state machine's task function. messages_per_second: the campaigns' limit; 0: none of their own."""

    application_id: str
    messages_per_second: int = variable(optional=True, minimum=1)
