"""As of when the members of an endpoint are, kept beside it for some days: an import writes what its file said when the job was
created, however late or often a step does it, and leaves alone what is newer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from handlers.engagement.identifiers import iso, parse_time
from handlers.engagement.store.endpoint_rules import to_json

DAYS = 8
"""How long a change is remembered: longer than an import is waited for (7 days)."""
Times = Mapping[str, str]
"""Member (`Address`, `Attributes.NAME`, `User.UserId`) -> as of when it is, ISO 8601 in UTC with milliseconds."""

_WHOLE = ("Address", "ChannelType", "OptOut", "EndpointStatus")
_BY_NAME = ("Attributes", "Metrics", "Demographic", "Location")
_DESTINATION = ("Address", "ChannelType")


def noted(times: Times, request: Mapping[str, Any], now: str, since: str, *more: str) -> dict[str, str]:
    """The times after an update that is as of `since`, and changes `more` too; those too old to matter are left out."""
    if not times:
        return dict.fromkeys((*_members(request), *more), since)
    oldest = _oldest(now)
    kept = {name: time for name, time in times.items() if time >= oldest}
    return kept | {name: max(since, kept.get(name, "")) for name in (*_members(request), *more)}


def is_newer(times: Times, since: str, *members: str) -> bool:
    """Whether one of the members is newer."""
    return any(times.get(member, "") > since for member in members)


def stored(times: Times) -> str:
    """The times as an item holds them: JSON, each time once with its members."""
    members: dict[str, list[str]] = {}
    for name, time in times.items():
        members.setdefault(time, []).append(name)
    return to_json(members)


def read(text: str) -> dict[str, str]:
    """The times of `stored`."""
    return {name: time for time, names in json.loads(text).items() for name in names}


def without_newer(
    request: Mapping[str, Any], document: Mapping[str, Any], times: Times, since: str
) -> Mapping[str, Any]:
    """An import's update without the members that are newer. An address and its channel stay together; a newer status is the
    document's."""
    newer = {name for name, time in times.items() if time > since}
    if not newer:
        return request
    if newer.intersection(_DESTINATION):
        newer.update(_DESTINATION)
    left = {name: value for name, value in request.items() if name not in newer}
    for name in _BY_NAME:
        if left.get(name):
            left[name] = _left(left[name], name, newer)
    user = left.get("User")
    if user:
        left["User"] = _left(user, "User", newer)
        if user.get("UserAttributes"):
            left["User"]["UserAttributes"] = _left(user["UserAttributes"], "User.UserAttributes", newer)
    if "EndpointStatus" in newer:
        left["EndpointStatus"] = document["EndpointStatus"]
    return left


@lru_cache(maxsize=16)
def _oldest(now: str) -> str:
    return iso(parse_time(now) - timedelta(days=DAYS))


def _left(values: Mapping[str, Any], path: str, newer: set[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if f"{path}.{name}" not in newer}


def _members(request: Mapping[str, Any]) -> Iterator[str]:
    """The members that an update changes."""
    yield from (name for name in _WHOLE if request.get(name) is not None)
    for name in _BY_NAME:
        yield from (f"{name}.{key}" for key, value in (request.get(name) or {}).items() if value is not None)
    user = request.get("User") or {}
    if user.get("UserId"):
        yield "User.UserId"
    for key, value in (user.get("UserAttributes") or {}).items():
        if value is not None:
            yield f"User.UserAttributes.{key}"
