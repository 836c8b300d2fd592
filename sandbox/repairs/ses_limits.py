"""What SES refuses as too large, where MiniStack takes it.

Source: Amazon SES Developer Guide, "Service quotas in Amazon SES": 500 KB a template with its HTML and text parts, 40 MB a message
after base64 encoding by API v2; Amazon SES API v2, Template: TemplateData of at most 262,144 characters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

TEMPLATE_BYTES = 500 * 1024
MESSAGE_BYTES = 40 * 1024 * 1024
DATA_CHARACTERS = 262_144


def of_template(given: Mapping[str, Any]) -> str:
    """Why CreateEmailTemplate or UpdateEmailTemplate would not take a request for its size; "" when it would."""
    content = given.get("TemplateContent") or {}
    size = sum(len(str(content.get(part) or "").encode()) for part in ("Subject", "Text", "Html"))
    return "" if size <= TEMPLATE_BYTES else f"The template has {size} bytes; at most {TEMPLATE_BYTES} are allowed"


def of_message(given: Mapping[str, Any]) -> str:
    """Why SendEmail or SendBulkEmail would not take a request for its size; "" when it would."""
    for data in _template_data(given):
        if len(data) > DATA_CHARACTERS:
            return f"TemplateData has {len(data)} characters; at most {DATA_CHARACTERS} are allowed"
    content = given.get("Content") or {}
    size = len((content.get("Raw") or {}).get("Data") or "")
    simple = content.get("Simple") or {}
    for part in (simple.get("Body") or {}).values():
        size += -(-len(str(part.get("Data") or "").encode()) // 3) * 4
    size += sum(len(str(each.get("RawContent") or "")) for each in simple.get("Attachments") or ())
    return "" if size <= MESSAGE_BYTES else f"Message length is more than {MESSAGE_BYTES} bytes long: '{size}'."


def _template_data(given: Mapping[str, Any]) -> Iterator[str]:
    for name in ("Content", "DefaultContent"):
        yield ((given.get(name) or {}).get("Template") or {}).get("TemplateData") or ""
    for entry in given.get("BulkEmailEntries") or ():
        replacement = (entry.get("ReplacementEmailContent") or {}).get("ReplacementTemplate") or {}
        yield replacement.get("ReplacementTemplateData") or ""
