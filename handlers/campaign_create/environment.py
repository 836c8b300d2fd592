"""What the function of this architecture is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import required


@dataclass(frozen=True)
class CampaignEnvironment:
    """The state machine's task function."""

    application_id: str

    @classmethod
    def read(cls) -> CampaignEnvironment:
        return cls(application_id=required("APPLICATION_ID"))
