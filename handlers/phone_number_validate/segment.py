"""Makes the segment of unverified endpoints: channel SMS or VOICE, and not `PNV_PhoneNumberValidated` = Yes.

Called by a CRUD invocation with `{"SegmentName", "ApplicationId", "tf": {"action", "prev_input"}}`. The name is the
segment's identity: an invocation that is repeated finds the segment that it made.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.phone_number_validate.environment import SegmentEnvironment
from handlers.phone_number_validate.numbers import CHANNELS, VALIDATED, YES
from handlers.shared.aws_errors import code_of
from handlers.shared.clients import engagement_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

_NOT_FOUND = "NotFoundException"
_PAGE = "200"
_environment = cache(SegmentEnvironment.read)


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns `{"SegmentId"}`; after a deletion the id is empty."""
    action = event["tf"]["action"]
    name = event["SegmentName"]
    if action == "delete":
        _delete(name)
        return {"SegmentId": ""}
    previous = (event["tf"].get("prev_input") or {}).get("SegmentName")
    segment_id = _find(name) or (_find(previous) if previous and previous != name else None)
    return {"SegmentId": _write(name, segment_id)}


def unverified(name: str) -> dict[str, Any]:
    """The WriteSegmentRequest. Groups, because NONE takes in the endpoints that have no such attribute at all."""
    return {
        "Name": name,
        "SegmentGroups": {
            "Include": "ALL",
            "Groups": [
                {
                    "Type": "NONE",
                    "SourceType": "ALL",
                    "Dimensions": [{"Attributes": {VALIDATED: {"AttributeType": "INCLUSIVE", "Values": [YES]}}}],
                },
                {
                    "Type": "ANY",
                    "SourceType": "ALL",
                    "Dimensions": [
                        {"Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": list(CHANNELS)}}}
                    ],
                },
            ],
        },
    }


def _write(name: str, segment_id: str | None) -> str:
    application_id = _environment().application_id
    if segment_id is None:
        response = engagement_client().create_segment(
            ApplicationId=application_id, WriteSegmentRequest=unverified(name)
        )
    else:
        response = engagement_client().update_segment(
            ApplicationId=application_id, SegmentId=segment_id, WriteSegmentRequest=unverified(name)
        )
    logger.info("segment", extra={"segment": response["SegmentResponse"]["Id"], "found": segment_id is not None})
    return response["SegmentResponse"]["Id"]


def _delete(name: str) -> None:
    try:
        segment_id = _find(name)
        if segment_id is not None:
            engagement_client().delete_segment(ApplicationId=_environment().application_id, SegmentId=segment_id)
    except ClientError as error:
        if code_of(error) != _NOT_FOUND:
            raise
        logger.info("the segment or its project is gone", extra={"code": code_of(error)})


def _find(name: str) -> str | None:
    token: dict[str, str] = {}
    while True:
        page = engagement_client().get_segments(ApplicationId=_environment().application_id, PageSize=_PAGE, **token)
        for segment in page["SegmentsResponse"].get("Item", []):
            if segment.get("Name") == name and segment.get("SegmentType") == "DIMENSIONAL":
                return segment["Id"]
        following = page["SegmentsResponse"].get("NextToken")
        if not following:
            return None
        token = {"Token": following}
