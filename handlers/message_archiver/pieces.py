"""The pieces of which a message consists: which texts of a campaign, journey or template belong to which channel."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

TITLE = "TITLE"
BODY = "BODY"
HTML = "HTML"
RAWCONTENT = "RAWCONTENT"

PUSH_MESSAGES = {
    "APNS": "APNSMessage",
    "APNS_SANDBOX": "APNSMessage",
    "APNS_VOIP": "APNSMessage",
    "APNS_VOIP_SANDBOX": "APNSMessage",
    "GCM": "GCMMessage",
    "ADM": "ADMMessage",
    "BAIDU": "BaiduMessage",
}
"""Channel -> member of MessageConfiguration. A push template has the same members without `Message`."""
PUSH = ("PUSH", *PUSH_MESSAGES)
KINDS = {"EMAIL": "EMAIL", "SMS": "SMS", "VOICE": "VOICE", **dict.fromkeys(PUSH, "PUSH")}
"""Channel -> kind of template that it takes."""
TEMPLATE_MEMBERS = {"EMAIL": "EmailTemplate", "SMS": "SMSTemplate", "VOICE": "VoiceTemplate", "PUSH": "PushTemplate"}
"""Kind of template -> member of TemplateConfiguration."""

_EMAIL_INLINE = {TITLE: "Title", BODY: "Body", HTML: "HtmlBody"}
_EMAIL_TEMPLATE = {TITLE: "Subject", BODY: "TextPart", HTML: "HtmlPart"}
_TEXT = {BODY: "Body"}
_PUSH = {TITLE: "Title", BODY: "Body", RAWCONTENT: "RawContent"}


@dataclass(frozen=True)
class Piece:
    """A piece's type, and its text before rendering. verbatim: it is no template (a custom channel's data)."""

    type: str
    text: str
    verbatim: bool = False


@dataclass(frozen=True)
class Content:
    """All pieces of a message, and the template's defaults for variables. version: of the campaign, if it is one."""

    pieces: tuple[Piece, ...]
    defaults: Mapping[str, Any]
    version: str = ""

    @property
    def needs_address(self) -> bool:
        """Whether a variable may be the endpoint's address, which events do not carry."""
        return any("Address" in piece.text for piece in self.pieces if "{{" in piece.text)


def inline_pieces(channel: str, message: Mapping[str, Any]) -> list[Piece]:
    """The pieces for a channel in a MessageConfiguration; none if it says nothing for the channel."""
    if channel == "EMAIL":
        return _pieces(_EMAIL_INLINE, message.get("EmailMessage"))
    if channel == "SMS":
        return _pieces(_TEXT, message.get("SMSMessage"))
    if channel == "CUSTOM":
        return custom_pieces(message.get("CustomMessage"))
    if channel == "IN_APP":
        return [as_json(message["InAppMessage"])] if message.get("InAppMessage") else []
    if channel in PUSH:
        own = [PUSH_MESSAGES[channel]] if channel in PUSH_MESSAGES else PUSH_MESSAGES.values()
        return _push_pieces(message, own, "DefaultMessage")
    return _pieces(_TEXT, message.get("DefaultMessage"))


def template_pieces(channel: str, template: Mapping[str, Any]) -> list[Piece]:
    """The pieces for a channel in a template's response."""
    if channel == "EMAIL":
        return _pieces(_EMAIL_TEMPLATE, template)
    if channel in PUSH:
        own = [name.removesuffix("Message") for name in PUSH_MESSAGES.values()]
        if channel in PUSH_MESSAGES:
            own = [PUSH_MESSAGES[channel].removesuffix("Message")]
        return _push_pieces({**template, "Baidu": template.get("Baidu")}, own, "Default")
    return _pieces(_TEXT, template)


def custom_pieces(message: Mapping[str, Any] | None) -> list[Piece]:
    """What a custom channel's function was given."""
    data = (message or {}).get("Data")
    return [Piece(RAWCONTENT, data, verbatim=True)] if data else []


def as_json(value: Any) -> Piece:
    """Content that has no pieces of its own, as it is defined."""
    return Piece(RAWCONTENT, json.dumps(value, ensure_ascii=False, sort_keys=True, default=str), verbatim=True)


def _pieces(members: Mapping[str, str], source: Mapping[str, Any] | None) -> list[Piece]:
    found = source or {}
    return [Piece(kind, found[member]) for kind, member in members.items() if found.get(member)]


def _push_pieces(source: Mapping[str, Any], own: Iterable[str], default: str) -> list[Piece]:
    """The channel's own message, filled up from the default one; of several channels the first that has one."""
    first = next((source[name] for name in own if source.get(name)), {})
    return _pieces(_PUSH, {**(source.get(default) or {}), **{key: value for key, value in first.items() if value}})
