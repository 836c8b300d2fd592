"""The Pinpoint API's operations as IAM actions on the ARNs that they act on."""

from collections.abc import Iterable

import pulumi

from components.building_blocks.account import Account
from components.building_blocks.policy import Statement

WITHIN_PROJECT = "things of this one project whose ids are made at run time"
TEMPLATES = "templates belong to the account, and campaigns name them at run time"

APPLICATION = ("apps/{app}",)
ENDPOINTS = ("apps/{app}/endpoints/*",)
SEGMENTS = ("apps/{app}/segments/*",)
CAMPAIGNS = ("apps/{app}/campaigns/*",)
IMPORT_JOBS = ("apps/{app}/jobs/import/*",)
EXPORT_JOBS = ("apps/{app}/jobs/export/*",)

RESOURCES: dict[str, tuple[str, ...]] = {
    "GetApp": APPLICATION,
    "GetApplicationSettings": APPLICATION,
    "UpdateApplicationSettings": APPLICATION,
    "UpdateEndpointsBatch": APPLICATION,
    "UpdateEndpoint": ENDPOINTS,
    "GetEndpoint": ENDPOINTS,
    "DeleteEndpoint": ENDPOINTS,
    "GetUserEndpoints": ("apps/{app}/users/*",),
    "DeleteUserEndpoints": ("apps/{app}/users/*",),
    "CreateSegment": APPLICATION,
    "GetSegments": APPLICATION,
    "GetSegment": SEGMENTS,
    "UpdateSegment": SEGMENTS,
    "DeleteSegment": SEGMENTS,
    "CreateImportJob": APPLICATION,
    "GetImportJob": IMPORT_JOBS,
    "CreateExportJob": APPLICATION,
    "GetExportJob": EXPORT_JOBS,
    "CreateCampaign": APPLICATION,
    "GetCampaigns": APPLICATION,
    "GetCampaign": CAMPAIGNS,
    "GetCampaignActivities": CAMPAIGNS,
    "UpdateCampaign": CAMPAIGNS,
    "DeleteCampaign": CAMPAIGNS,
    "PutEvents": ("apps/{app}/events",),
    "SendMessages": ("apps/{app}/messages",),
    "SendUsersMessages": ("apps/{app}/messages",),
    "GetEmailTemplate": ("templates/*/EMAIL",),
    "GetSmsTemplate": ("templates/*/SMS",),
    "GetPushTemplate": ("templates/*/PUSH",),
    "GetVoiceTemplate": ("templates/*/VOICE",),
    "GetJourney": ("apps/{app}/journeys/*",),
}
"""Operation -> what it acts on, below `arn:PARTITION:mobiletargeting:REGION:ACCOUNT:`."""


def check(operations: Iterable[str]) -> None:
    """Raises ValueError for an operation that this table does not know."""
    unknown = sorted(set(operations) - set(RESOURCES))
    if unknown:
        raise ValueError(f"operations {unknown} are unknown; known: {', '.join(sorted(RESOURCES))}")


def statements(account: Account, application_id: pulumi.Input[str], operations: Iterable[str]) -> list[Statement]:
    """One statement for each set of ARNs, in a stable order."""
    by_resources: dict[tuple[str, ...], list[str]] = {}
    for operation in sorted(set(operations)):
        by_resources.setdefault(RESOURCES[operation], []).append(f"mobiletargeting:{operation}")
    return [
        Statement(
            actions,
            [account.arn("mobiletargeting", _with_id(resource, application_id)) for resource in resources],
            why_wildcard=_why(resources),
        )
        for resources, actions in by_resources.items()
    ]


def _with_id(resource: str, application_id: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(application_id).apply(lambda app: resource.replace("{app}", app))


def _why(resources: tuple[str, ...]) -> str | None:
    if not any("*" in resource for resource in resources):
        return None
    return TEMPLATES if any(resource.startswith("templates/") for resource in resources) else WITHIN_PROJECT
