"""Campaigns: defined, versioned and started here; their runs are the campaign state machine's."""

from collections.abc import Callable
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, ConflictError, NotFoundError
from handlers.engagement.event_starts.inbox import CAMPAIGN
from handlers.engagement.event_starts.kinds import is_event_campaign
from handlers.engagement.event_starts.rules import check_number, imported
from handlers.engagement.identifiers import iso, new_id, now
from handlers.engagement.operations.campaign_rules import check_campaign, start_of
from handlers.engagement.operations.segments import version_number
from handlers.engagement.segments.imported import rests_on_import
from handlers.engagement.store.registry import Activities, Campaigns, EventStarts, Segments
from handlers.shared.backoff import backoff
from handlers.shared.state_machines import start_once

ATTEMPTS = 12
MEMBERS = (
    "Name", "Description", "AdditionalTreatments", "CustomDeliveryConfiguration", "HoldoutPercent", "Hook", "IsPaused",
    "Limits", "MessageConfiguration", "Schedule", "SegmentId", "SegmentVersion", "TemplateConfiguration",
    "TreatmentDescription", "TreatmentName", "Priority",
)  # fmt: skip


def create_campaign(call: Call) -> dict[str, Any]:
    """CreateCampaign: version 1, started unless paused. A StartTime that is past starts at once."""
    body = _filled(call, call.body)
    identifier = new_id()
    _check_number(call, identifier, body)
    created = now()
    campaign = {
        "ApplicationId": call.application_id,
        "Arn": call.service.arn(f"apps/{call.application_id}/campaigns/{identifier}"),
        "Id": identifier,
        "CreationDate": created,
        "Version": 1,
        "tags": call.body.get("tags") or {},
        **_definition(body, created),
    }
    campaigns = _campaigns(call)
    campaigns.put(campaign)
    try:
        _start(call, campaign)
    except Exception:
        campaigns.delete(identifier)
        raise
    return campaign


def update_campaign(call: Call) -> dict[str, Any]:
    """UpdateCampaign: a new version that replaces the one before, whose scheduled runs end. Members that are absent stay.

    A campaign that is executing, has completed or was deleted is refused; one that events trigger is changed, or paused, at any time.
    """
    for attempt in range(ATTEMPTS):
        former = get_campaign(call)
        status = former["State"]["CampaignStatus"]
        if status in ("COMPLETED", "DELETED") or (status == "EXECUTING" and not is_event_campaign(former)):
            raise BadRequestError(
                f"Campaign {former['Id']} is {status}; allowed are changes of SCHEDULED, PENDING_NEXT_RUN and PAUSED ones"
            )
        merged = {name: former[name] for name in MEMBERS if name in former} | call.body
        _check_number(call, former["Id"], merged)
        try:
            campaign = _campaigns(call).update(former["Id"], _new_version(former, _filled(call, merged)))
        except _ChangedError:
            backoff(attempt)
            continue
        if campaign is None:
            return get_campaign(call)  # deleted meanwhile: not found
        _start(call, campaign)
        return campaign
    raise ConflictError(
        f"Campaign {call.path['campaign-id']} was changed by others {ATTEMPTS} times in a row: try again"
    )


class _ChangedError(Exception):
    """The campaign is not what it was when the change was made up."""


