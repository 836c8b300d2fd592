"""A WhatsApp message: the campaign's text, or a template that WhatsApp approved.

Outside of the 24 hours after a person wrote, WhatsApp delivers templates only. SendWhatsAppMessage takes no token, so that
a call without an answer is never made again. Message: WhatsApp Cloud API, "Messages".
"""

from __future__ import annotations

import json
from typing import Any

from handlers.custom_channel.channel import Call, RefusedError
from handlers.shared.clients import aws_client
from handlers.whatsapp_channel.environment import WhatsAppEnvironment

ANSWER_SECONDS = 20
LONGEST_TEXT = 4096


class WhatsAppChannel:
    """See the module."""

    name = "whatsAppChannel"
    repeatable = False

    def __init__(self, environment: WhatsAppEnvironment, client: Any) -> None:
        self._environment = environment
        self._client = client
        self.needs_message = not environment.template
        self.texts = environment.parameters

    def call(self, call: Call) -> str:
        message = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": call.address}
        answer = self._client.send_whatsapp_message(
            originationPhoneNumberId=self._environment.phone_number_id,
            metaApiVersion=self._environment.api_version,
            message=json.dumps({**message, **self._content(call)}).encode(),
        )
        return str(answer["messageId"])

    def _content(self, call: Call) -> dict[str, Any]:
        if not self._environment.template:
            if len(call.message) > LONGEST_TEXT:
                raise RefusedError(
                    f"the text has {len(call.message):,} characters; WhatsApp takes {LONGEST_TEXT:,} at the most"
                )
            return {"type": "text", "text": {"body": call.message}}
        template: dict[str, Any] = {
            "name": self._environment.template,
            "language": {"code": self._environment.language},
        }
        if call.texts:
            # WhatsApp takes no line breaks, tabs or runs of spaces in them, and no empty ones.
            texts = [" ".join(text.split()) for text in call.texts]
            if not all(texts):
                raise RefusedError(f"text {texts.index('') + 1} of the template is empty for this endpoint")
            parameters = [{"type": "text", "text": text} for text in texts]
            template["components"] = [{"type": "body", "parameters": parameters}]
        return {"type": "template", "template": template}


def make() -> WhatsAppChannel:
    """The channel as the function's environment describes it."""
    client = aws_client("socialmessaging", max_attempts=1, read_timeout=ANSWER_SECONDS)
    return WhatsAppChannel(WhatsAppEnvironment.read(), client)
