"""What push content of a campaign or a journey must be, where it is created or published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shared.messages.push import MESSAGE_OF, NEEDED
from handlers.shared.messages.push_content import json_object, says_something
from handlers.shared.templates.renderer import RenderingError

JSON = ("RawContent", "JsonBody")
"""Members that are JSON objects, when their variables are filled in."""


def push_problems(message: Mapping[str, Any], templates: Mapping[str, Any], *, pushes: bool) -> list[str]:
    """What is wrong with the push part of a campaign's MessageConfiguration and TemplateConfiguration.

    pushes: whether the project has a push application.
    """
    given = {member: message[member] for member in dict.fromkeys(MESSAGE_OF.values()) if message.get(member)}
    found = [] if pushes else [f"MessageConfiguration.{member} is a push message: {NEEDED}" for member in given]
    if templates.get("PushTemplate") and not pushes:
        found.append(f"TemplateConfiguration.PushTemplate is a push message: {NEEDED}")
    for member, content in given.items():
        if not says_something(content) and not templates.get("PushTemplate"):
            found.append(
                f"MessageConfiguration.{member} has no Title, no Body and no RawContent, and TemplateConfiguration no PushTemplate; "
                "needed is one of them"
            )
        found += [f"MessageConfiguration.{member}.{problem}" for problem in _no_json(content)]
    return found


def _no_json(content: Mapping[str, Any]) -> list[str]:
    """Texts that are no JSON, whatever their variables are: they have none."""
    found: list[str] = []
    for name in JSON:
        if (text := content.get(name)) and "{{" not in text:
            try:
                json_object(name, text)
            except RenderingError as error:
                found.append(f"{error}; needed is a JSON object")
    return found
