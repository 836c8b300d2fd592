"""Templates: made where they are not there, updated where they differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from commands.loading.contents import Document
from commands.loading.report import Report
from commands.loading.requests import reason_of, request_of, same

KIND = "templates"
SHAPES = {
    "EMAIL": ("Email", "EmailTemplate"),
    "SMS": ("Sms", "SMSTemplate"),
    "VOICE": ("Voice", "VoiceTemplate"),
    "PUSH": ("Push", "PushNotificationTemplate"),
}
"""By type: its name in operations, and in requests and answers."""
CONTENT = frozenset({"HtmlPart", "TextPart", "Subject", "Body", "ADM", "APNS", "Baidu", "Default", "GCM"})


def load(client: Any, given: Iterable[Document], report: Report) -> None:
    """Loads templates, of several versions of one the highest. client: None checks only."""
    newest: dict[tuple[str, str], Document] = {}
    for document in given:
        content = document.content
        kind, name = str(content.get("TemplateType") or _guessed(content)).upper(), content.get("TemplateName")
        if kind not in SHAPES:
            allowed = ", ".join(SHAPES)
            report.problem(document.place, f"TemplateType is {kind[:40]!r}; allowed are {allowed}", KIND)
        elif not isinstance(name, str) or not name:
            report.problem(document.place, "TemplateName is missing", KIND)
        elif not content.keys() & CONTENT:
            what = f"holds no content, as ListTemplates tells it; needed is the answer of Get{SHAPES[kind][0]}Template"
            report.problem(document.place, what, KIND)
        else:
            other = newest.get((kind, name))
            if other is None or _version(document) >= _version(other):
                newest[kind, name] = document
    for (kind, name), document in newest.items():
        if client is None:
            report.done(KIND, "checked")
            continue
        try:
            report.done(KIND, _put(client, kind, name, document.content))
        except (ClientError, BotoCoreError) as error:
            report.problem(document.place, reason_of(error), KIND)


def _put(client: Any, kind: str, name: str, content: dict[str, Any]) -> str:
    operation, shape = SHAPES[kind]
    request = request_of(f"{shape}Request", content)
    try:
        found = _call(client, "Get", operation, TemplateName=name)[f"{shape}Response"]
    except client.exceptions.NotFoundException:
        _call(client, "Create", operation, TemplateName=name, **{f"{shape}Request": request})
        return "created"
    if same(request_of(f"{shape}Request", found), request):
        return "unchanged"
    _call(client, "Update", operation, TemplateName=name, **{f"{shape}Request": request})
    return "updated"


def _call(client: Any, verb: str, operation: str, **members: Any) -> dict[str, Any]:
    return getattr(client, xform_name(f"{verb}{operation}Template"))(**members)


def _guessed(content: dict[str, Any]) -> str:
    """The type of a template that does not name it."""
    if content.keys() & {"HtmlPart", "TextPart", "Subject"}:
        return "EMAIL"
    return "PUSH" if content.keys() & {"ADM", "APNS", "Baidu", "Default", "GCM"} else ""


def _version(document: Document) -> int:
    version = str(document.content.get("Version") or "")
    return int(version) if version.isdigit() else 0
