"""Parts of documents that the API's requests take."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from commands.service_models import pinpoint_model
from handlers.shared.aws_errors import cause_of


def request_of(shape: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What of an answer a request of this shape (such as WriteSegmentRequest) takes; members that are empty are left out."""
    return {name: content[name] for name in _members(shape) if content.get(name) not in (None, "", [], {})}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two requests say the same, the tags of what they make apart, which an update does not change."""
    return _stripped({**one, "tags": None}) == _stripped({**other, "tags": None})


def reason_of(error: Exception) -> str:
    """An error of botocore in one line."""
    return " ".join((cause_of(error) if isinstance(error, ClientError) else str(error)).split())


def _stripped(value: Any) -> Any:
    if isinstance(value, Mapping):
        found = {name: _stripped(member) for name, member in value.items()}
        return {name: member for name, member in found.items() if member not in (None, "", [], {})}
    return [_stripped(member) for member in value] if isinstance(value, list) else value


@cache
def _members(shape: str) -> tuple[str, ...]:
    return tuple(pinpoint_model().shape_for(shape).members)
