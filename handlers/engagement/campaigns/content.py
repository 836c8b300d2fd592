"""What a treatment of a campaign says: its inline message and its templates, rendered for one endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from handlers.engagement.campaigns.audience import DEFAULT_TREATMENT
from handlers.engagement.templates.store import TemplateStore
from handlers.shared.messages.push import MESSAGE_OF
from handlers.shared.messages.push_content import (
    direct_form,
    is_push,
    layered,
    rendered,
    says_something,
    template_part,
)
from handlers.shared.templates.renderer import Pieces, parse_defaults, render, render_pieces

KINDS = {"SMSTemplate": "SMS", "EmailTemplate": "EMAIL", "PushTemplate": "PUSH"}
PUSH_MESSAGES = tuple(dict.fromkeys(MESSAGE_OF.values()))


class ContentError(Exception):
    """A treatment has nothing that can be sent. The message names it."""


class Text(NamedTuple):
    """A rendered text message."""

    body: str
    message_type: str
    origination: str | None
    sender_id: str | None
    entity_id: str | None
    template_id: str | None


class Mail(NamedTuple):
    """A rendered email."""

    subject: Pieces
    html: Pieces
    text: Pieces
    from_address: str | None
    headers: tuple[tuple[str, str], ...]


class Content:
    """The content of one treatment.

    Args:
        message: Its MessageConfiguration.
        templates: Template type (SMS, EMAIL, PUSH) -> template, each in the version pinned for the run.
        custom: Its CustomDeliveryConfiguration.
        pushes: Whether the project has a push application: devices get the DefaultMessage, too.
    """

    def __init__(
        self,
        message: Mapping[str, Any],
        templates: Mapping[str, Mapping[str, Any]],
        custom: Mapping[str, Any] | None,
        *,
        pushes: bool = False,
    ) -> None:
        self.message = message
        self.templates = templates
        self.custom = custom
        self._pushes = pushes
        self._push: dict[str, dict[str, Any]] = {}
        self._default = default_text(message)
        self._defaults = {kind: parse_defaults(found.get("DefaultSubstitutions")) for kind, found in templates.items()}

    def takes(self, channel: str) -> bool:
        """Whether the treatment has something for endpoints of this channel type."""
        if self.custom:
            types = self.custom.get("EndpointTypes")
            return not types or channel in types
        if channel == "SMS":
            return "SMS" in self.templates or bool(self.message.get("SMSMessage", {}).get("Body") or self._default)
        if channel == "EMAIL":
            return "EMAIL" in self.templates or bool(self.message.get("EmailMessage") or self._default)
        return is_push(channel) and says_something(self._pushed(channel))

    def direct_message(self) -> dict[str, Any]:
        """The message as hooks see it, a DirectMessageConfiguration: inline parts, else those of the templates."""
        message = dict(self.message)
        if "SMS" in self.templates:
            message["SMSMessage"] = {"Body": self.templates["SMS"].get("Body", ""), **message.get("SMSMessage", {})}
        if "EMAIL" in self.templates and "EmailMessage" not in message:
            template = self.templates["EMAIL"]
            parts = {"Title": "Subject", "HtmlBody": "HtmlPart", "Body": "TextPart"}
            message["EmailMessage"] = {name: template[part] for name, part in parts.items() if template.get(part)}
        if "PUSH" in self.templates:
            for channel, member in MESSAGE_OF.items():
                message.setdefault(member, direct_form(channel, template_part(channel, self.templates["PUSH"])))
        return message

    def text(self, endpoint: Mapping[str, Any], overrides: Mapping[str, str]) -> Text:
        """The text message for an endpoint. Raises RenderingError."""
        message = self.message.get("SMSMessage", {})
        template = self.templates.get("SMS", {}).get("Body")
        body = overrides.get("BodyOverride") or message.get("Body") or template or self._default
        return Text(
            body=render(body, endpoint, self._defaults.get("SMS", {})),
            message_type=message.get("MessageType", "TRANSACTIONAL"),
            origination=message.get("OriginationNumber"),
            sender_id=message.get("SenderId"),
            entity_id=message.get("EntityId"),
            template_id=message.get("TemplateId"),
        )

    def mail(self, endpoint: Mapping[str, Any]) -> Mail:
        """The email for an endpoint. Raises RenderingError, also for a value that is missing."""
        message, template = self.message.get("EmailMessage", {}), self.templates.get("EMAIL", {})
        defaults = self._defaults.get("EMAIL", {})

        def rendered(text: str | None) -> Pieces:
            return render_pieces(text or "", endpoint, defaults, strict=True)

        headers = message.get("Headers") or template.get("Headers") or ()
        html, text = (
            message.get("HtmlBody") or template.get("HtmlPart"),
            message.get("Body") or template.get("TextPart"),
        )
        default = self.message.get("DefaultMessage") or {}
        return Mail(
            subject=rendered(message.get("Title") or template.get("Subject") or default.get("Title")),
            html=rendered(html),
            text=rendered(text or ("" if html else self._default)),
            from_address=message.get("FromAddress"),
            headers=tuple((header["Name"], rendered(header["Value"]).text) for header in headers),
        )

    def push(self, endpoint: Mapping[str, Any], overrides: Mapping[str, str]) -> dict[str, Any]:
        """The push message for an endpoint, in the members of DirectMessageConfiguration. Raises RenderingError."""
        channel = endpoint["ChannelType"]
        own = {"Title": overrides.get("TitleOverride"), "Body": overrides.get("BodyOverride")}
        message = layered({name: value for name, value in own.items() if value}, self._pushed(channel))
        return rendered(channel, message, endpoint, self._defaults.get("PUSH", {}))

    def _pushed(self, channel: str) -> dict[str, Any]:
        """What a push channel's devices get: the channel's message over the template's part, else the DefaultMessage."""
        if channel in self._push:
            return self._push[channel]
        inline = direct_form(channel, self.message.get(MESSAGE_OF[channel]) or {})
        found = layered(inline, direct_form(channel, template_part(channel, self.templates.get("PUSH"))))
        if self._pushes and not says_something(found):
            found = layered(found, direct_form(channel, self.message.get("DefaultMessage") or {}))
        return self._push.setdefault(channel, found)


