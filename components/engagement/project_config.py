"""What a person writes under `engagement:project`: which platform holds the customers' data, and how it sends."""

import re
from typing import Literal, Self

import pydantic

from components.building_blocks.account import KEY_ARN
from components.building_blocks.mailboxes import address_of
from components.config import ConfigModel
from components.engagement.origination_rates import RatesConfig

LAMBDA_ARN = r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]+"


TOPIC_ARN = r"^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]+$"
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


class PushConfig(ConfigModel):
    """How push messages are sent."""

    application_id: str | None = pydantic.Field(
        default=None,
        pattern=APPLICATION_ID,
        description="Id of the application of AWS End User Messaging Push, in the same account and Region, whose channels "
        "(APNs, FCM, ADM, Baidu) push messages go out by; none: no push. Platform `hosted` only.",
    )


class StreamConfig(ConfigModel):
    """Which event stream the project has."""

    mode: Literal["onDemand", "provisioned", "none"] = pydantic.Field(
        default="onDemand",
        description="`onDemand`: it grows by itself. `provisioned`: it has `shards` shards. `none`: there is none, events go "
        "nowhere, and nothing may read them.",
    )
    shards: int | None = pydantic.Field(
        default=None, ge=1, le=500, description="How many shards a provisioned stream has; needed for it."
    )

    @pydantic.model_validator(mode="after")
    def shards_of_a_provisioned_one(self) -> Self:
        if self.mode == "provisioned" and self.shards is None:
            raise ValueError("shards is missing; needed for mode provisioned: a number from 1")
        if self.mode != "provisioned" and self.shards is not None:
            raise ValueError(f"shards is given for mode {self.mode}; allowed: shards with mode provisioned")
        return self


class EventsConfig(ConfigModel):
    """The project's event stream."""

    translation: bool = pydantic.Field(
        default=False,
        description="Whether what SES and End User Messaging tell of the hosted service's messages (delivered, bounced, "
        "opened, ...) goes to the event stream; it needs a configuration set for each, made where none is named.",
    )
    stream: StreamConfig = pydantic.Field(default=StreamConfig(), description="Which event stream the project has.")

    @pydantic.model_validator(mode="after")
    def translation_needs_a_stream(self) -> Self:
        if self.translation and self.stream.mode == "none":
            raise ValueError(
                "translation is true with stream.mode none; allowed: translation false, or a stream (onDemand, provisioned)"
            )
        return self


class AlertsConfig(ConfigModel):
    """Where alarms and failures go."""

    topic_arn: str | None = pydantic.Field(
        default=None,
        pattern=TOPIC_ARN,
        description="A topic that exists already, in the stack's Region; its policy lets CloudWatch publish. None: one is made.",
    )
    key_arn: str | None = pydantic.Field(
        default=None, pattern=KEY_ARN, description="The KMS key of the topic that exists already, where it has one."
    )
    email: str | None = pydantic.Field(
        default=None,
        max_length=320,
        description="An address that is subscribed to the topic that is made; AWS asks it for a confirmation first.",
    )

    @pydantic.field_validator("email")
    @classmethod
    def one_address(cls, email: str | None) -> str | None:
        if email is not None and address_of(email) != email:
            raise ValueError("allowed: an address alone, without a name")
        return email

    @pydantic.model_validator(mode="after")
    def of_one_topic(self) -> Self:
        if self.topic_arn is None and self.key_arn is not None:
            raise ValueError("keyArn is given without topicArn; allowed: the key of a topic that exists already")
        if self.topic_arn is not None and self.email is not None:
            raise ValueError(
                "both topicArn and email are given; allowed: one of them (subscribe the address to that topic yourself)"
            )
        return self


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
        description="Chunks of an import, an export or a campaign that are worked off at once. Exports and campaigns have 16 at the most.",
    )
    retain_data: bool = pydantic.Field(
        default=True,
        description="Whether the tables stay in the account, protected from deletion, when the stack goes; "
        "false deletes them with the stack.",
    )
    former_address_index: bool = pydantic.Field(
        default=False,
        description="Whether the endpoints' former index by address, `byAddress`, stays beside its successor `addresses`: true for "
        "the one update of a stack that has it still, which fills the successor, then false. A new stack needs neither.",
    )
    number_validation_region: str | None = pydantic.Field(
        default=None,
        pattern=REGION,
        description="Region whose PhoneNumberValidate the service hands calls on to; without it its own, which may have "
        "none: such calls fail then.",
    )
    hook_functions: tuple[str, ...] = pydantic.Field(
        default=(),
        description="ARNs of the functions that campaigns may call as their hook, and campaigns and journeys as custom channels.",
    )
    journey_start_delay_minutes: int = pydantic.Field(
        default=5,
        ge=0,
        le=1440,
        description="Minutes between the publishing of a journey and its first entry, in which it can still be stopped.",
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
    push: PushConfig = pydantic.Field(default=PushConfig(), description="How push messages are sent.")
    events: EventsConfig = pydantic.Field(default=EventsConfig(), description="What the event stream carries.")
    alerts: AlertsConfig = pydantic.Field(default=AlertsConfig(), description="Where alarms and failures go.")
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
    def push_of_its_platform(self) -> Self:
        if self.platform == "pinpoint" and self.push.application_id is not None:
            raise ValueError(
                "push.applicationId is of platform hosted; an Amazon Pinpoint project sends push by its own channels"
            )
        return self

    @pydantic.model_validator(mode="after")
    def translation_of_its_platform(self) -> Self:
        if self.platform == "pinpoint" and self.events.translation:
            raise ValueError("events.translation is of platform hosted; Amazon Pinpoint writes these events itself")
        return self
