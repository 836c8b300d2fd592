"""Operations that the hosted service offers beyond Pinpoint's, described as botocore describes those.

SearchEndpoints: `POST /v1/apps/{application-id}/endpoint-search`, at most 100 addresses of one channel, or ids of endpoints.
OptOutAddresses: `POST /v1/apps/{application-id}/address-opt-outs`, at most 100 addresses of one channel.
SearchAddressOptOuts: `POST /v1/apps/{application-id}/address-opt-out-search`, at most 100 addresses of one channel, or a page of all.
CountOptOuts: `POST /v1/apps/{application-id}/message-opt-outs`, at most 100 texts that were answered by an opt-out.
EraseEndpointTraces: `POST /v1/apps/{application-id}/endpoint-traces-erasure`, at most 100 endpoints, of a campaign, a journey or neither.
ResumeCampaign: `POST /v1/apps/{application-id}/campaigns/{campaign-id}/resume`, without a body.
GetCampaignResults: `POST /v1/apps/{application-id}/campaigns/{campaign-id}/results`, without a body.
GetCampaignRecipient: `POST /v1/apps/{application-id}/campaigns/{campaign-id}/recipients/{endpoint-id}`, without a body.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.model import ServiceModel

from handlers.engagement.store.endpoint_rules import CHANNEL_TYPES, OPT_OUTS

_APP = "/v1/apps/{application-id}"
_CAMPAIGN = f"{_APP}/campaigns/{{campaign-id}}"
_IN_PATH = {"ApplicationId": "application-id", "CampaignId": "campaign-id", "EndpointId": "endpoint-id"}


def _operation(path: str, request: str, status: int = 200) -> dict[str, Any]:
    return {"http": {"method": "POST", "requestUri": path, "responseCode": status}, "input": {"shape": request}}


def _structure(members: Mapping[str, str], *required: str) -> dict[str, Any]:
    """members: name -> shape."""
    found = {"type": "structure", "members": {name: {"shape": shape} for name, shape in members.items()}}
    return {**found, "required": list(required)} if required else found


def _request(*path: str, body: str = "") -> dict[str, Any]:
    """What a call has in its path, and in its body."""
    members: dict[str, Any] = {
        name: {"shape": "Text", "location": "uri", "locationName": _IN_PATH[name]} for name in path
    }
    if not body:
        return {"type": "structure", "members": members, "required": list(path)}
    members[body] = {"shape": body}
    return {"type": "structure", "members": members, "required": [*path, body], "payload": body}


def _list(shape: str) -> dict[str, Any]:
    return {"type": "list", "member": {"shape": shape}}


_OPERATIONS = {
    "SearchEndpoints": _operation(f"{_APP}/endpoint-search", "SearchEndpointsRequest"),
    "OptOutAddresses": _operation(f"{_APP}/address-opt-outs", "OptOutAddressesRequest"),
    "SearchAddressOptOuts": _operation(f"{_APP}/address-opt-out-search", "SearchAddressOptOutsRequest"),
    "CountOptOuts": _operation(f"{_APP}/message-opt-outs", "CountOptOutsRequest", 202),
    "EraseEndpointTraces": _operation(f"{_APP}/endpoint-traces-erasure", "EraseEndpointTracesRequest"),
    "ResumeCampaign": _operation(f"{_CAMPAIGN}/resume", "ResumeCampaignRequest", 202),
    "GetCampaignRecipient": _operation(f"{_CAMPAIGN}/recipients/{{endpoint-id}}", "GetCampaignRecipientRequest"),
    "GetCampaignResults": _operation(f"{_CAMPAIGN}/results", "ResumeCampaignRequest"),
}
_SHAPES = {
    "SearchEndpointsRequest": _request("ApplicationId", body="EndpointSearch"),
    "EndpointSearch": _structure({"ChannelType": "ChannelType", "Addresses": "Texts", "EndpointIds": "Texts"}),
    "OptOutAddressesRequest": _request("ApplicationId", body="AddressOptOuts"),
    "AddressOptOuts": _structure(
        {"ChannelType": "OptOutChannelType", "Item": "AddressOptOutList", "By": "Text"}, "ChannelType", "Item"
    ),
    "AddressOptOutList": _list("AddressOptOut"),
    "AddressOptOut": _structure({"Address": "Text", "OptOut": "OptOut"}, "Address", "OptOut"),
    "SearchAddressOptOutsRequest": _request("ApplicationId", body="AddressOptOutSearch"),
    "AddressOptOutSearch": _structure({"ChannelType": "OptOutChannelType", "Addresses": "Texts", "Token": "Text"}),
    "CountOptOutsRequest": _request("ApplicationId", body="MessageOptOuts"),
    "MessageOptOuts": _structure({"Item": "MessageOptOutList"}, "Item"),
    "MessageOptOutList": _list("MessageOptOut"),
    "MessageOptOut": _structure({"MessageId": "Text", "Timestamp": "Text"}, "MessageId", "Timestamp"),
    "EraseEndpointTracesRequest": _request("ApplicationId", body="EndpointTraces"),
    "EndpointTraces": _structure(
        {"EndpointIds": "Texts", "Addresses": "ChannelAddresses", "CampaignId": "Text", "JourneyId": "Text"},
        "EndpointIds",
    ),
    "ChannelAddresses": _list("ChannelAddress"),
    "ChannelAddress": _structure({"ChannelType": "ChannelType", "Address": "Text"}, "ChannelType", "Address"),
    "ResumeCampaignRequest": _request("ApplicationId", "CampaignId"),
    "GetCampaignRecipientRequest": _request("ApplicationId", "CampaignId", "EndpointId"),
    "OptOutChannelType": {"type": "string", "enum": ["SMS", "VOICE", "EMAIL", "CUSTOM"]},
    "OptOut": {"type": "string", "enum": list(OPT_OUTS)},
    "Texts": _list("Text"),
    "ChannelType": {"type": "string", "enum": list(CHANNEL_TYPES)},
    "Text": {"type": "string"},
}
_MODEL = {
    "metadata": {"protocol": "rest-json", "serviceId": "Pinpoint", "apiVersion": "2016-12-01"},
    "operations": {name: {"name": name, **operation} for name, operation in _OPERATIONS.items()},
    "shapes": _SHAPES,
}


@cache
def model() -> ServiceModel:
    """The model of these operations."""
    return ServiceModel(_MODEL, "pinpoint")
