"""Stack `campaigns`: what is sent."""

from collections.abc import Mapping
from typing import Any

from components import config
from components.building_blocks import failures
from components.campaign_create import CampaignCreate, CampaignCreateArgs, CampaignCreateConfig
from components.connect_channel import ConnectChannel, ConnectChannelConfig
from components.custom_channel import CustomChannel, CustomChannelArgs
from components.engagement.filter_hook import FilterHook, FilterHookArgs, HookFilter
from components.engagement.hooks import CampaignHookConfig, Mode, conflicts
from components.engagement.project import EngagementProject
from components.external_templates import ExternalTemplates, ExternalTemplatesArgs, ExternalTemplatesConfig
from components.send_time_attributes import SendTimeAttributes, SendTimeAttributesArgs, SendTimeAttributesConfig
from components.whatsapp_channel import WhatsAppChannel, WhatsAppChannelConfig
from stacks import keys
from stacks.on_project import on_project
from stacks.references import ReferencesConfig

ARCHITECTURES = {
    "campaignCreate": CampaignCreateConfig,
    "sendTimeAttributes": SendTimeAttributesConfig,
    "externalTemplates": ExternalTemplatesConfig,
    "connectChannel": ConnectChannelConfig,
    "whatsAppChannel": WhatsAppChannelConfig,
}
SHARED = {"campaignHook": CampaignHookConfig}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **SHARED, **ARCHITECTURES}

FILTERS: dict[str, Mode] = {"sendTimeAttributes": "FILTER", "externalTemplates": "FILTER"}
"""Architectures that edit endpoints in the project's campaign hook, in this order: templates print the attributes."""

CHANNELS: dict[str, type[CustomChannel[Any]]] = {
    channel.architecture: channel for channel in (ConnectChannel, WhatsAppChannel)
}
"""Architectures that send in a campaign's place."""

EXPORTS = {
    **CampaignCreate.exported(),
    **SendTimeAttributes.exported(),
    **ExternalTemplates.exported(),
    **FilterHook.exported(),
    failures.EXPORT: failures.DESCRIPTION,
    **{name: text for channel in CHANNELS.values() for name, text in channel.exported().items()},
}


def check(settings: Mapping[str, Any]) -> None:
    """Raises ConfigError where architectures that are enabled claim the project's one campaign hook against each other."""
    claims = hook_claims(settings)
    if problems := conflicts(claims):
        raise config.problems_error(problems)


def hook_claims(settings: Mapping[str, Any]) -> dict[str, Mode]:
    """The architectures that are enabled and whose hook becomes the project's, with its mode."""
    filters = FILTERS if settings["campaignHook"].registered else {}
    channels: dict[str, Mode] = {key: "DELIVERY" for key in CHANNELS if settings[key].registration == "project"}
    claims: dict[str, Mode] = {**filters, **channels}
    return {key: mode for key, mode in claims.items() if settings[key].enabled}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    exports: dict[str, Any] = {}
    if settings["campaignCreate"].enabled:
        campaigns = CampaignCreate(
            "campaign-create", CampaignCreateArgs(config=settings["campaignCreate"], project=project)
        )
        exports |= campaigns.exports()
    return exports | _filter_hook(settings, project) | _channels(settings, project)


def _filter_hook(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    exports: dict[str, Any] = {}
    filters: list[HookFilter] = []
    if settings["sendTimeAttributes"].enabled:
        attributes = SendTimeAttributes(
            "send-time-attributes", SendTimeAttributesArgs(config=settings["sendTimeAttributes"], project=project)
        )
        filters.append(attributes.hook_filter)
        exports |= attributes.exports()
    if settings["externalTemplates"].enabled:
        templates = ExternalTemplates(
            "external-templates", ExternalTemplatesArgs(config=settings["externalTemplates"], project=project)
        )
        filters.append(templates.hook_filter)
        exports |= templates.exports()
    if filters:
        hook = FilterHook("campaign-hook", FilterHookArgs(settings["campaignHook"], project, filters))
        exports |= hook.exports()
    return exports


def _channels(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    exports: dict[str, Any] = {}
    for key, kind in CHANNELS.items():
        if settings[key].enabled:
            channel = kind(kind.package.replace("_", "-"), CustomChannelArgs(config=settings[key], project=project))
            exports |= channel.exports()
    return exports


program = on_project(MODELS, ARCHITECTURES, compose, check)
"""Exports what EXPORTS describes, of the architectures that are enabled."""
