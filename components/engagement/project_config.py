"""What a person writes under `engagement:project`: which platform holds the customers' data, and how it sends."""

import re
from typing import Literal, Self

import pydantic

from components.building_blocks.mailboxes import address_of
from components.config import ConfigModel
from components.engagement.origination_rates import RatesConfig

LAMBDA_ARN = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+"


APPLICATION_ID = r"^[0-9a-f]{32}$"
REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
IN_SES_SANDBOX = (
    "Whether SES keeps this account and region in its sandbox still, where it asks for the right to send on the "
    "recipient's verified identity, too: true grants it on every identity, from the same senders."
)


class SmsConfig(ConfigModel):
    """How text messages are sent."""

    origination_identity: str = pydantic.Field(
        default="",
        description="Phone number, pool or sender id (its id or ARN) that text messages come from; empty: the service chooses.",
    )
    configuration_set: str = pydantic.Field(
        default="",
        pattern=r"^[A-Za-z0-9_-]{0,64}$",
        description="Name of the configuration set of text messages; empty: none.",
    )
    rates: RatesConfig = pydantic.Field(
        default=RatesConfig(),
        description="How fast campaigns' numbers may send; a pool sends as fast as its numbers together.",
    )


class EmailConfig(ConfigModel):
    """How email is sent."""

    from_address: str = pydantic.Field(
        default="",
        description="Address, or `Name <address>`, that email comes from, which SES has verified (itself or its domain); "
        "empty: no email.",
    )
    configuration_set: str = pydantic.Field(
        default="", pattern=r"^[A-Za-z0-9_-]{0,64}$", description="Name of the configuration set of email; empty: none."
    )
    ses_sandbox: bool = pydantic.Field(default=False, description=IN_SES_SANDBOX)

    @pydantic.field_validator("from_address")
    @classmethod
    def one_mailbox(cls, from_address: str) -> str:
        if from_address:
            address_of(from_address)
        return from_address


class EventsConfig(ConfigModel):
    """The project's event stream."""

    translation: bool = pydantic.Field(
        default=False,
        description="Whether what SES and End User Messaging tell of the hosted service's messages (delivered, bounced, "
        "opened, ...) goes to the event stream; it needs a configuration set for each, made where none is named.",
    )


class HostedConfig(ConfigModel):
    """The engagement service in one's own account."""

    application_id: str | None = pydantic.Field(
        default=None,
        pattern=APPLICATION_ID,
        description="Id that the application must have: another one that holds data is an error; none: it is made once, "
        "and kept whatever is renamed.",
    )
    concurrency: int = pydantic.Field(
        default=16,
        ge=1,
        le=1000,
        description="Chunks of an import, an export or a campaign that are worked off at once.",
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the tables stay in the account, protected from deletion, when the stack goes; "
        "false deletes them with the stack.",
    )
    number_validation_region: str | None = pydantic.Field(
        default=None,
        pattern=REGION,
        description="Region whose PhoneNumberValidate the service hands calls on to; without it its own, which may have "
        "none: such calls fail then.",
    )
    hook_functions: tuple[str, ...] = pydantic.Field(
        default=(),
        description="ARNs of the functions that campaigns may call as their hook.",
    )

    @pydantic.field_validator("hook_functions")
    @classmethod
    def whole_arns(cls, arns: tuple[str, ...]) -> tuple[str, ...]:
        if not all(re.fullmatch(LAMBDA_ARN, arn) for arn in arns):
            raise ValueError("allowed: ARNs of functions, without a version or a wildcard")
        return arns


class ProjectConfig(ConfigModel):
    """The engagement project."""

    platform: Literal["hosted", "pinpoint"] = pydantic.Field(
        default="hosted", description="`hosted`: the service in one's own account. `pinpoint`: Amazon Pinpoint."
    )
    name: str = pydantic.Field(
        default="engagement",
        min_length=1,
        max_length=64,
        description="Name of the application; a project of Amazon Pinpoint keeps the name that it was made with.",
    )
    application_id: str | None = pydantic.Field(
        default=None,
        pattern=APPLICATION_ID,
        description="Id of an existing Amazon Pinpoint project; none: one is made. Platform `pinpoint` only.",
    )
    sms: SmsConfig = pydantic.Field(default=SmsConfig(), description="How text messages are sent.")
    email: EmailConfig = pydantic.Field(default=EmailConfig(), description="How email is sent.")
    events: EventsConfig = pydantic.Field(default=EventsConfig(), description="What the event stream carries.")
    hosted: HostedConfig = pydantic.Field(default=HostedConfig(), description="Settings of platform `hosted`.")

    @pydantic.model_validator(mode="after")
    def application_of_its_platform(self) -> Self:
        if self.platform == "hosted" and self.application_id is not None:
            raise ValueError(
                "applicationId names an existing project of platform pinpoint; hosted makes its own, which "
                "hosted.applicationId pins"
            )
        if self.platform == "pinpoint" and self.hosted.application_id is not None:
            raise ValueError(
                "hosted.applicationId is of platform hosted; applicationId names an existing project of platform pinpoint"
            )
        return self

    @pydantic.model_validator(mode="after")
    def translation_of_its_platform(self) -> Self:
        if self.platform == "pinpoint" and self.events.translation:
            raise ValueError("events.translation is of platform hosted; Amazon Pinpoint writes these events itself")
        return self
