"""What the component package offers: each resource's config, what else it takes, and its outputs."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pydantic
from pydantic.alias_generators import to_camel

from components.building_blocks.account import Account
from components.building_blocks.layer import Layer
from components.campaign_create import CampaignCreate, CampaignCreateArgs, CampaignCreateConfig
from components.config import ConfigModel
from components.connect_channel import ConnectChannel, ConnectChannelArgs, ConnectChannelConfig
from components.engagement.filter_hook import FilterHook, FilterHookArgs, HookFilter
from components.engagement.foundation import Foundation, FoundationArgs
from components.engagement.hooks import CampaignHookConfig
from components.engagement.project import EXPORT, EngagementProject
from components.engagement.project_config import ProjectConfig
from components.event_based_segmentation import (
    EventBasedSegmentation,
    EventBasedSegmentationArgs,
    EventBasedSegmentationConfig,
)
from components.event_database import EventDatabase, EventDatabaseArgs, EventDatabaseConfig
from components.external_templates import ExternalTemplates, ExternalTemplatesArgs, ExternalTemplatesConfig
from components.federated_segmentation import (
    FederatedSegmentation,
    FederatedSegmentationArgs,
    FederatedSegmentationConfig,
)
from components.import_validate_campaign import (
    ImportValidateCampaign,
    ImportValidateCampaignArgs,
    ImportValidateCampaignConfig,
)
from components.message_archiver import MessageArchiver, MessageArchiverArgs, MessageArchiverConfig
from components.phone_number_validate import PhoneNumberValidate, PhoneNumberValidateArgs, PhoneNumberValidateConfig
from components.pinpoint_event_processing import (
    PinpointEventProcessing,
    PinpointEventProcessingArgs,
    PinpointEventProcessingConfig,
)
from components.s3_triggered_import import S3TriggeredImport, S3TriggeredImportArgs, S3TriggeredImportConfig
from components.self_managed_opt_outs import SelfManagedOptOuts, SelfManagedOptOutsArgs, SelfManagedOptOutsConfig
from components.send_time_attributes import SendTimeAttributes, SendTimeAttributesArgs, SendTimeAttributesConfig
from components.ses_auto_reply import SesAutoReply, SesAutoReplyArgs, SesAutoReplyConfig
from components.ses_event_processing import SesEventProcessing, SesEventProcessingArgs, SesEventProcessingConfig
from components.simple_cms import SimpleCms, SimpleCmsArgs, SimpleCmsConfig
from components.sms_s3_drop import SmsS3Drop, SmsS3DropArgs, SmsS3DropConfig
from components.whatsapp_channel import WhatsAppChannel, WhatsAppChannelArgs, WhatsAppChannelConfig
from stacks import pipeline

Outputs = Mapping[str, pulumi.Input[Any]]


@dataclass(frozen=True)
class Asked:
    """What a program asks for. child: options of what it is made of. wired: what is no config, by Python's names."""

    name: str
    child: pulumi.ResourceOptions
    config: Any
    wired: Mapping[str, pulumi.Input[str]]
    known_project: EngagementProject | None

    @property
    def project(self) -> EngagementProject:
        """The engagement project; of resources that take one."""
        if self.known_project is None:
            raise TypeError(f"{self.name} takes no project")
        return self.known_project


@dataclass(frozen=True)
class Offer:
    """A resource. config: its inputs, but for `enabled`. wired: further inputs, texts that may be outputs of others.

    outputs, wired: what each is, by name. lists: the outputs that are lists of texts; all others are texts.
    """

    description: str
    config: type[ConfigModel]
    make: Callable[[Asked], Outputs]
    outputs: Mapping[str, str]
    takes_project: bool = True
    wired: Mapping[str, str] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()

    def is_project(self) -> bool:
        """Whether it is the project itself, which the others take: it has the output `project`."""
        return not self.takes_project and set(self.outputs) == set(PROJECT_OUTPUTS)


PROJECT_OUTPUTS = Foundation.exported()


class ReferenceConfig(ConfigModel):
    """An engagement project that another stack holds."""

    stack: str = pydantic.Field(
        min_length=1, description="The stack that exports `project`, as ORGANIZATION/PROJECT/STACK."
    )


