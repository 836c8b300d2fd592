"""The members that Pinpoint's answers always have, empty where there is nothing: clients read them without asking.

As AWS's published answers of GetCampaign, GetEndpoint, GetSegment and GetApplicationSettings show. What is stored stays as
it was given; only answers are filled.
"""

from collections.abc import Callable, Mapping
from typing import Any

_EMPTY: Mapping[str, Mapping[str, Callable[[], Any]]] = {
    "EndpointResponse": {"Attributes": dict, "Metrics": dict, "Location": dict, "Demographic": dict, "User": dict},
    "EndpointUser": {"UserAttributes": dict},
    "CampaignResponse": {
        "AdditionalTreatments": list,
        "Description": str,
        "Hook": dict,
        "Limits": dict,
        "MessageConfiguration": dict,
        "Name": str,
        "TemplateConfiguration": dict,
        "tags": dict,
    },
    "TreatmentResource": {"MessageConfiguration": dict, "TemplateConfiguration": dict},
    "Schedule": {"IsLocalTime": bool, "QuietTime": dict, "Timezone": lambda: "UTC"},
    "SegmentResponse": {"Name": str, "tags": dict},
    "SegmentDimensions": {
        "Attributes": dict,
        "Behavior": dict,
        "Demographic": dict,
        "Location": dict,
        "Metrics": dict,
        "UserAttributes": dict,
    },
    "ApplicationSettingsResource": {
        "CampaignHook": dict,
        "LastModifiedDate": str,
        "Limits": dict,
        "QuietTime": dict,
    },
    "ApplicationResponse": {"tags": dict},
    "EmailTemplateResponse": {"tags": dict},
    "SMSTemplateResponse": {"tags": dict},
    "PushNotificationTemplateResponse": {"tags": dict},
    "VoiceTemplateResponse": {"tags": dict},
    "TemplateResponse": {"tags": dict},
}


def filled(shape: Any, answer: Any) -> Any:
    """An answer of a shape of the service model with those members, at every depth.

    A segment that neither `SegmentGroups` nor an import defines has `Dimensions`.
    """
    kind = shape.type_name
    if kind == "list" and isinstance(answer, list):
        return [filled(shape.member, entry) for entry in answer]
    if kind == "map" and isinstance(answer, dict):
        return {name: filled(shape.value, entry) for name, entry in answer.items()}
    if kind != "structure" or not isinstance(answer, dict):
        return answer
    whole = {**{name: make() for name, make in _EMPTY.get(shape.name, {}).items()}, **answer}
    if shape.name == "SegmentResponse" and "SegmentGroups" not in whole and "ImportDefinition" not in whole:
        whole.setdefault("Dimensions", {})
    return {
        name: filled(shape.members[name], value) if name in shape.members else value for name, value in whole.items()
    }
