"""Campaign hooks and custom channels: functions of the user's that edit, thin out or deliver to a batch of endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.engagement.campaigns.audience import CLAIMED, Recipient, standing
from handlers.shared.aws_errors import code_of, is_throttled
from handlers.shared.backoff import backoff
from handlers.shared.clients import aws_client
from handlers.shared.compact_json import compact_json
from handlers.shared.json_objects import answered
from handlers.shared.logging import logger

ENDPOINTS_PER_CALL = 50
ATTEMPTS = 3
ANSWER_SECONDS = 15
NOT_STARTED = ("ServiceException", "ResourceNotReadyException")
FIRST_PAUSE_SECONDS = 0.2
OVERRIDES = ("TitleOverride", "BodyOverride")
OVERRIDDEN_CHANNELS = ("SMS", "ADM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU", "GCM")


class HookError(Exception):
    """A hook gave no usable answer. The message says why, without what it was asked. `started`: whether it may have run."""

    def __init__(self, message: str, *, started: bool = True) -> None:
        super().__init__(message)
        self.started = started


def filter_endpoints(function: str, event: Mapping[str, Any], recipients: Sequence[Recipient]) -> None:
    """Lets a FILTER hook edit the recipients' endpoints for this send, or drop them (status DROPPED).

    One that the hook made INACTIVE or opted out is dropped too. Without an answer in three attempts of 15 s, or with one
    that names none of the endpoints but others: status HOOK_FAILURE, to be tried again.
    """
    asked = _endpoints(recipients)
    try:
        answer = _filtered(function, {**event, "Endpoints": asked})
    except HookError as error:
        logger.error("hook failed", extra={"function": function, "endpoints": len(recipients), "reason": str(error)})
        for recipient in recipients:
            recipient.status, recipient.again = "HOOK_FAILURE", True
        return
    for recipient in recipients:
        edited = answer.get(recipient.id)
        if not isinstance(edited, Mapping):
            recipient.status = "DROPPED"
            continue
        if recipient.channel in OVERRIDDEN_CHANNELS:
            recipient.overrides = {name: str(edited[name]) for name in OVERRIDES if edited.get(name)}
        recipient.endpoint = _edited(recipient.endpoint, edited)
        if standing(recipient.endpoint) != CLAIMED:
            recipient.status = "DROPPED"


def deliver(function: str, event: Mapping[str, Any], recipients: Sequence[Recipient], failure: str) -> Any:
    """Lets a function deliver to the recipients: status SUCCESS, or `failure`. Returns the function's answer, None where it failed.

    A call that may have run is not made again, since the function may have reached people before it failed; recipients of one that
    certainly did not run are to be tried again.
    """
    if not recipients:
        return None
    again, answer = False, None
    try:
        answer = _invoke(function, {**event, "Endpoints": _endpoints(recipients)}, again=False)
    except HookError as error:
        logger.error(
            "delivery failed", extra={"function": function, "endpoints": len(recipients), "reason": str(error)}
        )
        status, again = failure, not error.started
    else:
        status = "SUCCESS"
    for recipient in recipients:
        recipient.status, recipient.again = status, again
    return answer


def delivery_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """A DELIVERY event's `Message`: kinds and fields of the message in lower case, `Message["smsmessage"]["body"]`."""
    return {
        kind.lower(): {name.lower(): value for name, value in fields.items()}
        for kind, fields in message.items()
        if isinstance(fields, Mapping)
    }


def _filtered(function: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = _invoke(function, event, again=True)
    if not isinstance(answer, Mapping):
        raise HookError(f"it answered {type(answer).__name__}; needed is a map of endpoints by id")
    if answer and not answer.keys() & event["Endpoints"].keys():
        raise HookError(f"it answered {len(answer)} endpoints, none of which it was asked about")
    return answer


def _invoke(function: str, event: Mapping[str, Any], *, again: bool) -> Any:
    """The function's answer. `again`: whether a call that may have run may be made once more."""
    client = aws_client("lambda", max_attempts=1, read_timeout=ANSWER_SECONDS)
    payload = compact_json(event).encode()
    problem, started = "", False
    for attempt in range(ATTEMPTS):
        try:
            answer = client.invoke(FunctionName=function, Payload=payload)
        except ClientError as error:
            problem = code_of(error)
            if problem not in NOT_STARTED and not is_throttled(error):
                started = True  # as far as is known
                break
            if attempt + 1 < ATTEMPTS:
                backoff(attempt, first=FIRST_PAUSE_SECONDS, least=0.5)
            continue
        except BotoCoreError as error:
            problem, started = type(error).__name__, True
        else:
            started = True
            if not answer.get("FunctionError"):
                try:
                    return answered(answer["Payload"].read())
                except ValueError:
                    problem = "its answer is not JSON"
            else:
                problem = "it ended with an error"
        if not again:
            break
    raise HookError(problem, started=started)


def _endpoints(recipients: Sequence[Recipient]) -> dict[str, Any]:
    # The hooks of the field write into Attributes without asking whether they are there.
    return {
        recipient.id: {"Attributes": {}, **{key: value for key, value in recipient.endpoint.items() if key != "Id"}}
        for recipient in recipients
        if recipient.status == CLAIMED
    }


def _edited(endpoint: dict[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    changed = {
        **endpoint,
        **{key: value for key, value in edited.items() if key not in OVERRIDES},
        "Id": endpoint["Id"],
    }
    changed["Address"] = endpoint["Address"]  # what the ledger claimed
    changed["ChannelType"] = endpoint["ChannelType"]
    attributes = changed.get("Attributes")
    if isinstance(attributes, Mapping):
        changed["Attributes"] = {name: _texts(values) for name, values in attributes.items() if values is not None}
    return changed


def _texts(values: Any) -> list[str]:
    return [str(value) for value in (values if isinstance(values, list) else [values]) if value is not None]
