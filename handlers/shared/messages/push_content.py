"""What a push message says: from the layers that a campaign, a template or a direct message has, to what one endpoint gets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from handlers.shared.json_objects import HALF_PAIR, has_half_pair
from handlers.shared.messages.push import MESSAGE_OF, PUSH_CHANNELS
from handlers.shared.service_models import pinpoint_model
from handlers.shared.templates.defaults import Defaults
from handlers.shared.templates.renderer import RenderingError, render

TEXTS = (
    "Title", "Body", "Url", "ImageUrl", "ImageIconUrl", "SmallImageIconUrl", "MediaUrl", "IconReference", "Sound",
)  # fmt: skip
"""Members that may hold variables, beside Data and those that are JSON."""
SHOWN = ("Title", "Body", "MediaUrl", "ImageUrl", "RawContent", "JsonBody", "Data", "SilentPush")
"""Members of which a message needs one."""
DEFAULT = "Default"

_Name = TypeVar("_Name", str, tuple[str, ...])


def template_part(channel: str, template: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """What a push template says for a channel: its own part, else the default one."""
    name = MESSAGE_OF[channel].removesuffix("Message")
    return (template or {}).get(name) or (template or {}).get(DEFAULT) or {}


def layered(over: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """One message over another. Texts of the upper one win over raw content of the lower one, which would hide them."""
    upper = {name: value for name, value in over.items() if value is not None}
    lower = dict(base)
    if upper.get("Title") or upper.get("Body"):
        lower.pop("RawContent", None)
    return {**lower, **upper}


def says_something(message: Mapping[str, Any]) -> bool:
    """Whether a device has something of the message."""
    return any(message.get(name) for name in SHOWN)


def direct_form(channel: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """A campaign's Message, or a template's part, in the members that the channel's message in DirectMessageConfiguration has.

    JsonBody stays as it is: it becomes Data when its variables are filled in. An image stands where the channel looks for it.
    """
    if not message:
        return {}
    found = dict(message)
    if icon := found.pop("ImageSmallIconUrl", None):
        found.setdefault("SmallImageIconUrl", icon)
    image = found.get("ImageUrl") or found.get("MediaUrl")
    if image:
        found |= {"ImageUrl": image, "MediaUrl": found.get("MediaUrl") or image}
    allowed = _members(MESSAGE_OF[channel])
    return {name: value for name, value in found.items() if name in allowed and value is not None}


def rendered(
    channel: str, message: Mapping[str, Any], variables: Mapping[str, Any], defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """The channel's message for one endpoint, from its direct form.

    Raises:
        RenderingError: a text cannot be rendered, or RawContent or JsonBody is no JSON object with its variables filled in.
    """
    found = {name: value for name, value in message.items() if name not in ("JsonBody", "Substitutions")}
    for name in TEXTS:
        if isinstance(found.get(name), str):
            found[name] = render(found[name], variables, defaults)
    if body := message.get("JsonBody"):
        told = json_object("JsonBody", _rendered_json(body, variables, defaults))
        found["Data"] = {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}
    elif data := message.get("Data"):
        found["Data"] = {name: render(value, variables, defaults) for name, value in data.items()}
    if raw := message.get("RawContent"):
        found["RawContent"] = _rendered_json(raw, variables, defaults)
        json_object("RawContent", found["RawContent"])
    return found


def json_object(name: str, text: str) -> dict[str, Any]:
    """A text as JSON object. Raises RenderingError."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RenderingError(f"{name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise RenderingError(f"{name} is no JSON object")
    if has_half_pair(text, found):
        raise RenderingError(f"{name} {HALF_PAIR}")
    return found


def _rendered_json(text: str, variables: Mapping[str, Any], defaults: Mapping[str, Any]) -> str:
    """A text that is JSON with its variables filled in: values print as they stand within quotation marks."""
    if "{{" not in text:
        return text
    escaped = Defaults()
    escaped.update(_quotable_members(defaults))
    escaped.indexed = _quotable_members(getattr(defaults, "indexed", {}))
    return render(text, _quotable_members(variables), escaped)


def _quotable_members(values: Mapping[_Name, Any]) -> dict[_Name, Any]:
    return {name: _quotable(one) for name, one in values.items()}


def _quotable(value: object) -> object:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)[1:-1]
    if isinstance(value, Mapping):
        return _quotable_members(value)
    return [_quotable(one) for one in value] if isinstance(value, list | tuple) else value


@cache
def _members(shape: str) -> frozenset[str]:
    """The members of a channel's message, and what `rendered` makes of others."""
    return frozenset(pinpoint_model().shape_for(shape).members) | {"JsonBody"}


def is_push(channel: str) -> bool:
    """Whether endpoints of the channel get push messages."""
    return channel in PUSH_CHANNELS
