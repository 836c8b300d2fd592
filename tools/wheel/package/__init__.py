"""Customer-engagement architectures on AWS, each a Pulumi component: docs/own-program.md shows how to use one.

Of each architecture X there are X, XArgs (its config, and what it is wired to) and XConfig (what a person decides).
Everything else is in the folders' modules, such as `engagement.components.building_blocks`.
"""

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from components.building_blocks.account import Account
    from components.building_blocks.layer import Layer
    from components.campaign_create import CampaignCreate, CampaignCreateArgs, CampaignCreateConfig
    from components.connect_channel import ConnectChannel, ConnectChannelArgs, ConnectChannelConfig
    from components.engagement.filter_hook import FilterHook, FilterHookArgs
    from components.engagement.foundation import Foundation, FoundationArgs
    from components.engagement.hooks import CampaignHookConfig
    from components.engagement.project import EngagementProject
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

__all__ = [
    "Account",
    "CampaignCreate",
    "CampaignCreateArgs",
    "CampaignCreateConfig",
    "CampaignHookConfig",
    "ConnectChannel",
    "ConnectChannelArgs",
    "ConnectChannelConfig",
    "EngagementProject",
    "EventBasedSegmentation",
    "EventBasedSegmentationArgs",
    "EventBasedSegmentationConfig",
    "EventDatabase",
    "EventDatabaseArgs",
    "EventDatabaseConfig",
    "ExternalTemplates",
    "ExternalTemplatesArgs",
    "ExternalTemplatesConfig",
    "FederatedSegmentation",
    "FederatedSegmentationArgs",
    "FederatedSegmentationConfig",
    "FilterHook",
    "FilterHookArgs",
    "Foundation",
    "FoundationArgs",
    "ImportValidateCampaign",
    "ImportValidateCampaignArgs",
    "ImportValidateCampaignConfig",
    "Layer",
    "MessageArchiver",
    "MessageArchiverArgs",
    "MessageArchiverConfig",
    "PhoneNumberValidate",
    "PhoneNumberValidateArgs",
    "PhoneNumberValidateConfig",
    "PinpointEventProcessing",
    "PinpointEventProcessingArgs",
    "PinpointEventProcessingConfig",
    "ProjectConfig",
    "S3TriggeredImport",
    "S3TriggeredImportArgs",
    "S3TriggeredImportConfig",
    "SelfManagedOptOuts",
    "SelfManagedOptOutsArgs",
    "SelfManagedOptOutsConfig",
    "SendTimeAttributes",
    "SendTimeAttributesArgs",
    "SendTimeAttributesConfig",
    "SesAutoReply",
    "SesAutoReplyArgs",
    "SesAutoReplyConfig",
    "SesEventProcessing",
    "SesEventProcessingArgs",
    "SesEventProcessingConfig",
    "SimpleCms",
    "SimpleCmsArgs",
    "SimpleCmsConfig",
    "SmsS3Drop",
    "SmsS3DropArgs",
    "SmsS3DropConfig",
    "WhatsAppChannel",
    "WhatsAppChannelArgs",
    "WhatsAppChannelConfig",
]

_OTHERS = {
    "Account": "building_blocks.account",
    "CampaignHookConfig": "engagement.hooks",
    "EngagementProject": "engagement.project",
    "FilterHook": "engagement.filter_hook",
    "FilterHookArgs": "engagement.filter_hook",
    "Foundation": "engagement.foundation",
    "FoundationArgs": "engagement.foundation",
    "Layer": "building_blocks.layer",
    "ProjectConfig": "engagement.project_config",
    "WhatsAppChannel": "whatsapp_channel",
    "WhatsAppChannelArgs": "whatsapp_channel",
    "WhatsAppChannelConfig": "whatsapp_channel",
}
"""The module of components/ of what is not named after its own."""


def __getattr__(name: str) -> Any:
    """The name, from its module, which is imported when first asked for: pulumi-aws takes a second."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _OTHERS.get(name) or _architecture(name)
    return getattr(import_module(f"{__name__}.components.{module}"), name)


def _architecture(name: str) -> str:
    """`SmsS3DropArgs` is in components/sms_s3_drop.py."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.removesuffix("Args").removesuffix("Config"))
    return words.lower()


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
