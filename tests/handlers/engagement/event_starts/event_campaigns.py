"""Event campaigns of one application, as tests make them and ask for them."""

from __future__ import annotations

import boto3

from handlers.engagement.campaigns.event_campaign import send_for_events
from tests.handlers.engagement.conftest import APPLICATION

FILTER = {
    "FilterType": "ENDPOINT",
    "Dimensions": {"EventType": {"DimensionType": "INCLUSIVE", "Values": ["registered"]}},
}


class Campaigns:
    """Event campaigns of one application."""

    def __init__(self, runner):
        self.runner = runner
        self.pinpoint = runner.pinpoint

    def create(self, body="Welcome {{Attributes.Name}}", **members):
        schedule = {
            "Frequency": "EVENT",
            "StartTime": "IMMEDIATE",
            "EventFilter": FILTER,
            **members.pop("Schedule", {}),
        }
        request = {
            "Name": "welcome",
            "SegmentId": members.pop("SegmentId", None) or self.runner.segment(),
            "Schedule": schedule,
            "MessageConfiguration": {"SMSMessage": {"Body": body, "MessageType": "TRANSACTIONAL"}},
            **members,
        }
        for holder in (request, schedule):
            for name in [name for name, value in holder.items() if value is None]:
                del holder[name]
        return self.pinpoint.create_campaign(ApplicationId=APPLICATION, WriteCampaignRequest=request)[
            "CampaignResponse"
        ]["Id"]

    def update(self, campaign, **members):
        self.pinpoint.update_campaign(ApplicationId=APPLICATION, CampaignId=campaign, WriteCampaignRequest=members)

    def status(self, campaign):
        found = self.pinpoint.get_campaign(ApplicationId=APPLICATION, CampaignId=campaign)["CampaignResponse"]
        return found["State"]["CampaignStatus"]

    def activities(self, campaign):
        answer = self.pinpoint.get_campaign_activities(ApplicationId=APPLICATION, CampaignId=campaign)
        return answer["ActivitiesResponse"]["Item"]

    def work(self, left=lambda: 100.0):
        return send_for_events(self.runner.tables, self.runner.environment, left)

    def told(self):
        """Endpoint id -> statuses that the event stream told."""
        found = {}
        for event in self.runner.world.events():
            if event["event_type"] == "_campaign.send":
                found.setdefault(event["client"]["client_id"], []).append(event["attributes"]["campaign_send_status"])
        return found

    def waiting(self, campaign):
        items = boto3.client("dynamodb").scan(TableName=self.runner.tables.sends.name)["Items"]
        return sum(item["pk"]["S"].startswith(f"CI#{campaign}") for item in items)
