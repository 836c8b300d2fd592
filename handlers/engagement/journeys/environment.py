"""What the journey function is told by its component."""

from dataclasses import dataclass

from handlers.engagement.campaigns.environment import CampaignEnvironment


@dataclass(frozen=True, kw_only=True)
class JourneyEnvironment(CampaignEnvironment):
    """The journey function (`handlers.engagement.journeys.function.handler`), which sends as campaigns do."""
