"""Sets phone numbers up for two-way SMS to our topic and self-managed opt-outs, and back to what they were.

Called by a CRUD invocation with `{"PhoneNumberIds": [..], "TopicArn", "OverwriteExisting": bool, "tf": {"action",
"prev_input"}}`. How a number was set up before is remembered in the table (`pk` = `phone-number#ID`). Source: AWS End
User Messaging SMS and voice v2 API, UpdatePhoneNumber: opt-outs can be self-managed only while two-way SMS is on, a
number in a pool is refused (ConflictException).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from handlers.self_managed_opt_outs.environment import PhoneNumbersEnvironment
from handlers.shared.aws_errors import code_of
from handlers.shared.clients import aws_client
from handlers.shared.crud import crud_handler
from handlers.shared.logging import logger

OFF = {"TwoWayEnabled": False, "TwoWayChannelArn": "", "SelfManagedOptOutsEnabled": False}

_environment = cache(PhoneNumbersEnvironment.read)

Settings = dict[str, Any]


class TakenError(ValueError):
    """A number's messages go somewhere else, and may not or cannot be taken."""


@crud_handler
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Returns `{"PhoneNumbers": [{"PhoneNumberId", "PhoneNumber", "OptOutListName"}]}`. Raises TakenError, before any
    number is changed, and what AWS answers."""
    previous = event["tf"].get("prev_input") or {}
    wanted: list[str] = event["PhoneNumberIds"]
    topic_arn: str = event["TopicArn"]
    ours = {topic for topic in (topic_arn, previous.get("TopicArn")) if topic}
    if event["tf"]["action"] == "delete":
        release(wanted, ours)
        return {"PhoneNumbers": []}
    numbers = [_described(identifier) for identifier in wanted]
    taken = [
        f"{number['PhoneNumberId']} (to {_settings(number)['TwoWayChannelArn']})"
        for number in numbers
        if _is_taken(number, ours)
    ]
    if taken and not event["OverwriteExisting"]:
        raise TakenError(
            f"messages of {', '.join(taken)} go somewhere else already: set overwriteExisting: true to take them over, "
            "or leave the numbers out"
        )
    by_role = [number["PhoneNumberId"] for number in numbers if number.get("TwoWayChannelRole")]
    if by_role:
        raise TakenError(
            f"{', '.join(by_role)} publish by a role, which could not be given back: turn two-way SMS off there first"
        )
    for number in numbers:
        _claim(number, topic_arn, ours)
    release([identifier for identifier in previous.get("PhoneNumberIds", []) if identifier not in wanted], ours)
    logger.info("phone numbers", extra={"set_up": len(wanted)})
    return {
        "PhoneNumbers": [
            {name: number[name] for name in ("PhoneNumberId", "PhoneNumber", "OptOutListName")} for number in numbers
        ]
    }


def release(identifiers: Sequence[str], ours: set[str]) -> None:
    """Sets numbers back to what they were before; those that somebody else has set up since are left alone."""
    for identifier in identifiers:
        before = _remembered(identifier) or OFF
        try:
            number = _described(identifier)
        except ClientError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            number = None
        if number is not None and _settings(number)["TwoWayChannelArn"] in ours:
            _set(number, before)
        aws_client("dynamodb").delete_item(TableName=_environment().memory_table, Key=_key(identifier))


def _claim(number: Settings, topic_arn: str, ours: set[str]) -> None:
    settings = _settings(number)
    identifier = number["PhoneNumberId"]
    if settings["TwoWayChannelArn"] not in ours:
        aws_client("dynamodb").put_item(
            TableName=_environment().memory_table,
            Item={**_key(identifier), "before": {"S": json.dumps(settings)}},
        )
    _set(number, {**OFF, "TwoWayEnabled": True, "TwoWayChannelArn": topic_arn, "SelfManagedOptOutsEnabled": True})


def _set(number: Settings, wanted: Settings) -> None:
    """Makes the number's settings what is wanted, in the order that the service allows."""
    now = _settings(number)
    opt_outs = {"SelfManagedOptOutsEnabled": wanted["SelfManagedOptOutsEnabled"]}
    two_way: Settings = {"TwoWayEnabled": wanted["TwoWayEnabled"]}
    if wanted["TwoWayEnabled"]:
        two_way["TwoWayChannelArn"] = wanted["TwoWayChannelArn"]
    steps = [two_way, opt_outs] if wanted["TwoWayEnabled"] else [opt_outs, two_way]
    for step in steps:
        if any(now[name] != value for name, value in step.items()):
            _client().update_phone_number(PhoneNumberId=number["PhoneNumberId"], **step)


def _is_taken(number: Settings, ours: set[str]) -> bool:
    settings = _settings(number)
    return settings["TwoWayEnabled"] and bool(settings["TwoWayChannelArn"]) and settings["TwoWayChannelArn"] not in ours


def _described(identifier: str) -> Settings:
    return _client().describe_phone_numbers(PhoneNumberIds=[identifier])["PhoneNumbers"][0]


def _settings(number: Settings) -> Settings:
    return {name: number.get(name, nothing) for name, nothing in OFF.items()}


def _remembered(identifier: str) -> Settings | None:
    answer = aws_client("dynamodb").get_item(
        TableName=_environment().memory_table, Key=_key(identifier), ConsistentRead=True
    )
    return json.loads(answer["Item"]["before"]["S"]) if "Item" in answer else None


def _key(identifier: str) -> dict[str, Any]:
    return {"pk": {"S": f"phone-number#{identifier}"}}


def _client() -> Any:
    return aws_client("pinpoint-sms-voice-v2", retry_mode="adaptive", max_attempts=10)
