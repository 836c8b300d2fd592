"""Segments: definitions and their versions. Imported segments are made by import jobs (`operations/jobs.py`)."""

from typing import Any

from handlers.engagement.api.call import Call, public
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import new_id, now, whole_number
from handlers.engagement.segments.definitions import check_definition
from handlers.engagement.segments.deletion import end_campaigns
from handlers.engagement.store.registry import Segments
from handlers.shared.state_machines import start_once


def create_segment(call: Call) -> dict[str, Any]:
    """CreateSegment."""
    segments = _segments(call)
    check_definition(call.body, _lookup(segments))
    identifier = new_id()
    created = now()
    segment = {
        "ApplicationId": call.application_id,
        "Arn": call.service.arn(f"apps/{call.application_id}/segments/{identifier}"),
        "Id": identifier,
        "SegmentType": "DIMENSIONAL",
        "CreationDate": created,
        "LastModifiedDate": created,
        "Version": 1,
        **_definition(call.body),
        **({"tags": call.body["tags"]} if call.body.get("tags") else {}),
    }
    segments.put(segment)
    return segment


def update_segment(call: Call) -> dict[str, Any]:
    """UpdateSegment: a new version. Members that are absent stay; `Dimensions` and `SegmentGroups` stand for each other.

    Of an imported segment only the name can change.
    """
    segments = _segments(call)
    identifier = call.path["segment-id"]
    former = _existing(call, segments, identifier)
    imported = former["SegmentType"] == "IMPORT"
    if imported and (call.body.get("Dimensions") or call.body.get("SegmentGroups")):
        raise BadRequestError(
            f"Segment {identifier} was imported; its name can change, its Dimensions and SegmentGroups cannot"
        )
    check_definition(call.body, _lookup(segments), own_id=identifier)

    def change(segment: dict[str, Any]) -> None:
        if imported:
            if call.body.get("Name"):
                segment["Name"] = call.body["Name"]
        else:
            if "Dimensions" in call.body or "SegmentGroups" in call.body:
                segment.pop("Dimensions", None)
                segment.pop("SegmentGroups", None)
            segment.update(_definition(call.body))
            segment["Version"] += 1
        segment["LastModifiedDate"] = now()

    return public(segments.update(identifier, change) or former)


def get_segment(call: Call) -> dict[str, Any]:
    """GetSegment."""
    return public(_existing(call, _segments(call), call.path["segment-id"]))


def delete_segment(call: Call) -> dict[str, Any]:
    """DeleteSegment. Campaigns on it that have not ended get status DELETED first, as in Pinpoint.

    The members of an imported one go by a state machine, which is started before the segment goes and ends what this
    call began, should it die between the two.
    """
    segments = _segments(call)
    identifier = call.path["segment-id"]
    segment = _existing(call, segments, identifier)
    end_campaigns(call.service.tables, call.application_id, identifier)
    if segment["SegmentType"] == "IMPORT":
        start_once(
            call.service.environment.deletion_state_machine_arn,
            f"segment-{identifier}",
            {
                "ApplicationId": call.application_id,
                "SegmentId": identifier,
                "Versions": max(segment["Version"], segment.get("_ReservedVersion", 0)),
            },
        )
    segments.delete(identifier)
    return public(segment)


def get_segments(call: Call) -> dict[str, Any]:
    """GetSegments."""
    segments = _segments(call)
    return call.page(lambda after, limit: segments.list(after=after, limit=limit))


def get_segment_version(call: Call) -> dict[str, Any]:
    """GetSegmentVersion."""
    segments = _segments(call)
    identifier = call.path["segment-id"]
    _existing(call, segments, identifier)
    found = segments.version(identifier, version_number(call.path["version"]))
    if found is None:
        raise NotFoundError(f"Segment {identifier!r} has no version {call.path['version']!r}")
    return public(found)


def get_segment_versions(call: Call) -> dict[str, Any]:
    """GetSegmentVersions."""
    segments = _segments(call)
    identifier = call.path["segment-id"]
    _existing(call, segments, identifier)
    return call.page(lambda after, limit: segments.versions(identifier, after=after, limit=limit))


def version_number(text: str) -> int:
    """A version in a path.

    Raises:
        BadRequestError: it is no whole number from 1.
    """
    number = whole_number(text)
    if not number:
        raise BadRequestError(f"version is {text[:60]!r}; needed is a whole number from 1")
    return number


def _segments(call: Call) -> Segments:
    return Segments(call.service.tables.registry, call.application_id)


def _existing(call: Call, segments: Segments, identifier: str) -> dict[str, Any]:
    found = segments.get(identifier)
    if found is None:
        raise NotFoundError(f"Segment {identifier!r} does not exist in application {call.application_id}")
    return found


def _lookup(segments: Segments) -> Any:
    return lambda identifier, version: (
        segments.get(identifier) if version is None else segments.version(identifier, version)
    )


def _definition(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in ("Name", "Dimensions", "SegmentGroups") if body.get(name)}
