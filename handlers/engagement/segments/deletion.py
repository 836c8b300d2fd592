"""Deleting a segment: first the campaigns on it end, then it goes, then the members of an imported one, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.engagement.segments.members import MemberStore
from handlers.engagement.store.registry import Campaigns, Segments
from handlers.engagement.store.service_tables import Tables
from handlers.engagement.store.shards import SHARDS

ENDED = ("COMPLETED", "DELETED")


def end_campaigns(tables: Tables, application_id: str, segment_id: str) -> None:
    """Gives the campaigns on a segment that have not ended the status DELETED, as in Pinpoint. Doing it again changes nothing."""
    campaigns = Campaigns(tables.registry, application_id)

    def end(campaign: dict[str, Any]) -> None:
        if campaign["SegmentId"] == segment_id and campaign["State"]["CampaignStatus"] not in ENDED:
            campaign["State"] = {"CampaignStatus": "DELETED"}

    after: str | None = None
    while True:
        page = campaigns.list(after=after)
        for campaign in page.items:
            if campaign["SegmentId"] == segment_id and campaign["State"]["CampaignStatus"] not in ENDED:
                campaigns.update(campaign["Id"], end)
        if page.last is None:
            return
        after = page.last


def delete_step(
    tables: Tables,
    application_id: str,
    segment_id: str,
    versions: int,
    *,
    cursor: dict[str, int] | None,
    remaining: Callable[[], float],
) -> dict[str, Any]:
    """A part of the deletion of an imported segment, that may be repeated at any point. Returns `{"Done", "Cursor"}`.

    Args:
        versions: Members of versions 1 to this go.
        remaining: Seconds until this step must have returned.
    """
    if cursor is None:
        end_campaigns(tables, application_id, segment_id)
        Segments(tables.registry, application_id).delete(segment_id)
        cursor = {"Version": 1, "Shard": 0}
    members = MemberStore(tables.members)
    version, shard = cursor["Version"], cursor["Shard"]
    while version <= versions:
        while members.delete_page(segment_id, version, shard):
            if remaining() <= 0:
                return {"Done": False, "Cursor": {"Version": version, "Shard": shard}}
        version, shard = (version, shard + 1) if shard + 1 < SHARDS else (version + 1, 0)
    return {"Done": True, "Cursor": None}
