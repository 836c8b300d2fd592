"""Templates of SES as it takes them, where MiniStack takes all: inline ones with simple substitutions alone, and at most 50 messages a call.

Values print as they are ("SES doesn't escape HTML content", Developer Guide, "Advanced email personalization"), and what is in a value is
never read as a template. Sources: SES API v2, SendBulkEmail, `EmailTemplateContent`; Developer Guide, "Using templates to send personalized
email". The words of refusals are SES's where they are known: aws-sdk-js-v3's issue 6657, boto3's issue 1795.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MOST = 50
INLINE_BYTES = 1024 * 1024
TAG = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
SIMPLE = re.compile(r"\s*[A-Za-z0-9_.\-]+\s*")
UNSUPPORTED = "Template contains unsupported operations."
INVALID_DATA = "The template data is invalid"
PARTS = {"Subject": "SubjectPart", "Text": "TextPart", "Html": "HtmlPart"}
"""A part's name in API v2, and in MiniStack's records."""


def refusal(given: Mapping[str, Any]) -> str:
    """Why SES would not take SendEmail or SendBulkEmail for its template; "" when it would."""
    entries = given.get("BulkEmailEntries") or ()
    if len(entries) > MOST:
        return f"{len(entries)} destinations; at most {MOST} are allowed"
    template = (given.get("DefaultContent") or given.get("Content") or {}).get("Template") or {}
    if template.get("TemplateData") and data_of(template["TemplateData"]) is None:
        return INVALID_DATA
    inline = None if template.get("TemplateName") or template.get("TemplateArn") else template.get("TemplateContent")
    if inline is None:
        return ""
    if len(json.dumps(given, ensure_ascii=False).encode()) > INLINE_BYTES:
        return f"The request has more than {INLINE_BYTES} bytes, which is the most with an inline template"
    texts = [str(inline.get(part) or "") for part in PARTS]
    if any(not SIMPLE.fullmatch(name) for text in texts for name in TAG.findall(text)):
        return UNSUPPORTED
    return UNSUPPORTED if any("{{" in TAG.sub("", text) for text in texts) else ""


def data_of(text: str) -> dict[str, Any] | None:
    """Template data; None where they are no JSON object."""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def merged(given: Mapping[str, Any]) -> list[dict[str, Any] | None]:
    """The entries of a request, each with all the data that its message has; None for one whose own data are invalid."""
    default = data_of(((given.get("DefaultContent") or {}).get("Template") or {}).get("TemplateData") or "{}") or {}
    entries: list[dict[str, Any] | None] = []
    for entry in given.get("BulkEmailEntries") or ():
        replaced = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
        own = data_of(replaced.get("ReplacementTemplateData") or "{}")
        data = None if own is None else json.dumps({**default, **own})
        content = {"ReplacementTemplate": {"ReplacementTemplateData": data}}
        entries.append(None if data is None else {**entry, "ReplacementEmailContent": content})
    return entries


def results(entries: Sequence[Any | None], told: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The results of all entries, in their order. told: those of the valid ones."""
    following = iter(told)
    return [
        {"Status": "INVALID_PARAMETER", "Error": INVALID_DATA} if entry is None else next(following)
        for entry in entries
    ]


def rendered(template: Mapping[str, Any], data: str | Mapping[str, Any] | None) -> dict[str, str]:
    """The parts of a template in MiniStack's form, with the values in their places, in one pass. What has no value stays."""
    values = (data_of(data) if isinstance(data, str) else data) or {}
    return {part: TAG.sub(lambda tag: _printed(tag, values), template.get(name) or "") for part, name in PARTS.items()}


def missing(template: Mapping[str, Any], data: str) -> str:
    """The first variable of a template in MiniStack's form that the data lack; ""."""
    values = data_of(data or "{}") or {}
    names = [name.strip() for part in PARTS.values() for name in TAG.findall(template.get(part) or "")]
    return next((name for name in names if SIMPLE.fullmatch(name) and _value(name, values) is None), "")


def _printed(tag: re.Match[str], values: Mapping[str, Any]) -> str:
    value = _value(tag[1].strip(), values)
    return tag[0] if value is None else str(value)


def _value(name: str, values: Mapping[str, Any]) -> Any:
    if name in values:
        return values[name]
    found: Any = values
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
