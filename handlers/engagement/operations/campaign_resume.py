"""Taking up a campaign's run that ended with people missing: an operation of the service's own."""

import json
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.campaigns.activities import FINAL
from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import iso, parse_time
from handlers.engagement.operations.campaigns import get_campaign
from handlers.engagement.store.registry import Activities, run_of
from handlers.shared.clients import aws_client


def resume_campaign(call: Call) -> dict[str, Any]:
    """ResumeCampaign: sends the latest run's message to those who have none yet, on the same ledger: to nobody twice.

    Whoever waits for a channel or a hook that failed is tried again, and the people of a chunk whose step died are considered. Claims
    without a result (UNKNOWN) are not: their message may have gone out.
    """
    campaign = get_campaign(call)
    activities = Activities(call.service.tables.registry, call.application_id, campaign["Id"])
    latest = activities.list(limit=1).items
    if not latest:
        raise BadRequestError(f"Campaign {campaign['Id']} has had no run; there is nothing to resume")
    [activity] = latest
    if activity["State"] not in FINAL or not activity["End"]:
        raise BadRequestError(
            f"Campaign {campaign['Id']}: its latest run is {activity['State']}; allowed is one that has ended"
        )
    version, run = run_of(activity["Id"])
    # The name is that of the end: asked twice, one execution starts, and a run that ends anew can be resumed anew.
    ended = int(parse_time(activity["End"]).timestamp() * 1000)
    aws_client("stepfunctions").start_execution(
        stateMachineArn=call.service.environment.campaign_state_machine_arn,
        name=f"{campaign['Id']}-{version}-{run}-{ended}",
        input=json.dumps(
            {
                "ApplicationId": call.application_id,
                "CampaignId": campaign["Id"],
                "Version": version,
                "StartTime": "now",
                "Run": run,
                "Resume": iso(parse_time(activity["End"])),
            }
        ),
    )
    return {"CampaignId": campaign["Id"], "Version": version, "Run": run, "Before": activity["ExecutionMetrics"]}
