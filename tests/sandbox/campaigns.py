"""Campaigns to people who have an attribute."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conftest import WAIT_SECONDS, Sandbox


def segment_of(sandbox: Sandbox, attribute: str, value: str) -> str:
    """The id of a new segment of the endpoints that have a value of an attribute."""
    dimensions = {"Attributes": {attribute: {"AttributeType": "INCLUSIVE", "Values": [value]}}}
    made = sandbox.pinpoint.create_segment(
        ApplicationId=sandbox.application_id, WriteSegmentRequest={"Name": value, "Dimensions": dimensions}
    )
    return made["SegmentResponse"]["Id"]


def start(sandbox: Sandbox, segment: str, **members: Any) -> str:
    """The id of a new campaign to a segment, which begins at once. members: Of WriteCampaignRequest."""
    request = {"Name": segment, "SegmentId": segment, "Schedule": {"StartTime": "IMMEDIATE"}, **members}
    made = sandbox.pinpoint.create_campaign(ApplicationId=sandbox.application_id, WriteCampaignRequest=request)
    return made["CampaignResponse"]["Id"]


def run(sandbox: Sandbox, segment: str, *, seconds: float = WAIT_SECONDS, **members: Any) -> dict[str, Any]:
    """As `start`; returns the campaign's activity when it has ended."""
    campaign = start(sandbox, segment, **members)

    def ended() -> Any:
        answer = sandbox.pinpoint.get_campaign_activities(ApplicationId=sandbox.application_id, CampaignId=campaign)
        activities = answer["ActivitiesResponse"]["Item"]
        return activities and activities[0]["State"] == "COMPLETED" and activities[0]

    return sandbox.wait(ended, seconds)
