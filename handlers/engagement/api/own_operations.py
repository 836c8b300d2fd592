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

from functools import cache

from botocore.model import ServiceModel

from handlers.engagement.store.endpoint_rules import CHANNEL_TYPES, OPT_OUTS

_MODEL = {
    "metadata": {"protocol": "rest-json", "serviceId": "Pinpoint", "apiVersion": "2016-12-01"},
    "operations": {
        "SearchEndpoints": {
            "name": "SearchEndpoints",
            "http": {"method": "POST", "requestUri": "/v1/apps/{application-id}/endpoint-search", "responseCode": 200},
            "input": {"shape": "SearchEndpointsRequest"},
        },
        "OptOutAddresses": {
            "name": "OptOutAddresses",
            "http": {"method": "POST", "requestUri": "/v1/apps/{application-id}/address-opt-outs", "responseCode": 200},
            "input": {"shape": "OptOutAddressesRequest"},
        },
        "SearchAddressOptOuts": {
            "name": "SearchAddressOptOuts",
            "http": {
                "method": "POST",
                "requestUri": "/v1/apps/{application-id}/address-opt-out-search",
                "responseCode": 200,
            },
            "input": {"shape": "SearchAddressOptOutsRequest"},
        },
        "CountOptOuts": {
            "name": "CountOptOuts",
            "http": {"method": "POST", "requestUri": "/v1/apps/{application-id}/message-opt-outs", "responseCode": 202},
            "input": {"shape": "CountOptOutsRequest"},
        },
        "EraseEndpointTraces": {
            "name": "EraseEndpointTraces",
            "http": {
                "method": "POST",
                "requestUri": "/v1/apps/{application-id}/endpoint-traces-erasure",
                "responseCode": 200,
            },
            "input": {"shape": "EraseEndpointTracesRequest"},
        },
        "ResumeCampaign": {
            "name": "ResumeCampaign",
            "http": {
                "method": "POST",
                "requestUri": "/v1/apps/{application-id}/campaigns/{campaign-id}/resume",
                "responseCode": 202,
            },
            "input": {"shape": "ResumeCampaignRequest"},
        },
        "GetCampaignRecipient": {
            "name": "GetCampaignRecipient",
            "http": {
                "method": "POST",
                "requestUri": "/v1/apps/{application-id}/campaigns/{campaign-id}/recipients/{endpoint-id}",
                "responseCode": 200,
            },
            "input": {"shape": "GetCampaignRecipientRequest"},
        },
        "GetCampaignResults": {
            "name": "GetCampaignResults",
            "http": {
                "method": "POST",
                "requestUri": "/v1/apps/{application-id}/campaigns/{campaign-id}/results",
                "responseCode": 200,
            },
            "input": {"shape": "ResumeCampaignRequest"},
        },
    },
    "shapes": {
        "SearchEndpointsRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "EndpointSearch": {"shape": "EndpointSearch"},
            },
            "required": ["ApplicationId", "EndpointSearch"],
            "payload": "EndpointSearch",
        },
        "ResumeCampaignRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "CampaignId": {"shape": "Text", "location": "uri", "locationName": "campaign-id"},
            },
            "required": ["ApplicationId", "CampaignId"],
        },
        "GetCampaignRecipientRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "CampaignId": {"shape": "Text", "location": "uri", "locationName": "campaign-id"},
                "EndpointId": {"shape": "Text", "location": "uri", "locationName": "endpoint-id"},
            },
            "required": ["ApplicationId", "CampaignId", "EndpointId"],
        },
        "EndpointSearch": {
            "type": "structure",
            "members": {
                "ChannelType": {"shape": "ChannelType"},
                "Addresses": {"shape": "Texts"},
                "EndpointIds": {"shape": "Texts"},
            },
        },
        "OptOutAddressesRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "AddressOptOuts": {"shape": "AddressOptOuts"},
            },
            "required": ["ApplicationId", "AddressOptOuts"],
            "payload": "AddressOptOuts",
        },
        "AddressOptOuts": {
            "type": "structure",
            "members": {
                "ChannelType": {"shape": "OptOutChannelType"},
                "Item": {"shape": "AddressOptOutList"},
                "By": {"shape": "Text"},
            },
            "required": ["ChannelType", "Item"],
        },
        "EraseEndpointTracesRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "EndpointTraces": {"shape": "EndpointTraces"},
            },
            "required": ["ApplicationId", "EndpointTraces"],
            "payload": "EndpointTraces",
        },
        "EndpointTraces": {
            "type": "structure",
            "members": {
                "EndpointIds": {"shape": "Texts"},
                "Addresses": {"shape": "ChannelAddresses"},
                "CampaignId": {"shape": "Text"},
                "JourneyId": {"shape": "Text"},
            },
            "required": ["EndpointIds"],
        },
        "ChannelAddresses": {"type": "list", "member": {"shape": "ChannelAddress"}},
        "ChannelAddress": {
            "type": "structure",
            "members": {"ChannelType": {"shape": "ChannelType"}, "Address": {"shape": "Text"}},
            "required": ["ChannelType", "Address"],
        },
        "CountOptOutsRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "MessageOptOuts": {"shape": "MessageOptOuts"},
            },
            "required": ["ApplicationId", "MessageOptOuts"],
            "payload": "MessageOptOuts",
        },
        "MessageOptOuts": {
            "type": "structure",
            "members": {"Item": {"shape": "MessageOptOutList"}},
            "required": ["Item"],
        },
        "MessageOptOutList": {"type": "list", "member": {"shape": "MessageOptOut"}},
        "MessageOptOut": {
            "type": "structure",
            "members": {"MessageId": {"shape": "Text"}, "Timestamp": {"shape": "Text"}},
            "required": ["MessageId", "Timestamp"],
        },
        "SearchAddressOptOutsRequest": {
            "type": "structure",
            "members": {
                "ApplicationId": {"shape": "Text", "location": "uri", "locationName": "application-id"},
                "AddressOptOutSearch": {"shape": "AddressOptOutSearch"},
            },
            "required": ["ApplicationId", "AddressOptOutSearch"],
            "payload": "AddressOptOutSearch",
        },
        "AddressOptOutSearch": {
            "type": "structure",
            "members": {
                "ChannelType": {"shape": "OptOutChannelType"},
                "Addresses": {"shape": "Texts"},
                "Token": {"shape": "Text"},
            },
        },
        "AddressOptOutList": {"type": "list", "member": {"shape": "AddressOptOut"}},
        "AddressOptOut": {
            "type": "structure",
            "members": {"Address": {"shape": "Text"}, "OptOut": {"shape": "OptOut"}},
            "required": ["Address", "OptOut"],
        },
        "OptOutChannelType": {"type": "string", "enum": ["SMS", "VOICE", "EMAIL", "CUSTOM"]},
        "OptOut": {"type": "string", "enum": list(OPT_OUTS)},
        "Texts": {"type": "list", "member": {"shape": "Text"}},
        "ChannelType": {"type": "string", "enum": list(CHANNEL_TYPES)},
        "Text": {"type": "string"},
    },
}


@cache
def model() -> ServiceModel:
    """The model of these operations."""
    return ServiceModel(_MODEL, "pinpoint")
