"""Whether an endpoint got a campaign's message, and why not: an operation of the service's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.campaigns.audience import standing
from handlers.engagement.campaigns.event_ledger import EventLedger
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.event_starts.kinds import is_event_campaign
from handlers.engagement.identifiers import iso
from handlers.engagement.operations.campaigns import get_campaign
from handlers.engagement.store.registry import Activities, run_of
from handlers.shared.attribute_values import Item

RUNS = 100
"""The latest runs that are looked at."""


def get_campaign_recipient(call: Call) -> dict[str, Any]:
    """GetCampaignRecipient: the endpoint's entries in the ledgers of the campaign's latest runs, and how it stands now.

    Of a campaign that events trigger it has one for each event. `Standing` is CLAIMED where a campaign would consider it now, else OPT_OUT or INACTIVE. A run without an entry did not consider it.
    """
    found, identifier = get_campaign(call), call.path["endpoint-id"]
    campaign = found["Id"]
    activities = Activities(call.service.tables.registry, call.application_id, campaign).list(limit=RUNS).items
    runs = list(dict.fromkeys(run_of(activity["Id"]) for activity in activities))
    entries = []
    if is_event_campaign(found):
        ledger = EventLedger(call.service.tables.sends, campaign, found["Version"])
        entries = [_item(found["Version"], 0, entry) for entry in ledger.of_endpoint(identifier)]
        runs = []
    for version, number in runs:
        ledger = RunLedger(call.service.tables.sends, f"{campaign}#{version}#{number}")
        entries.append(_item(version, number, ledger.entries([identifier]).get(identifier)))
    endpoint = call.service.endpoints(call.application_id).get([identifier]).get(identifier)
    return {
        "CampaignId": campaign,
        "EndpointId": identifier,
        "Standing": standing(endpoint),
        "Exists": endpoint is not None,
        "Item": entries,
    }


def _item(version: int, number: int, entry: Item | None) -> dict[str, Any]:
    return {
        "Version": version,
        "Run": number,
        "Status": entry["status"] if entry else "NOT_CONSIDERED",
        **({"TreatmentId": entry["treatment"], "At": _iso(entry.get("changed", 0))} if entry else {}),
    }


def _iso(milliseconds: int) -> str:
    return iso(datetime.fromtimestamp(milliseconds / 1000, UTC))
