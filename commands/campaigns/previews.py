"""How a message would look for an endpoint: rendered by the service's own renderer, with parts and encoding of a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from commands.campaigns.project import Project
from commands.errors import CommandError
from handlers.engagement.campaigns.content import KINDS, Content, treatments
from handlers.shared.message_parts import encoding, excess, message_parts
from handlers.shared.templates.renderer import RenderingError

CHANNELS = ("SMS", "EMAIL")


def content_of_template(project: Project, kind: str, name: str, version: str | None = None) -> Content:
    """A message that is a template and nothing else. kind: SMS or EMAIL."""
    return Content({}, {kind: project.template(kind, name, version)}, None)


def contents_of_campaign(project: Project, campaign: Mapping[str, Any]) -> dict[str, Content]:
    """Treatment id -> its message as it is now: inline, or its templates' active versions."""
    found = {}
    for identifier, treatment in treatments(campaign).items():
        templates = {
            KINDS[member]: project.template(KINDS[member], reference["Name"], reference.get("Version"))
            for member, reference in (treatment.get("TemplateConfiguration") or {}).items()
            if reference and KINDS.get(member) in CHANNELS
        }
        found[identifier] = Content(
            treatment.get("MessageConfiguration") or {}, templates, treatment.get("CustomDeliveryConfiguration")
        )
    return found


def preview(content: Content, endpoint: Mapping[str, Any]) -> dict[str, Any]:
    """What the endpoint would get. What cannot be rendered, or has no message for its channel, is told as `Problem`."""
    channel = endpoint.get("ChannelType", "")
    found: dict[str, Any] = {"Endpoint": endpoint.get("Id", ""), "Channel": channel}
    if channel not in CHANNELS or content.custom or not content.takes(channel):
        return {**found, "Problem": f"there is no text or email to show for channel {channel or '(none)'}"}
    try:
        if channel == "SMS":
            body = content.text(endpoint, {}).body
            found |= {"Body": body, "Parts": message_parts(body), "Encoding": encoding(body), "Characters": len(body)}
            problem = excess(body) if body else "the text is empty"
            return {**found, **({"Problem": f"the text {problem}" if body else problem} if problem else {})}
        mail = content.mail(endpoint)
    except RenderingError as error:
        return {**found, "Problem": f"it cannot be rendered: {error}"}
    return {**found, "Subject": mail.subject, "Html": mail.html, "Text": mail.text}


def endpoint_from(path: Path) -> dict[str, Any]:
    """An endpoint that a JSON file holds, as GetEndpoint answers it. Raises CommandError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(found, dict):
        raise CommandError(
            f"{path} holds a JSON {type(found).__name__}; needed is an object with an endpoint's members"
        )
    return found.get("EndpointResponse", found)
