"""The name of a campaign, asked once per process and campaign and then again after some time."""

from __future__ import annotations

import time

from handlers.campaign_hook.lookups import LookupFailedError, side_by_side
from handlers.shared.clients import engagement_client


class CampaignNames:
    """Names of an application's campaigns."""

    def __init__(self, application_id: str, *, seconds: float, fresh_seconds: float) -> None:
        self.application_id = application_id
        self.fresh_seconds = fresh_seconds
        self._kept: dict[str, tuple[str, float]] = {}
        self._client = engagement_client(max_attempts=1, read_timeout=seconds, connect_timeout=seconds)

    def name(self, campaign_id: str, deadline: float) -> str | LookupFailedError:
        """The campaign's name, or why it could not be had."""
        kept = self._kept.get(campaign_id)
        now = time.monotonic()
        if kept and now - kept[1] < self.fresh_seconds:
            return kept[0]
        answer = side_by_side(self._ask, [campaign_id], deadline)[campaign_id]
        if isinstance(answer, LookupFailedError):
            return kept[0] if kept else answer
        self._kept[campaign_id] = (answer, now)
        return answer

    def _ask(self, campaign_id: str) -> str:
        answer = self._client.get_campaign(ApplicationId=self.application_id, CampaignId=campaign_id)
        return answer["CampaignResponse"].get("Name", "")
