"""Stack `sms`: files of text messages are sent, and who wants none gets none."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.engagement.project import EngagementProject
from components.self_managed_opt_outs import SelfManagedOptOuts, SelfManagedOptOutsArgs, SelfManagedOptOutsConfig
from components.sms_s3_drop import SmsS3Drop, SmsS3DropArgs, SmsS3DropConfig
from stacks import keys
from stacks.on_project import on_project
from stacks.references import ReferencesConfig

ARCHITECTURES = {"selfManagedOptOuts": SelfManagedOptOutsConfig, "smsS3Drop": SmsS3DropConfig}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    **SelfManagedOptOuts.exported(),
    **SmsS3Drop.exported(),
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    exports: dict[str, Any] = {}
    if settings["selfManagedOptOuts"].enabled:
        opt_outs = SelfManagedOptOuts(
            "self-managed-opt-outs", SelfManagedOptOutsArgs(config=settings["selfManagedOptOuts"], project=project)
        )
        exports |= opt_outs.exports()
    if settings["smsS3Drop"].enabled:
        drop = SmsS3Drop("sms-s3-drop", SmsS3DropArgs(config=settings["smsS3Drop"], project=project))
        exports |= drop.exports()
    return exports


program = on_project(MODELS, ARCHITECTURES, compose)
"""Exports what EXPORTS describes, of the architectures that are enabled."""