def _new_version(former: dict[str, Any], body: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """The change to the version after `former`; it raises _ChangedError where another version or state has come between."""

    def change(campaign: dict[str, Any]) -> None:
        if any(campaign[name] != former[name] for name in ("Version", "State")):
            raise _ChangedError
        for name in MEMBERS:
            campaign.pop(name, None)
        campaign["Version"] += 1
        campaign.update(_definition(body, now()))

    return change


def get_campaign(call: Call) -> dict[str, Any]:
    """GetCampaign."""
    found = _campaigns(call).get(call.path["campaign-id"])
    if found is None:
        raise NotFoundError(
            f"Campaign {call.path['campaign-id']!r} does not exist in application {call.application_id}"
        )
    return found


def get_campaigns(call: Call) -> dict[str, Any]:
    """GetCampaigns, newest first."""
    return call.page(lambda after, limit: _campaigns(call).list(after=after, limit=limit))


def delete_campaign(call: Call) -> dict[str, Any]:
    """DeleteCampaign: its coming runs do not happen."""
    campaign = get_campaign(call)
    _campaigns(call).delete(campaign["Id"])
    campaign["State"] = {"CampaignStatus": "DELETED"}
    return campaign


def get_campaign_version(call: Call) -> dict[str, Any]:
    """GetCampaignVersion."""
    get_campaign(call)
    found = _campaigns(call).version(call.path["campaign-id"], version_number(call.path["version"]))
    if found is None:
        raise NotFoundError(f"Campaign {call.path['campaign-id']!r} has no version {call.path['version']!r}")
    return found


def get_campaign_versions(call: Call) -> dict[str, Any]:
    """GetCampaignVersions, newest first."""
    campaign = get_campaign(call)
    return call.page(lambda after, limit: _campaigns(call).versions(campaign["Id"], after=after, limit=limit))


def get_campaign_activities(call: Call) -> dict[str, Any]:
    """GetCampaignActivities, the latest run first."""
    campaign = get_campaign(call)
    activities = Activities(call.service.tables.registry, call.application_id, campaign["Id"])
    return call.page(lambda after, limit: activities.list(after=after, limit=limit))


def _campaigns(call: Call) -> Campaigns:
    return Campaigns(call.service.tables.registry, call.application_id)


def _filled(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The checked definition, with the segment's version and the treatments' ids."""
    check_campaign(body, call.service.templates, pushes=bool(call.service.environment.push_application_id))
    segments = Segments(call.service.tables.registry, call.application_id)
    segment = segments.get(body["SegmentId"])
    if segment is None:
        raise NotFoundError(f"Segment {body['SegmentId']!r} does not exist in application {call.application_id}")
    version = body.get("SegmentVersion") or segment["Version"]
    if not 1 <= version <= segment["Version"]:
        raise BadRequestError(f"SegmentVersion is {version}; segment {body['SegmentId']} has 1 to {segment['Version']}")
    if is_event_campaign(body) and rests_on_import(segment, segments.get):
        raise BadRequestError(imported("SegmentId", segment["Id"]))
    filled = body | {"SegmentVersion": version}
    if body.get("AdditionalTreatments"):
        filled["AdditionalTreatments"] = [
            {**treatment, "Id": str(number), "State": {"CampaignStatus": "SCHEDULED"}}
            for number, treatment in enumerate(body["AdditionalTreatments"], 1)
        ]
    return filled


def _check_number(call: Call, identifier: str, body: dict[str, Any]) -> None:
    if is_event_campaign(body):
        check_number(EventStarts(call.service.tables.registry), call.application_id, CAMPAIGN, identifier)


def _definition(body: dict[str, Any], moment: str) -> dict[str, Any]:
    status = {"CampaignStatus": "PAUSED" if body.get("IsPaused") else "SCHEDULED"}
    members = {name: body[name] for name in MEMBERS if body.get(name) is not None}
    members.setdefault("IsPaused", False)
    members.setdefault("HoldoutPercent", 0)
    if members.get("AdditionalTreatments"):
        members["AdditionalTreatments"] = [{**entry, "State": status} for entry in members["AdditionalTreatments"]]
        members["DefaultState"] = status
    return members | {"State": status, "LastModifiedDate": moment}


def _start(call: Call, campaign: dict[str, Any]) -> None:
    """Starts the state machine of this version; a paused one starts with the version that resumes it.

    One that events trigger has none: PutEvents and the worker are told of it.
    """
    if is_event_campaign(campaign):
        starts = EventStarts(call.service.tables.registry)
        starts.note(call.application_id, CAMPAIGN, campaign["Id"], campaign["Schedule"]["EventFilter"])
        return
    if campaign.get("IsPaused"):
        return
    start = start_of(campaign["Schedule"])
    start_once(
        call.service.environment.campaign_state_machine_arn,
        execution_name(campaign["Id"], campaign["Version"], 0),
        {
            "ApplicationId": call.application_id,
            "CampaignId": campaign["Id"],
            "Version": campaign["Version"],
            "StartTime": "now" if start is None else iso(start),
            "Run": 0,
        },
    )


def execution_name(campaign_id: str, version: int, run: int) -> str:
    """The name of the execution that a run begins with: the state machine names those behind the first."""
    return f"{campaign_id}-{version}-{run}" if run else f"{campaign_id}-{version}"
