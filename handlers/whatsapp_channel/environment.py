"""What this channel is told by its component."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.shared.environment import Environment, variable


@dataclass(frozen=True, kw_only=True)
class WhatsAppEnvironment(Environment):
    """Which number writes. template, language: a template that WhatsApp approved; empty: the campaign's text is written.

    parameters: the texts of the template's placeholders, in order.
    """

    phone_number_id: str = variable("WHATSAPP_PHONE_NUMBER_ID")
    api_version: str = variable("WHATSAPP_API_VERSION")
    template: str = variable("WHATSAPP_TEMPLATE", optional=True)
    language: str = variable("WHATSAPP_LANGUAGE", optional=True)
    parameters: tuple[str, ...] = variable("WHATSAPP_PARAMETERS", optional=True, json=True)
