"""The campaign state machine's tasks: create the campaign, and look how far it is.

Input `{"operation": "start", "Input": <the run's input>, "Execution": <the run's id>, "Retries": n}` or
`{"operation": "poll", "Run": <the last outcome>}`. Returns an outcome (handlers/shared/outcomes.py) whose Result is the
contract's CampaignCreateOutput, with Error and Cause where the run fails.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.campaign_create.environment import CampaignEnvironment
from handlers.campaign_create.request import CampaignRequest, IncompleteInputError
from handlers.shared.aws_errors import cause_of, code_of, is_refusal
from handlers.shared.clients import engagement_client
from handlers.shared.logging import logger
from handlers.shared.outcomes import RUNNING, SUCCEEDED, failed, outcome

_ENDED_BADLY = {"INVALID", "DELETED"}
_NOTHING: dict[str, Any] = {
    "CampaignId": None,
    "CampaignStatus": None,
    "Result": None,
    "Start": None,
    "End": None,
    "SuccessfulEndpointCount": None,
    "TotalEndpointCount": None,
}
_environment = cache(CampaignEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module."""
    known = event["Run"]["Result"] if "Run" in event else _NOTHING
    try:
        return _OPERATIONS[event["operation"]](event)
    except IncompleteInputError as error:
        return failed("InvalidInput", str(error), **known)
    except ClientError as error:
        if not is_refusal(error):
            raise
        logger.error("refused", extra={"operation": error.operation_name, "code": code_of(error)})
        return failed(code_of(error), cause_of(error), **known)


def _start(event: dict[str, Any]) -> dict[str, Any]:
    request = CampaignRequest.read(event["Input"])
    description = f"Created by {event['Execution']}"
    # A first attempt that did not come back may have created it all the same.
    campaign = _find(description) if event["Retries"] else None
    if campaign is None:
        # Only one try within the attempt: what got no answer may have been done, and the next attempt looks first.
        campaign = engagement_client(max_attempts=1).create_campaign(
            ApplicationId=_environment().application_id,
            WriteCampaignRequest=request.campaign(description, _environment().messages_per_second),
        )["CampaignResponse"]
    logger.info("campaign", extra={"campaign": campaign["Id"], "attempt": event["Retries"]})
    return _judge(campaign, None, polls=0)


def _find(description: str) -> dict[str, Any] | None:
    token: dict[str, str] = {}
    while True:
        page = engagement_client().get_campaigns(ApplicationId=_environment().application_id, PageSize="200", **token)[
            "CampaignsResponse"
        ]
        for campaign in page.get("Item", []):
            if campaign.get("Description") == description:
                return campaign
        if not page.get("NextToken"):
            return None
        token = {"Token": page["NextToken"]}


def _poll(event: dict[str, Any]) -> dict[str, Any]:
    run = event["Run"]
    where = {"ApplicationId": _environment().application_id, "CampaignId": run["Result"]["CampaignId"]}
    campaign = engagement_client().get_campaign(**where)["CampaignResponse"]
    activities = engagement_client().get_campaign_activities(**where)["ActivitiesResponse"].get("Item", [])
    return _judge(campaign, activities[0] if activities else None, polls=run["Polls"] + 1)


def _judge(campaign: dict[str, Any], activity: dict[str, Any] | None, polls: int) -> dict[str, Any]:
    """The outcome so far. A campaign has no activity yet when it was just created."""
    status = campaign.get("State", {}).get("CampaignStatus")
    state = (activity or {}).get("State")
    result = {
        **_NOTHING,
        **{name: activity[name] for name in _NOTHING if activity and name in activity},
        "CampaignId": campaign["Id"],
        "CampaignStatus": status,
    }
    logger.info("campaign state", extra={"campaign": campaign["Id"], "status": status, "activity": state})
    if status in _ENDED_BADLY:
        return failed("CampaignFailed", f"the campaign's status is {status}", **result)
    if state == "CANCELLED":
        return failed("CampaignFailed", "the campaign's activity was cancelled", **result)
    if state != "COMPLETED":
        return outcome(RUNNING, result, polls=polls)
    # The campaign's own status follows its activity's with a delay.
    result["CampaignStatus"] = state
    if result["Result"] == "FAIL":
        return failed("CampaignFailed", "the campaign's activity ended with the result FAIL", **result)
    return outcome(SUCCEEDED, result, polls=polls)


_OPERATIONS = {"start": _start, "poll": _poll}
