"""Taking up a campaign's run that ended with people missing: an operation of the service's own."""

from __future__ import annotations

import itertools
import json
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from handlers.engagement.api.call import Call
from handlers.engagement.campaigns.activities import FINAL
from handlers.engagement.errors import BadRequestError
from handlers.engagement.event_starts.kinds import is_event_campaign
from handlers.engagement.identifiers import iso, now, parse_time
from handlers.engagement.operations.campaigns import execution_name, get_campaign
from handlers.engagement.store.registry import Activities, run_of
from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.state_machines import start_once

GOES_ON = ("RUNNING", "PENDING_REDRIVE")


class _Attempt(NamedTuple):
    """An execution of a run: how it stands, and for which end of the run it was asked; "" for the first."""

    status: str
    end: str

    @property
    def goes_on(self) -> bool:
        return self.status in GOES_ON


def resume_campaign(call: Call) -> dict[str, Any]:
    """ResumeCampaign: sends the latest run's message to those who have none yet, on the same ledger: to nobody twice.

    Whoever waits for a channel or a hook that failed is tried again, and the people of a chunk whose step died are considered. Claims
    without a result (UNKNOWN) are not: their message may have gone out. A run counts as ended when its activity says so, or when
    its execution is over: the step that records the end may have died.
    """
    campaign = get_campaign(call)
    if is_event_campaign(campaign):
        raise BadRequestError(
            f"Campaign {campaign['Id']} is triggered by events; each is tried for five minutes, and there is no run to resume"
        )
    activities = Activities(call.service.tables.registry, call.application_id, campaign["Id"])
    latest = activities.list(limit=1).items
    machine = call.service.environment.campaign_state_machine_arn
    activity = latest[0] if latest else {"State": "", "End": "", "ExecutionMetrics": {}}
    version, run = run_of(activity["Id"]) if latest else (0, 0)
    behind = (version, run + 1) if version == campaign["Version"] else (campaign["Version"], 0)
    unopened = _execution(machine, execution_name(campaign["Id"], *behind))
    if unopened and not unopened.goes_on and unopened.status != "SUCCEEDED":  # it died before it had an activity
        (version, run), activity = behind, {"State": "", "End": "", "ExecutionMetrics": {}}
    elif not latest:
        raise BadRequestError(f"Campaign {campaign['Id']} has had no run; there is nothing to resume")
    last, following = _attempts(machine, campaign["Id"], version, run)
    end = iso(parse_time(activity["End"])) if activity["State"] in FINAL and activity["End"] else ""
    if last and last.goes_on and not end:
        raise BadRequestError(
            f"Campaign {campaign['Id']}: its latest run is {activity['State'] or 'RUNNING'}; allowed is one that has ended"
        )
    if not (last and last.goes_on and last.end == end):  # asked twice, one execution starts
        run_input = {
            "ApplicationId": call.application_id,
            "CampaignId": campaign["Id"],
            "Version": version,
            "StartTime": "now",
            "Run": run,
            "Resume": end or now(),
        }
        start_once(machine, following, run_input)
    return {"CampaignId": campaign["Id"], "Version": version, "Run": run, "Before": activity["ExecutionMetrics"]}


def _attempts(machine: str, campaign_id: str, version: int, run: int) -> tuple[_Attempt | None, str]:
    """The last execution of a run, None where Step Functions knows none any more, and the name of the next one."""
    first = execution_name(campaign_id, version, run)
    last: _Attempt | None = None
    for number in itertools.count():
        name = f"{campaign_id}-{version}-{run}-resume-{number}" if number else first
        found = _execution(machine, name)
        if found is None and number:
            return last, name
        last = found or last
    raise AssertionError("not reached")


def _execution(machine: str, name: str) -> _Attempt | None:
    arn = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    try:
        found = aws_client("stepfunctions").describe_execution(executionArn=arn)
    except ClientError as error:
        if code_of(error) == "ExecutionDoesNotExist":
            return None
        raise
    return _Attempt(found["status"], json.loads(found["input"]).get("Resume", ""))