class CampaignHookFiltersConfig(CampaignHookConfig):
    """The campaign hook, with the architectures that edit endpoints in it."""

    send_time_attributes: SendTimeAttributesConfig | None = pydantic.Field(
        default=None, description="Attributes that are looked up when a campaign sends; none: without."
    )
    external_templates: ExternalTemplatesConfig | None = pydantic.Field(
        default=None, description="Templates in a bucket; none: without."
    )


class EventDatabasePackageConfig(EventDatabaseConfig):
    """The event database's config, and what it must know of the archiver."""

    archive_prefix: str = pydantic.Field(
        default="", description="Prefix of the message archive, where that is in the same bucket; empty: it is not."
    )


def _offer(
    kind: type[Any],
    arguments: Callable[..., object],
    config: type[ConfigModel],
    *,
    wired: Mapping[str, str] | None = None,
    lists: frozenset[str] = frozenset(),
) -> Offer:
    """A component that takes its config, the project and what is wired to it, and nothing else."""

    def make(asked: Asked) -> Outputs:
        return kind(
            asked.name, arguments(config=asked.config, project=asked.project, **asked.wired), asked.child
        ).outputs()

    return Offer(about(kind), config, make, kind.described(), wired=wired or {}, lists=lists)


def about(kind: type[Any]) -> str:
    """What the component's module says that it is for."""
    text = " ".join((sys.modules[kind.__module__].__doc__ or "").split("\n\n")[0].split())
    text = re.sub(r"^Architecture \d+: ", "", text)
    return text[0].upper() + text[1:]


def _project(asked: Asked) -> Outputs:
    layer = Layer(f"{asked.name}-functions", asked.child).arn
    account = Account.current(asked.child.parent)
    return _of(Foundation(asked.name, FoundationArgs(asked.config, account, layer), asked.child).project)


def _reference(asked: Asked) -> Outputs:
    layer = Layer(f"{asked.name}-functions", asked.child).arn
    stack = pulumi.StackReference(f"{asked.name}-stack", stack_name=asked.config.stack, opts=asked.child)
    return _of(EngagementProject.from_stack(stack, layer))


def _of(project: EngagementProject) -> Outputs:
    exported = {to_camel(name): value for name, value in project.exports().items()}
    shown = {output.export() or "": getattr(project, output.attribute) for output in Foundation.declared().values()}
    return {**shown, EXPORT: {**exported, "layerArn": project.layer_arn}}


def _event_database(asked: Asked) -> Outputs:
    config: EventDatabasePackageConfig = asked.config
    arguments = EventDatabaseArgs(config, asked.project, config.archive_prefix)
    return EventDatabase(asked.name, arguments, asked.child).outputs()


def _attributes(asked: Asked, config: SendTimeAttributesConfig) -> SendTimeAttributes:
    name = f"{asked.name}-attributes"
    return SendTimeAttributes(name, SendTimeAttributesArgs(config, asked.project), asked.child)


def _templates(asked: Asked, config: ExternalTemplatesConfig) -> ExternalTemplates:
    name = f"{asked.name}-templates"
    return ExternalTemplates(name, ExternalTemplatesArgs(config, asked.project), asked.child)


def _hook(asked: Asked, config: CampaignHookConfig, filters: list[HookFilter]) -> Outputs:
    made = FilterHook(f"{asked.name}-hook", FilterHookArgs(config, asked.project, filters), asked.child)
    return made.exports()


def _send_time_attributes(asked: Asked) -> Outputs:
    made = _attributes(asked, asked.config)
    return {**made.outputs(), **_hook(asked, CampaignHookConfig(), [made.hook_filter])}


def _external_templates(asked: Asked) -> Outputs:
    made = _templates(asked, asked.config)
    return {**made.outputs(), **_hook(asked, CampaignHookConfig(), [made.hook_filter])}


def _campaign_hook(asked: Asked) -> Outputs:
    """Attributes before templates, which print them."""
    config: CampaignHookFiltersConfig = asked.config
    filters: list[HookFilter] = []
    outputs: dict[str, pulumi.Input[str]] = {}
    if config.send_time_attributes is not None:
        attributes = _attributes(asked, config.send_time_attributes)
        filters.append(attributes.hook_filter)
        outputs |= attributes.outputs()
    if config.external_templates is not None:
        templates = _templates(asked, config.external_templates)
        filters.append(templates.hook_filter)
        outputs |= templates.outputs()
    if not filters:
        raise pulumi.RunError(f"{asked.name}: allowed: sendTimeAttributes, externalTemplates or both; given: none")
    return {**dict.fromkeys(CAMPAIGN_HOOK, ""), **outputs, **_hook(asked, config, filters)}


