"""Message templates of four types, their versions and the active one."""

import re
from collections.abc import Callable
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.operations.template_rules import template_parts, unrenderable
from handlers.engagement.store.documents import Listing, chosen
from handlers.engagement.templates.store import KINDS, active_version
from handlers.shared.message_parts import excess
from handlers.shared.templates.renderer import RenderingError, parse_defaults

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\Z")
LENGTHS = {
    "EMAIL": {"HtmlPart": 600_000, "TextPart": 600_000, "Subject": 998},
    "SMS": {"Body": 1600},
    "VOICE": {"Body": 10_000},
    "PUSH": {},
}
PUSH_LENGTHS = {"ADM": 6000}
PUSH_LENGTH = 4000
HEADERS = 15
TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def _create(kind: str) -> Callable[[Call], dict[str, Any]]:
    def create(call: Call) -> dict[str, Any]:
        name = call.path["template-name"]
        if not NAME.match(name):
            raise BadRequestError(
                f"template-name is {name[:140]!r}; needed are 1 to 128 of A-Z a-z 0-9 _ -, beginning with a letter or digit"
            )
        _check(kind, call.body)
        document = call.service.templates.create(name, kind, call.body, call.service.environment.account_id)
        return {"Arn": document["Arn"], **call.accepted("Created")}

    return create


def _update(kind: str) -> Callable[[Call], dict[str, Any]]:
    def update(call: Call) -> dict[str, Any]:
        flag = call.option("create-new-version") or "false"
        if flag.lower() not in ("true", "false"):
            raise BadRequestError(f"create-new-version is {flag!r}; allowed are true, false")
        _check(kind, call.body)
        call.service.templates.update(
            call.path["template-name"],
            kind,
            call.body,
            new_version=flag.lower() == "true",
            version=call.option("version"),
        )
        return call.accepted()

    return update


def _get(kind: str) -> Callable[[Call], dict[str, Any]]:
    def get(call: Call) -> dict[str, Any]:
        name, version = call.path["template-name"], call.option("version")
        found = call.service.templates.get(name, kind, version)
        if found is None:
            shown = "" if version is None else f" version {version!r}"
            raise NotFoundError(f"There is no {kind} template named {name!r}{shown}")
        return found

    return get


def _delete(kind: str) -> Callable[[Call], dict[str, Any]]:
    def delete(call: Call) -> dict[str, Any]:
        if call.option("version") is not None:
            raise BadRequestError(
                "Deleting one version of a template is not offered; leave version out to delete them all"
            )
        name = call.path["template-name"]
        if not call.service.templates.delete(name, kind):
            raise NotFoundError(f"There is no {kind} template named {name!r}")
        return call.accepted()

    return delete


create_email_template, create_sms_template = _create("EMAIL"), _create("SMS")
create_push_template, create_voice_template = _create("PUSH"), _create("VOICE")
update_email_template, update_sms_template = _update("EMAIL"), _update("SMS")
update_push_template, update_voice_template = _update("PUSH"), _update("VOICE")
get_email_template, get_sms_template = _get("EMAIL"), _get("SMS")
get_push_template, get_voice_template = _get("PUSH"), _get("VOICE")
delete_email_template, delete_sms_template = _delete("EMAIL"), _delete("SMS")
delete_push_template, delete_voice_template = _delete("PUSH"), _delete("VOICE")


def update_template_active_version(call: Call) -> dict[str, Any]:
    """UpdateTemplateActiveVersion."""
    version = call.body.get("Version")
    if not version:
        raise BadRequestError("Version is missing; needed is latest or a version number")
    call.service.templates.activate(call.path["template-name"], _kind(call), version)
    return call.accepted()


def list_templates(call: Call) -> dict[str, Any]:
    """ListTemplates, by name."""
    kind = call.option("template-type")
    if kind is not None and kind not in KINDS:
        raise BadRequestError(f"template-type is {kind!r}; allowed are {', '.join(KINDS)}")
    prefix = call.option("prefix") or ""

    def fetch(after: str | None, limit: int) -> Listing:
        page = chosen(
            lambda after, limit: call.service.templates.list(after=after, limit=limit, prefix=prefix),
            lambda head: kind is None or head["TemplateType"] == kind,
            after,
            limit,
        )
        return Listing([_summary(head) for head in page.items], page.last)

    return call.page(fetch, token_name="next-token")  # noqa: S106 - the name of a query member


def list_template_versions(call: Call) -> dict[str, Any]:
    """ListTemplateVersions, newest first."""
    name, kind = call.path["template-name"], _kind(call)
    if call.service.templates.head(name, kind) is None:
        raise NotFoundError(f"There is no {kind} template named {name!r}")

    def fetch(after: str | None, limit: int) -> Listing:
        page = call.service.templates.versions(name, kind, after=after, limit=limit)
        return Listing([_version_summary(document) for document in page.items], page.last)

    return call.page(fetch, token_name="next-token") | call.accepted("OK")  # noqa: S106 - the name of a query member


def _kind(call: Call) -> str:
    kind = call.path["template-type"].upper()
    if kind not in KINDS:
        raise BadRequestError(
            f"template-type is {call.path['template-type']!r}; allowed are {', '.join(KINDS).lower()}"
        )
    return kind


def _summary(head: dict[str, Any]) -> dict[str, Any]:
    summary = {name: head[name] for name in ("Arn", "CreationDate", "TemplateName", "TemplateType")}
    summary["LastModifiedDate"] = head.get("LastModifiedDate", head["CreationDate"])
    return summary | {"Version": str(active_version(head)), "tags": head.get("tags", {})}


def _version_summary(document: dict[str, Any]) -> dict[str, Any]:
    names = (
        "CreationDate",
        "DefaultSubstitutions",
        "LastModifiedDate",
        "TemplateDescription",
        "TemplateName",
        "TemplateType",
        "Version",
    )
    return {name: document[name] for name in names if name in document}


def _check(kind: str, body: dict[str, Any]) -> None:
    """Lengths, readable Handlebars in every part, defaults that are a JSON object."""
    if body.get("RecommenderId"):
        raise BadRequestError("RecommenderId is not offered by the hosted engagement service")
    found: list[str] = []
    parts = template_parts(kind, body)
    for name, text in parts.items():
        most = _most(kind, name)
        if most is not None and len(text) > most:
            found.append(f"{name} has {len(text):,} characters; at most {most:,} are allowed")
    if kind == "SMS" and (too_long := excess(_certain(body.get("Body") or ""))):
        found.append(f"Body {too_long}")
    headers = body.get("Headers") or []
    if len(headers) > HEADERS:
        found.append(f"Headers has {len(headers)} headers; at most {HEADERS} are allowed")
    found += unrenderable(parts)
    try:
        parse_defaults(body.get("DefaultSubstitutions"))
    except RenderingError as error:
        found.append(str(error))
    if found:
        raise BadRequestError("; ".join(found))


def _certain(text: str) -> str:
    """What every message by this text holds; "" where blocks decide that."""
    return "" if "{{#" in text or "{{^" in text else TAG.sub("", text)


def _most(kind: str, part: str) -> int | None:
    """How many characters a part may have; None for a header."""
    if kind == "PUSH":
        return PUSH_LENGTHS.get(part.partition(".")[0], PUSH_LENGTH)
    return LENGTHS[kind].get(part)
