"""Erasing what is held of a person beside the endpoints: an operation of the service's own."""

from __future__ import annotations

from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.operations.endpoints import BATCH
from handlers.engagement.traces import Traces


def erase_endpoint_traces(call: Call) -> dict[str, Any]:
    """EraseEndpointTraces: claims, counters of caps and journeys' participation of up to 100 endpoints, of a campaign, of a journey,
    or, with neither, of the application itself. `Left` is what has to stay for now. Again, it finds nothing.
    """
    ids, addresses = call.body["EndpointIds"], call.body.get("Addresses") or []
    campaign, journey = call.body.get("CampaignId"), call.body.get("JourneyId")
    for name, given in (("EndpointIds", ids), ("Addresses", addresses)):
        if len(given) > BATCH or (given is ids and not ids):
            raise BadRequestError(f"{name} has {len(given)} entries; allowed are {1 if given is ids else 0} to {BATCH}")
    if campaign and journey:
        raise BadRequestError("CampaignId and JourneyId exclude each other; a call erases the traces in one of them")
    tables = call.service.tables
    pairs = [(item["ChannelType"], item["Address"]) for item in addresses]
    traces = Traces(tables, call.application_id, ids, pairs)
    if campaign:
        erased = traces.of_campaign(campaign)
    elif journey:
        erased = traces.of_journey(journey)
    else:
        erased = traces.of_application()
    return {"Deleted": erased.deleted, "Left": erased.left}
