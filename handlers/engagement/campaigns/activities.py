"""The records of a campaign's run: one activity for each treatment, and the campaign's own state."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from handlers.engagement.campaigns.audience import CLAIMED, INACTIVE, OPT_OUT, treatment_ids
from handlers.engagement.campaigns.entries import Totals
from handlers.engagement.campaigns.local_time import MISSING_TIMEZONE, WAITS
from handlers.engagement.caps.definitions import CAMPAIGN_CAP, DAILY_CAP
from handlers.engagement.identifiers import now
from handlers.engagement.store.registry import Activities, Campaigns
from handlers.shared.tables import Table

# What a run decided not to send does not count as attempted.
NOT_ATTEMPTED = (
    *("HOLDOUT", "DUPLICATE_ADDRESS", "QUIET_TIME", "EXPIRED", "DROPPED", "UNSUPPORTED_CHANNEL"),
    *(DAILY_CAP, CAMPAIGN_CAP, MISSING_TIMEZONE, WAITS),
    *(OPT_OUT, INACTIVE),
)
FINAL = ("COMPLETED", "INVALID", "CANCELLED")


class RunRecords:
    """What the API shows of a run.

    Args:
        campaign: The campaign version that runs.
        run: Number of the run, from 0.
    """

    def __init__(self, registry: Table, campaign: Mapping[str, Any], run: int) -> None:
        self.campaign = campaign
        self.run = run
        self.campaigns = Campaigns(registry, campaign["ApplicationId"])
        self.activities = Activities(registry, campaign["ApplicationId"], campaign["Id"])
        self.ids = {
            treatment: self.activities.identifier(campaign["Version"], run, treatment)
            for treatment in treatment_ids(campaign)
        }

    def open(self, scheduled: str, *, state: str = "INITIALIZING") -> None:
        """Writes the activities that are not there yet, with every field that readers count on."""
        for treatment, identifier in self.ids.items():
            known = self.activities.get(identifier)
            if known is not None and known.get("State") in (*FINAL, "RUNNING"):
                continue
            self.activities.put(
                {
                    "Id": identifier,
                    "ApplicationId": self.campaign["ApplicationId"],
                    "CampaignId": self.campaign["Id"],
                    "TreatmentId": treatment,
                    "State": state,
                    "Result": "",
                    "ScheduledStart": scheduled,
                    "Start": now(),
                    "End": "",
                    "TotalEndpointCount": 0,
                    "SuccessfulEndpointCount": 0,
                    "TimezonesTotalCount": 0,
                    "TimezonesCompletedCount": 0,
                    "ExecutionMetrics": {},
                }
            )

    def reopen(self) -> None:
        """Shows a run that ended as running again."""
        for identifier in self.ids.values():
            self.activities.update(
                identifier, lambda activity: activity.update({"State": "RUNNING", "Result": "", "End": ""})
            )
        self.set_status("EXECUTING")

    def count(self, totals: Totals, parts: Collection[int] = ()) -> None:
        """Shows the run's totals so far. parts: when recipients are due by their own clocks, in epoch milliseconds."""
        self._change_activities(totals, {"State": "RUNNING", **_zones(parts)})

    def close(self, totals: Totals, *, state: str, result: str | None = None, parts: Collection[int] = ()) -> None:
        """Ends the activities.

        `result` None: SUCCESS, unless somebody of a treatment still waits or was not reached, or nothing of what it attempted went out.
        """
        self._change_activities(totals, {"State": state, "End": now(), **_zones(parts)}, result)

    def set_status(self, status: str) -> None:
        """Sets the status of the campaign and its treatments, as long as this version is the current one."""

        def change(campaign: dict[str, Any]) -> None:
            if campaign["Version"] != self.campaign["Version"] or _status(campaign) == "DELETED":
                return
            campaign["State"] = {"CampaignStatus": status}
            treatments = campaign.get("AdditionalTreatments") or ()
            if treatments:
                campaign["DefaultState"] = {"CampaignStatus": status}
            for treatment in treatments:
                treatment["State"] = {"CampaignStatus": status}

        self.campaigns.update(self.campaign["Id"], change)

    def _change_activities(self, totals: Totals, members: Mapping[str, Any], result: str | None = "") -> None:
        for treatment, identifier in self.ids.items():
            counted = totals.counts.get(treatment, Counter())
            shown = {
                "TotalEndpointCount": sum(number for status, number in counted.items() if status not in NOT_ATTEMPTED),
                "SuccessfulEndpointCount": counted["SUCCESS"],
                "ExecutionMetrics": {
                    "PENDING" if status == CLAIMED else status: str(number)
                    for status, number in sorted(counted.items())
                    if number
                },
            }
            outcome = _result(shown, totals.missing[treatment]) if result is None else result

            def change(activity: dict[str, Any], shown: dict[str, Any] = shown, outcome: str = outcome) -> None:
                if activity.get("State") not in FINAL:
                    activity.update({**shown, **members, "Result": outcome})

            self.activities.update(identifier, change)


def _zones(parts: Collection[int]) -> dict[str, int]:
    """How many time zones that differ a run has, and how many of them had their time."""
    moment = time.time() * 1000
    return {"TimezonesTotalCount": len(parts), "TimezonesCompletedCount": sum(part <= moment for part in parts)}


def _result(shown: Mapping[str, Any], missing: int) -> str:
    nothing_sent = shown["TotalEndpointCount"] and not shown["SuccessfulEndpointCount"]
    return "FAIL" if missing or nothing_sent else "SUCCESS"


def _status(campaign: Mapping[str, Any]) -> str:
    return (campaign.get("State") or {}).get("CampaignStatus", "")
