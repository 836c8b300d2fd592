"""What this channel is told by its component."""

from __future__ import annotations

import json
from dataclasses import dataclass

from handlers.shared.environment import optional, required


@dataclass(frozen=True)
class WhatsAppEnvironment:
    """Which number writes. template, language: a template that WhatsApp approved; empty: the campaign's text is written.

    parameters: the texts of the template's placeholders, in order.
    """

    phone_number_id: str
    api_version: str
    template: str
    language: str
    parameters: tuple[str, ...]

    @classmethod
    def read(cls) -> WhatsAppEnvironment:
        return cls(
            phone_number_id=required("WHATSAPP_PHONE_NUMBER_ID"),
            api_version=required("WHATSAPP_API_VERSION"),
            template=optional("WHATSAPP_TEMPLATE"),
            language=optional("WHATSAPP_LANGUAGE"),
            parameters=tuple(json.loads(optional("WHATSAPP_PARAMETERS", "[]"))),
        )
