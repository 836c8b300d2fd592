"""The texts with variables of templates and messages, and what in them can be rendered for nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shared.templates.renderer import RenderingError, check

PARTS = {"EMAIL": ("Subject", "HtmlPart", "TextPart"), "SMS": ("Body",), "VOICE": ("Body",), "PUSH": ()}
PUSH_CHANNELS = ("Default", "ADM", "APNS", "Baidu", "GCM")
MESSAGE_PARTS = {
    "SMSMessage": ("Body",),
    "EmailMessage": ("Title", "HtmlBody", "Body"),
    **{
        f"{name}Message": (
            "Title",
            "Body",
            "Url",
            "ImageUrl",
            "MediaUrl",
            "ImageIconUrl",
            "ImageSmallIconUrl",
            "JsonBody",
            "RawContent",
        )
        for name in ("Default", "APNS", "GCM", "ADM", "Baidu")
    },
}


def template_parts(kind: str, template: Mapping[str, Any]) -> dict[str, str]:
    """A template's texts, by what the API calls them. kind: EMAIL, SMS, PUSH or VOICE."""
    parts = {name: template.get(name) for name in PARTS[kind]}
    if kind == "PUSH":
        for channel in PUSH_CHANNELS:
            parts |= {f"{channel}.{name}": text for name, text in (template.get(channel) or {}).items()}
    return _texts(parts | _headers(template))


def message_parts(message: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a campaign's MessageConfiguration, by what the API calls them."""
    parts: dict[str, Any] = {}
    for member, names in MESSAGE_PARTS.items():
        content = message.get(member) or {}
        parts |= {f"{member}.{name}": content.get(name) for name in names}
        parts |= {f"{member} {name}": text for name, text in _headers(content).items()}
    return _texts(parts)


def unrenderable(parts: Mapping[str, str]) -> list[str]:
    """For each text that can be rendered for nobody its name, the line and the cause."""
    found: list[str] = []
    for name, text in parts.items():
        try:
            check(text)
        except RenderingError as error:
            found.append(f"{name}: {error}")
    return found


def _headers(content: Mapping[str, Any]) -> dict[str, Any]:
    return {f"header {header.get('Name')}": header.get("Value") for header in content.get("Headers") or ()}


def _texts(parts: Mapping[str, Any]) -> dict[str, str]:
    return {name: text for name, text in parts.items() if isinstance(text, str) and text}
