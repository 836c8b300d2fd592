"""Campaigns write to people in WhatsApp, through AWS End User Messaging Social.

A custom channel (see custom_channel.py): the campaign's text, or a template that WhatsApp approved.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Literal, Self

import pulumi
import pydantic

from components.building_blocks.account import Account
from components.building_blocks.policy import Statement
from components.config import ConfigModel
from components.custom_channel import CustomChannel, CustomChannelArgs, CustomChannelConfig

PREFIX = "phone-number-id-"
PARAMETERS_BYTES = 1500
"""All environment variables of a function together have 4 KB."""


class WhatsAppTemplateConfig(ConfigModel):
    """A template that WhatsApp approved for the business account."""

    name: str = pydantic.Field(pattern=r"^[a-z0-9_]{1,512}$", description="Name of the template.")
    language: str = pydantic.Field(
        default="en_US", pattern=r"^[a-z]{2,3}(_[A-Z]{2,3})?$", description="Code of its language, such as en_US or de."
    )
    parameters: tuple[str, ...] = pydantic.Field(
        default=(),
        max_length=10,
        description="Texts for the placeholders of its body, in order; they may hold `{{Message}}`, which is the campaign's "
        "text, and the endpoint's variables, such as `{{Attributes.FirstName}}`.",
    )

    @pydantic.field_validator("parameters")
    @classmethod
    def small(cls, parameters: tuple[str, ...]) -> tuple[str, ...]:
        if (size := len(json.dumps(parameters))) > PARAMETERS_BYTES:
            raise ValueError(f"they have {size:,} bytes as JSON; at most {PARAMETERS_BYTES:,} are allowed")
        return parameters


class WhatsAppChannelConfig(CustomChannelConfig):
    """Config key `whatsAppChannel`."""

    phone_number_id: str | None = pydantic.Field(
        default=None,
        pattern=rf"^{PREFIX}[0-9a-zA-Z]{{1,99}}$",
        description="Id of the WhatsApp phone number that writes; needed where the architecture is enabled.",
    )
    template: WhatsAppTemplateConfig | None = pydantic.Field(
        default=None, description="What is written; without it: the campaign's text."
    )
    endpoint_types: tuple[Literal["SMS", "CUSTOM"], ...] = pydantic.Field(
        default=("SMS",), min_length=1, description="Channel types of the endpoints whose address is a WhatsApp number."
    )
    api_version: str = pydantic.Field(
        default="v20.0", pattern=r"^v\d{1,3}\.\d$", description="Version of WhatsApp's Cloud API."
    )

    @property
    def channel_types(self) -> Sequence[str]:
        return self.endpoint_types

    @pydantic.model_validator(mode="after")
    def a_number_where_enabled(self) -> Self:
        self.needed(phoneNumberId=self.phone_number_id)
        return self


WhatsAppChannelArgs = CustomChannelArgs[WhatsAppChannelConfig]


class WhatsAppChannel(CustomChannel[WhatsAppChannelConfig]):
    """See the module."""

    architecture = "whatsAppChannel"
    package = "whatsapp_channel"

    def environment(self, config: WhatsAppChannelConfig) -> Mapping[str, pulumi.Input[str]]:
        variables = {
            "WHATSAPP_PHONE_NUMBER_ID": config.phone_number_id or "",
            "WHATSAPP_API_VERSION": config.api_version,
        }
        if config.template is not None:
            variables |= {
                "WHATSAPP_TEMPLATE": config.template.name,
                "WHATSAPP_LANGUAGE": config.template.language,
                "WHATSAPP_PARAMETERS": json.dumps(config.template.parameters),
            }
        return variables

    def statements(self, config: WhatsAppChannelConfig, account: Account) -> Sequence[Statement]:
        number = account.arn(
            "social-messaging", f"phone-number-id/{(config.phone_number_id or '').removeprefix(PREFIX)}"
        )
        return [Statement(["social-messaging:SendWhatsAppMessage"], [number])]
