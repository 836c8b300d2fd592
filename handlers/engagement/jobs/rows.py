"""A row of an import file becomes an endpoint: CSV by its header's columns, JSON by the object's members."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from handlers.shared.addresses.normal_form import normal_form
from handlers.shared.addresses.written import trimmed
from handlers.shared.json_objects import HALF_PAIR, has_half_pair
from handlers.shared.records.endpoint_columns import (
    ADDRESS,
    ALLOWED,
    CHANNEL_TYPES,
    COORDINATES,
    DEMOGRAPHIC,
    LOCATION,
    OPT_OUTS,
    TOP_LEVEL,
    Columns,
    checked_choice,
    checked_number,
)
from handlers.shared.records.errors import RowError
from handlers.shared.records.reading import Record

ID_LENGTH = 32
"""Of an id that is made from an address."""
# What an exported line holds and an import cannot set.
READ_ONLY = ("ApplicationId", "CohortId", "CreationDate")


def csv_endpoint(record: Record, columns: Columns) -> dict[str, Any]:
    """The endpoint of a record of a CSV file. Raises RowError."""
    if record.problem:
        raise RowError(record.problem)
    return columns.endpoint(record.values)


def decoded(data: bytes) -> str | None:
    """The line's text, or None where it is not text: not UTF-8, or with NUL bytes."""
    try:
        return None if b"\0" in data else data.decode()
    except UnicodeDecodeError:
        return None


def parse_json_row(text: str) -> dict[str, Any]:
    """The endpoint of a line that holds one JSON object. Raises RowError."""
    try:
        value = json.loads(text)
    except ValueError:
        raise RowError("is not a JSON object") from None
    except RecursionError:
        raise RowError("is nested too deeply") from None
    if not isinstance(value, dict):
        raise RowError("is not a JSON object")
    if has_half_pair(text, value):
        raise RowError(HALF_PAIR)
    return _checked_endpoint(value)


def endpoint_id(application_id: str, endpoint: Mapping[str, Any]) -> str:
    """The id of an endpoint that came without one: the same for the same application, channel type and address."""
    address = normal_form(endpoint["ChannelType"], endpoint["Address"])
    return _identifier(application_id, endpoint["ChannelType"], address)


def earlier_endpoint_id(application_id: str, endpoint: Mapping[str, Any]) -> str:
    """The id that releases before the normal form made of the address as it was written."""
    return _identifier(application_id, endpoint["ChannelType"], endpoint["Address"])


def _identifier(application_id: str, channel_type: str, address: str) -> str:
    text = f"{application_id}\0{channel_type}\0{address}"
    return hashlib.sha256(text.encode()).hexdigest()[:ID_LENGTH]


def is_user_reference(endpoint: Mapping[str, Any]) -> bool:
    """Whether the row names users and nothing else: it stands for the endpoints that they have."""
    return len(endpoint) == 1 and "User" in endpoint and list(endpoint["User"]) == ["UserId"]


def user_ids(endpoint: Mapping[str, Any]) -> tuple[str, ...]:
    """The user ids of a row that names users: several are separated by spaces. Raises RowError where there is none."""
    users = tuple(endpoint.get("User", {}).get("UserId", "").split())
    if not users:
        raise RowError("User.UserId is missing")
    return users


def _checked_endpoint(value: dict[str, Any]) -> dict[str, Any]:
    endpoint: dict[str, Any] = {}
    for name, member in value.items():
        if member is None or name in READ_ONLY or (name == "EndpointStatus" and member == "ACTIVE"):
            continue
        if name == "EndpointStatus":
            raise RowError("EndpointStatus cannot be imported; leave it out")
        if name == "ChannelType":
            endpoint[name] = checked_choice(name, member, CHANNEL_TYPES)
        elif name == "OptOut":
            endpoint[name] = checked_choice(name, member, OPT_OUTS)
        elif name in TOP_LEVEL:
            text = _text(name, member)
            endpoint[name] = trimmed(text) if name == ADDRESS else text
        elif name == "Attributes":
            endpoint[name] = _multi_valued(name, member)
        elif name == "Metrics":
            endpoint[name] = {
                key: checked_number(f"{name}.{key}", number) for key, number in _object(name, member).items()
            }
        elif name == "User":
            endpoint[name] = _user(member)
        elif name == "Location":
            endpoint[name] = _fields(name, member, LOCATION)
        elif name == "Demographic":
            endpoint[name] = _fields(name, member, DEMOGRAPHIC)
        else:
            raise RowError(f"has the unknown member {name[:60]!r}; allowed are {ALLOWED}")
    return endpoint


def _user(member: Any) -> dict[str, Any]:
    user: dict[str, Any] = {}
    for name, value in _object("User", member).items():
        if name == "UserId":
            user[name] = _text("User.UserId", value)
        elif name == "UserAttributes":
            user[name] = _multi_valued("User.UserAttributes", value)
        else:
            raise RowError(f"has the unknown member 'User.{name[:60]}'; allowed are User.UserId, User.UserAttributes")
    return user


def _fields(group: str, member: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in _object(group, member).items():
        if name not in allowed:
            raise RowError(f"has the unknown member '{group}.{name[:60]}'; allowed are {', '.join(allowed)}")
        if value is not None:
            path = f"{group}.{name}"
            fields[name] = checked_number(path, value) if name in COORDINATES else _text(path, value)
    return fields


def _multi_valued(name: str, member: Any) -> dict[str, list[str]]:
    attributes: dict[str, list[str]] = {}
    for key, values in _object(name, member).items():
        listed = values if isinstance(values, list) else [values]
        attributes[key] = [_text(f"{name}.{key}", value) for value in listed if value is not None]
    return attributes


def _object(name: str, member: Any) -> dict[str, Any]:
    if not isinstance(member, dict):
        raise RowError(f"{name} is not an object")
    return member


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise RowError(f"{name} is {type(value).__name__}; allowed is text")
