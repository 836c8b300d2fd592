"""One direct message to many recipients: which content a channel gets, rendered for each, sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.engagement.errors import BadRequestError
from handlers.engagement.messages.email import EmailSender
from handlers.engagement.messages.identity import email_tags, sms_context
from handlers.engagement.templates.store import TemplateStore
from handlers.shared.messages.push import MESSAGE_OF, NEEDED, Push, PushSender
from handlers.shared.messages.push_content import direct_form, is_push, layered, rendered, says_something, template_part
from handlers.shared.messages.result import DeliveryResult, refused
from handlers.shared.messages.sms import SmsSender
from handlers.shared.templates.renderer import RenderingError, parse_defaults, render, with_substitutions

KINDS = {"SMSTemplate": "SMS", "EmailTemplate": "EMAIL", "PushTemplate": "PUSH", "VoiceTemplate": "VOICE"}
CHANNELS = ("SMS", "EMAIL")


@dataclass(frozen=True)
class Recipient:
    """Where a message goes. `variables`: what templates see; `own`: its AddressConfiguration or EndpointSendConfiguration."""

    address: str
    channel: str
    variables: Mapping[str, Any]
    own: Mapping[str, Any]


class DirectMessage:
    """A DirectMessageConfiguration with its templates, read once.

    Values come first from the recipient's Substitutions, then the message's, then the endpoint, then the template's
    defaults. A message's own Body wins over a template, a recipient's BodyOverride over both. Delivery events carry the
    application's and the endpoint's id, then the caller's own context.

    Raises:
        BadRequestError: a template does not exist, or is of a kind that is not offered.
    """

    def __init__(
        self,
        configuration: Mapping[str, Any],
        templates: Mapping[str, Any],
        context: Mapping[str, str],
        *,
        application_id: str,
        store: TemplateStore,
        sms: SmsSender,
        email: EmailSender,
        push: PushSender,
        trace_id: str | None = None,
    ) -> None:
        self.configuration = configuration
        self.context = context
        self.application_id = application_id
        self.sms = sms
        self.email = email
        self.push = push
        self.trace_id = trace_id
        self.templates: dict[str, dict[str, Any]] = {}
        for member, wanted in templates.items():
            kind = KINDS.get(member)
            if kind is None:
                raise BadRequestError(f"TemplateConfiguration.{member} is not offered; allowed are {', '.join(KINDS)}")
            found = store.get(wanted.get("Name") or "", kind, wanted.get("Version"))
            if found is None:
                version = f" version {wanted['Version']}" if wanted.get("Version") else ""
                raise BadRequestError(
                    f"TemplateConfiguration.{member}: there is no {kind} template named {wanted.get('Name')!r}{version}"
                )
            self.templates[kind] = found

    @property
    def is_promotional(self) -> bool:
        """Whether its texts are PROMOTIONAL."""
        return (self.configuration.get("SMSMessage") or {}).get("MessageType") == "PROMOTIONAL"

    def has_content(self, channel: str, own: Mapping[str, Any]) -> bool:
        """Whether the message has something for a channel that the service knows; that it has no push application is each device's result."""
        if is_push(channel):
            return says_something(self._push_layers(channel, own))
        if channel not in CHANNELS:
            return False
        member = {"SMS": "SMSMessage", "EMAIL": "EmailMessage"}[channel]
        default = (self.configuration.get("DefaultMessage") or {}).get("Body")
        return bool(own.get("BodyOverride") or default or self.configuration.get(member) or self.templates.get(channel))

    def send(self, recipient: Recipient | None) -> DeliveryResult:
        """Sends to one recipient; None stands for an endpoint that does not exist."""
        if recipient is None:
            return refused("The endpoint does not exist")
        if recipient.channel not in CHANNELS:
            return refused(
                f"ChannelType {recipient.channel or '(none)'} is not offered by the hosted engagement service; allowed are {', '.join((*CHANNELS, *MESSAGE_OF))}"
            )
        try:
            return self._text(recipient) if recipient.channel == "SMS" else self._mail(recipient)
        except RenderingError as error:
            return refused(f"The message cannot be rendered: {error}")

    def send_push(self, recipients: Sequence[Recipient]) -> list[DeliveryResult]:
        """Sends to recipients of push channels, as few calls as hold their messages. One result for each, in order."""
        results: list[DeliveryResult | None] = []
        pushes: list[Push] = []
        for recipient in recipients:
            prepared = self._push(recipient)
            results.append(prepared if isinstance(prepared, DeliveryResult) else None)
            pushes += [prepared] if isinstance(prepared, Push) else []
        sent = iter(self.push.send(pushes, context=self.context, trace_id=self.trace_id))
        return [next(sent) if result is None else result for result in results]

    def _push(self, recipient: Recipient) -> Push | DeliveryResult:
        if not self.push.application_id:
            return refused(f"ChannelType {recipient.channel} is push: {NEEDED}")
        message = self._push_layers(recipient.channel, recipient.own)
        if not says_something(message):
            return refused(f"The message has nothing for ChannelType {recipient.channel}")
        template = self.templates.get("PUSH") or {}
        default = self.configuration.get("DefaultMessage") or {}
        try:
            content = rendered(
                recipient.channel,
                message,
                self._variables(recipient, message, default),
                parse_defaults(template.get("DefaultSubstitutions")),
            )
        except RenderingError as error:
            return refused(f"The message cannot be rendered: {error}")
        return Push(recipient.address, recipient.channel, content, recipient.own.get("Context") or {})

    def _push_layers(self, channel: str, own: Mapping[str, Any]) -> dict[str, Any]:
        """The channel's message: the recipient's own texts over the message's over the template's."""
        default = (self.configuration.get("DefaultMessage") or {}).get("Body")
        template = direct_form(channel, template_part(channel, self.templates.get("PUSH")))
        inline = self.configuration.get(MESSAGE_OF[channel]) or self.configuration.get("DefaultPushNotificationMessage")
        overrides = {
            "Title": own.get("TitleOverride"),
            "Body": own.get("BodyOverride"),
            "RawContent": own.get("RawContent"),
        }
        message = layered(direct_form(channel, inline or {}), template)
        if not says_something(message) and default:
            message["Body"] = default
        return layered({name: value for name, value in overrides.items() if value}, message)

    def _text(self, recipient: Recipient) -> DeliveryResult:
        message = self.configuration.get("SMSMessage") or {}
        template = self.templates.get("SMS") or {}
        default = self.configuration.get("DefaultMessage") or {}
        body = (
            recipient.own.get("BodyOverride")
            or message.get("Body")
            or template.get("Body")
            or default.get("Body")
            or ""
        )
        variables = self._variables(recipient, message, default)
        text = render(body, variables, parse_defaults(template.get("DefaultSubstitutions")))
        return self.sms.send(
            recipient.address,
            text,
            message_type=message.get("MessageType"),
            origination=message.get("OriginationNumber"),
            sender_id=message.get("SenderId"),
            keyword=message.get("Keyword"),
            entity_id=message.get("EntityId"),
            template_id=message.get("TemplateId"),
            context=self._with_context(sms_context(self._identity(recipient)), recipient),
        )

    def _mail(self, recipient: Recipient) -> DeliveryResult:
        message = self.configuration.get("EmailMessage") or {}
        template = self.templates.get("EMAIL") or {}
        default = self.configuration.get("DefaultMessage") or {}
        sender = {
            "from_address": message.get("FromAddress"),
            "feedback_address": message.get("FeedbackForwardingAddress"),
        }
        tags = self._with_context(email_tags(self._identity(recipient)), recipient)
        raw = recipient.own.get("RawContent") or (message.get("RawEmail") or {}).get("Data")
        if raw:
            return self.email.send_raw(recipient.address, raw, tags=tags, **sender)
        simple = message.get("SimpleEmail") or {}
        override = recipient.own.get("BodyOverride")
        subject = recipient.own.get("TitleOverride") or _data(simple, "Subject") or template.get("Subject") or ""
        html = override or _data(simple, "HtmlPart") or template.get("HtmlPart") or ""
        text = "" if override else _data(simple, "TextPart") or template.get("TextPart") or ""
        if not html and not text:
            html = message.get("Body") or default.get("Body") or ""
        headers = simple.get("Headers") or template.get("Headers") or []
        variables = self._variables(recipient, message, default)
        defaults = parse_defaults(template.get("DefaultSubstitutions"))
        return self.email.send(
            recipient.address,
            subject=render(subject, variables, defaults, strict=True),
            html=render(html, variables, defaults, strict=True),
            text=render(text, variables, defaults, strict=True),
            reply_to=message.get("ReplyToAddresses") or (),
            headers=[(header["Name"], render(header["Value"], variables, defaults, strict=True)) for header in headers],
            tags=tags,
            **sender,
        )

    def _variables(
        self, recipient: Recipient, message: Mapping[str, Any], default: Mapping[str, Any]
    ) -> dict[str, Any]:
        shared = message.get("Substitutions") or default.get("Substitutions")
        return with_substitutions(recipient.variables, recipient.own.get("Substitutions"), shared)

    def _identity(self, recipient: Recipient) -> dict[str, str]:
        endpoint_id = recipient.variables.get("Id")
        return {"application_id": self.application_id, **({"endpoint_id": endpoint_id} if endpoint_id else {})}

    def _with_context(self, identity: Mapping[str, str], recipient: Recipient) -> dict[str, str]:
        """The identity first, since a text message takes five pairs; the caller's context cannot overrule it."""
        return {**identity, **self.context, **(recipient.own.get("Context") or {}), **identity}


def _data(simple: Mapping[str, Any], part: str) -> str:
    return (simple.get(part) or {}).get("Data") or ""
