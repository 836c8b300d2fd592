"""What a notification of the architectures 3, 4 and 5 asks for: a next run, an alert, or nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.shared.queues import RejectedMessageError
from handlers.shared.state_machines import execution_name


@dataclass(frozen=True)
class Alert:
    """A failure, for people: to be published as it is."""

    subject: str
    message: str


@dataclass(frozen=True)
class PhoneValidation:
    """A run of the phone validation with the import's result as its input."""

    run_input: dict[str, Any]
    execution_name: str


@dataclass(frozen=True)
class Campaign:
    """A run of the campaign creation on the segment that an import defined."""

    segment_id: str
    segment_name: str
    execution_name: str


def parse(body: str, campaign_prefixes: Sequence[str] = ()) -> Alert | PhoneValidation | Campaign | None:
    """Reads an SNS envelope from a queue message's body.

    campaign_prefixes: of the keys of imported files that validation and a campaign follow; none: all.
    Returns None for the success of a validation that no import started, since there is no segment to send to, and for that
    of an import (or the validation after it) whose file is under none of the prefixes.
    Raises RejectedMessageError for what is no such notification, or lacks what the next run needs.
    """
    envelope = _object(body, "the queue message")
    try:
        text = envelope["Message"]
        notification_type = envelope["MessageAttributes"]["notification_type"]["Value"]
    except (KeyError, TypeError) as error:
        raise RejectedMessageError("no SNS envelope with Message and the attribute notification_type") from error
    if not isinstance(text, str):
        raise RejectedMessageError("the envelope's Message is no text")
    if notification_type == "failure":
        return Alert(str(envelope.get("Subject") or "A failure"), text)
    if notification_type != "success":
        raise RejectedMessageError("notification_type is neither success nor failure")
    message = _object(text, "the notification")
    if isinstance(message.get("ImportResult"), dict):
        return _validation(message["ImportResult"], campaign_prefixes)
    if isinstance(message.get("ValidatePhoneResult"), dict):
        return _campaign(message["ValidatePhoneResult"], campaign_prefixes)
    raise RejectedMessageError("the notification has neither ImportResult nor ValidatePhoneResult")


def _validation(job: dict[str, Any], campaign_prefixes: Sequence[str]) -> PhoneValidation | None:
    _segment(job)
    if not _starts_campaigns(job, campaign_prefixes):
        return None
    return PhoneValidation(job, execution_name("import", *_identity(job)))


def _campaign(result: dict[str, Any], campaign_prefixes: Sequence[str]) -> Campaign | None:
    job = result.get("ValidateInput")
    if not isinstance(job, dict) or "Definition" not in job:
        return None
    segment_id, segment_name = _segment(job)
    if not _starts_campaigns(job, campaign_prefixes):
        return None
    # By the import, not by the validation: a validation that is repeated sends nobody a second text.
    return Campaign(segment_id, segment_name, execution_name("import", *_identity(job)))


def _segment(job: dict[str, Any]) -> tuple[str, str]:
    definition = job.get("Definition")
    if isinstance(definition, dict):
        segment_id, segment_name = definition.get("SegmentId"), definition.get("SegmentName")
        if isinstance(segment_id, str) and isinstance(segment_name, str) and segment_id and segment_name:
            return segment_id, segment_name
    raise RejectedMessageError("the import's Definition lacks SegmentId or SegmentName")


def _starts_campaigns(job: dict[str, Any], campaign_prefixes: Sequence[str]) -> bool:
    if not campaign_prefixes:
        return True
    url = job["Definition"].get("S3Url")
    if not isinstance(url, str) or not url.startswith("s3://"):
        raise RejectedMessageError("the import's Definition lacks S3Url, by which campaignPrefixes decide")
    return url.removeprefix("s3://").partition("/")[2].startswith(tuple(campaign_prefixes))


def _identity(job: dict[str, Any]) -> tuple[str, ...]:
    """What tells an import from the others: its project and job id, or else all of it."""
    if isinstance(job.get("Id"), str):
        return str(job.get("ApplicationId")), job["Id"]
    return (json.dumps(job, sort_keys=True),)


def _object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise RejectedMessageError(f"{what} is no JSON") from error
    if not isinstance(value, dict):
        raise RejectedMessageError(f"{what} is no JSON object")
    return value
