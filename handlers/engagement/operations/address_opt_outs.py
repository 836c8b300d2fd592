"""Opt-outs that belong to an address, whatever endpoints have it, now or later. Pinpoint has none of these operations."""

from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.operations.endpoints import BATCH, refuse
from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.suppression_lists.requesters import problem_of


def opt_out_addresses(call: Call) -> dict[str, Any]:
    """OptOutAddresses: addresses of a channel out of all messages or in again. By: who asked for it, kept with the time."""
    items, by = call.body["Item"], call.body.get("By") or ""
    if not 1 <= len(items) <= BATCH:
        raise BadRequestError(f"Item has {len(items)} entries; allowed are 1 to {BATCH}")
    if wrong := problem_of(by):
        raise BadRequestError(f"By {wrong}")
    channel_type = call.body["ChannelType"]
    wanted = {normal_form(channel_type, item["Address"]): item["OptOut"] == "ALL" for item in items}
    if len(wanted) < len(items) or "" in wanted:
        raise BadRequestError("Item has an Address that is empty or occurs twice; needed are distinct addresses")
    store = call.service.endpoints(call.application_id)
    results = store.opt_out_addresses(channel_type, wanted, call.request_id, by=by)
    failed = [(at, result) for at, result in enumerate(results) if result.error is not None]
    if failed:
        refuse(failed, len(results))
    return call.accepted()


def search_address_opt_outs(call: Call) -> dict[str, Any]:
    """SearchAddressOptOuts: those of the given addresses that are out; without Addresses a page of all that are."""
    store = call.service.endpoints(call.application_id)
    addresses = call.body.get("Addresses")
    if addresses is None:
        found, token = store.opted_out_page(call.body.get("Token") or "")
        return {"Item": [item.public() for item in found], **({"NextToken": token} if token else {})}
    channel_type = call.body.get("ChannelType")
    if channel_type is None or not 1 <= len(addresses) <= BATCH:
        raise BadRequestError(f"Addresses has {len(addresses)} entries; needed are 1 to {BATCH}, and a ChannelType")
    return {"Item": [item.public() for item in store.opted_out(channel_type, addresses)]}
