"""Operations that the hosted service offers beyond Pinpoint's, described as botocore describes those.

SearchEndpoints: `POST /v1/apps/{application-id}/endpoint-search`, at most 100 addresses of one channel.
"""

from functools import cache

from botocore.model import ServiceModel

from handlers.engagement.store.endpoint_rules import CHANNEL_TYPES

_MODEL = {
    "metadata": {"protocol": "rest-json", "serviceId": "Pinpoint", "apiVersion": "2016-12-01"},
    "operations": {
        "SearchEndpoints": {
            "name": "SearchEndpoints",
            "http": {"method": "POST", "requestUri": "/v1/apps/{application-id}/endpoint-search", "responseCode": 200},
            "input": {"shape": "SearchEndpointsRequest"},
        }
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
        "EndpointSearch": {
            "type": "structure",
            "members": {"ChannelType": {"shape": "ChannelType"}, "Addresses": {"shape": "Addresses"}},
            "required": ["ChannelType", "Addresses"],
        },
        "Addresses": {"type": "list", "member": {"shape": "Text"}},
        "ChannelType": {"type": "string", "enum": list(CHANNEL_TYPES)},
        "Text": {"type": "string"},
    },
}


@cache
def model() -> ServiceModel:
    """The model of these operations."""
    return ServiceModel(_MODEL, "pinpoint")