def _simple_cms(asked: Asked) -> Outputs:
    arguments = SimpleCmsArgs(config=asked.config, account=Account.current(asked.child.parent))
    return SimpleCms(asked.name, arguments, asked.child).outputs()


SEND_TIME_ATTRIBUTES = SendTimeAttributes.described() | FilterHook.exported()
EXTERNAL_TEMPLATES = ExternalTemplates.described() | FilterHook.exported()
CAMPAIGN_HOOK = SEND_TIME_ATTRIBUTES | EXTERNAL_TEMPLATES

OFFERS: Mapping[str, Offer] = {
    "EngagementProject": Offer(
        "The engagement project: what holds the customers' data, and what the architectures share.",
        ProjectConfig,
        _project,
        PROJECT_OUTPUTS,
        takes_project=False,
    ),
    "EngagementProjectReference": Offer(
        "The engagement project that another stack holds.",
        ReferenceConfig,
        _reference,
        PROJECT_OUTPUTS,
        takes_project=False,
    ),
    "SesEventProcessing": _offer(
        SesEventProcessing,
        SesEventProcessingArgs,
        SesEventProcessingConfig,
        lists=frozenset([SesEventProcessing.identities_left_alone.name]),
    ),
    "SesAutoReply": _offer(
        SesAutoReply,
        SesAutoReplyArgs,
        SesAutoReplyConfig,
    ),
    "S3TriggeredImport": _offer(
        S3TriggeredImport,
        S3TriggeredImportArgs,
        S3TriggeredImportConfig,
    ),
    "PhoneNumberValidate": _offer(
        PhoneNumberValidate,
        PhoneNumberValidateArgs,
        PhoneNumberValidateConfig,
    ),
    "CampaignCreate": _offer(
        CampaignCreate,
        CampaignCreateArgs,
        CampaignCreateConfig,
    ),
    "PinpointEventProcessing": _offer(
        PinpointEventProcessing,
        PinpointEventProcessingArgs,
        PinpointEventProcessingConfig,
    ),
    "EventDatabase": Offer(
        about(EventDatabase), EventDatabasePackageConfig, _event_database, EventDatabase.described()
    ),
    "MessageArchiver": _offer(
        MessageArchiver,
        MessageArchiverArgs,
        MessageArchiverConfig,
    ),
    "EventBasedSegmentation": _offer(
        EventBasedSegmentation,
        EventBasedSegmentationArgs,
        EventBasedSegmentationConfig,
    ),
    "SimpleCms": Offer(about(SimpleCms), SimpleCmsConfig, _simple_cms, SimpleCms.described(), takes_project=False),
    "SelfManagedOptOuts": _offer(
        SelfManagedOptOuts,
        SelfManagedOptOutsArgs,
        SelfManagedOptOutsConfig,
    ),
    "SmsS3Drop": _offer(
        SmsS3Drop,
        SmsS3DropArgs,
        SmsS3DropConfig,
    ),
    "FederatedSegmentation": _offer(
        FederatedSegmentation,
        FederatedSegmentationArgs,
        FederatedSegmentationConfig,
    ),
    "SendTimeAttributes": Offer(
        about(SendTimeAttributes), SendTimeAttributesConfig, _send_time_attributes, SEND_TIME_ATTRIBUTES
    ),
    "ExternalTemplates": Offer(
        about(ExternalTemplates), ExternalTemplatesConfig, _external_templates, EXTERNAL_TEMPLATES
    ),
    "CampaignHook": Offer(
        "The project's one campaign hook, for programs that want both SendTimeAttributes and ExternalTemplates.",
        CampaignHookFiltersConfig,
        _campaign_hook,
        CAMPAIGN_HOOK,
    ),
    "ConnectChannel": _offer(ConnectChannel, ConnectChannelArgs, ConnectChannelConfig),
    "WhatsAppChannel": _offer(WhatsAppChannel, WhatsAppChannelArgs, WhatsAppChannelConfig),
    "ImportValidateCampaign": _offer(
        ImportValidateCampaign,
        ImportValidateCampaignArgs,
        ImportValidateCampaignConfig,
        wired={output.name: output.description() for output in (*pipeline.OF_AUDIENCE, *pipeline.OF_CAMPAIGNS)},
    ),
}
"""By the resource's name."""
