"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import optional, required, whole_number


@dataclass(frozen=True)
class CampaignEnvironment:
    """The state machine's task function. messages_per_second: the campaigns' limit; 0: none of their own."""

    application_id: str
    messages_per_second: int

    @classmethod
    def read(cls) -> CampaignEnvironment:
        limit = whole_number("MESSAGES_PER_SECOND", minimum=1) if optional("MESSAGES_PER_SECOND") else 0
        return cls(application_id=required("APPLICATION_ID"), messages_per_second=limit)