def default_text(message: Mapping[str, Any]) -> str:
    """The text of a MessageConfiguration's DefaultMessage: for every channel that has no message of its own."""
    return (message.get("DefaultMessage") or {}).get("Body") or ""


def treatments(campaign: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Treatment id -> what holds its MessageConfiguration and TemplateConfiguration."""
    found: dict[str, Mapping[str, Any]] = {DEFAULT_TREATMENT: campaign}
    for treatment in campaign.get("AdditionalTreatments") or ():
        found[treatment["Id"]] = treatment
    return found


def pin_templates(store: TemplateStore, campaign: Mapping[str, Any]) -> dict[str, dict[str, list[str | None]]]:
    """Treatment id -> template type -> [name, version]: the versions that are active now.

    Raises:
        ContentError: a template is missing, or a treatment has no content.
    """
    pins: dict[str, dict[str, list[str | None]]] = {}
    for identifier, treatment in treatments(campaign).items():
        pins[identifier] = {}
        for member, reference in (treatment.get("TemplateConfiguration") or {}).items():
            if member not in KINDS or not reference:
                continue
            template = store.get(reference["Name"], KINDS[member], reference.get("Version"))
            if template is None:
                version = reference.get("Version", "active")
                raise ContentError(f"{KINDS[member]} template {reference['Name']} (version {version}) does not exist")
            pins[identifier][KINDS[member]] = [reference["Name"], template.get("Version")]
        message = treatment.get("MessageConfiguration") or {}
        inline = any(message.get(name) for name in ("EmailMessage", "CustomMessage", *PUSH_MESSAGES))
        texts = default_text(message) or message.get("SMSMessage", {}).get("Body")
        if not pins[identifier] and not inline and not texts:
            raise ContentError(f"treatment {identifier} has neither a message nor a template that can be sent")
    return pins


def load_contents(
    store: TemplateStore,
    campaign: Mapping[str, Any],
    pins: Mapping[str, Mapping[str, list[str | None]]],
    *,
    pushes: bool = False,
) -> dict[str, Content]:
    """Treatment id -> its content, with the pinned templates. Raises ContentError where one was deleted meanwhile.

    pushes: whether the project has a push application.
    """
    contents = {}
    for identifier, treatment in treatments(campaign).items():
        templates = {}
        for kind, (name, version) in pins.get(identifier, {}).items():
            template = store.get(str(name), kind, version)
            if template is None:
                raise ContentError(f"{kind} template {name} (version {version}) does not exist any more")
            templates[kind] = template
        contents[identifier] = Content(
            treatment.get("MessageConfiguration") or {},
            templates,
            treatment.get("CustomDeliveryConfiguration"),
            pushes=pushes,
        )
    return contents
