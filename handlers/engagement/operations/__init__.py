"""The operations that the hosted service offers, one function each, in modules by subject; loaded when first called."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from botocore import xform_name

MODULES: dict[str, tuple[str, ...]] = {
    "apps": (
        "CreateApp", "GetApp", "GetApps", "DeleteApp", "GetApplicationSettings", "UpdateApplicationSettings",
    ),
    "endpoints": (
        "UpdateEndpoint", "UpdateEndpointsBatch", "GetEndpoint", "DeleteEndpoint", "GetUserEndpoints",
        "DeleteUserEndpoints", "RemoveAttributes", "SearchEndpoints",
    ),
    "address_opt_outs": ("OptOutAddresses", "SearchAddressOptOuts"),
    "message_opt_outs": ("CountOptOuts",),
    "endpoint_traces": ("EraseEndpointTraces",),
    "segments": (
        "CreateSegment", "UpdateSegment", "GetSegment", "DeleteSegment", "GetSegments", "GetSegmentVersion",
        "GetSegmentVersions",
    ),
    "jobs": (
        "CreateImportJob", "GetImportJob", "GetImportJobs", "CreateExportJob", "GetExportJob", "GetExportJobs",
        "GetSegmentImportJobs", "GetSegmentExportJobs",
    ),
    "templates": (
        *(f"{verb}{kind}Template" for verb in ("Create", "Update", "Get", "Delete") for kind in ("Email", "Sms", "Push", "Voice")),
        "UpdateTemplateActiveVersion", "ListTemplates", "ListTemplateVersions",
    ),
    "campaigns": (
        "CreateCampaign", "GetCampaign", "GetCampaigns", "UpdateCampaign", "DeleteCampaign", "GetCampaignVersion",
        "GetCampaignVersions", "GetCampaignActivities",
    ),
    "campaign_resume": ("ResumeCampaign",),
    "campaign_results": ("GetCampaignResults",),
    "campaign_recipient": ("GetCampaignRecipient",),
    "kpis": ("GetApplicationDateRangeKpi", "GetCampaignDateRangeKpi", "GetJourneyDateRangeKpi"),
    "journeys": (
        "CreateJourney", "GetJourney", "ListJourneys", "UpdateJourney", "UpdateJourneyState", "DeleteJourney",
    ),
    "journey_metrics": (
        "GetJourneyRuns", "GetJourneyExecutionMetrics", "GetJourneyExecutionActivityMetrics",
        "GetJourneyRunExecutionMetrics", "GetJourneyRunExecutionActivityMetrics",
    ),
    "channels": ("GetChannels", "GetSmsChannel", "UpdateSmsChannel", "GetEmailChannel", "UpdateEmailChannel"),
    "event_stream": ("PutEventStream", "GetEventStream", "DeleteEventStream"),
    "events": ("PutEvents",),
    "messages": ("SendMessages", "SendUsersMessages"),
    "numbers": ("PhoneNumberValidate",),
    "tags": ("TagResource", "UntagResource", "ListTagsForResource"),
}  # fmt: skip
INSTEAD = {
    "DeleteSmsChannel": "channels are configured by project.sms in the config of the stack that holds the project",
    "DeleteEmailChannel": "channels are configured by project.email in the config of the stack that holds the project",
}
"""What the refusal of an operation that is not offered says of how to do it."""
MODULE_OF = {operation: module for module, operations in MODULES.items() for operation in operations}


def find(operation: str) -> Callable[..., Any] | None:
    """The function of an operation (takes a `Call`, returns the payload), or None where the service does not offer it."""
    module = MODULE_OF.get(operation)
    if module is None:
        return None
    return getattr(import_module(f"{__name__}.{module}"), xform_name(operation))
