"""Stack `audience`: who can be reached. Imports endpoints, validates their numbers, notes what they do, queries about them."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.engagement.project import EngagementProject
from components.event_based_segmentation import (
    EventBasedSegmentation,
    EventBasedSegmentationArgs,
    EventBasedSegmentationConfig,
)
from components.federated_segmentation import (
    FederatedSegmentation,
    FederatedSegmentationArgs,
    FederatedSegmentationConfig,
)
from components.phone_number_validate import PhoneNumberValidate, PhoneNumberValidateArgs, PhoneNumberValidateConfig
from components.s3_triggered_import import S3TriggeredImport, S3TriggeredImportArgs, S3TriggeredImportConfig
from stacks import keys
from stacks.on_project import on_project
from stacks.references import ReferencesConfig

READERS = ("eventBasedSegmentation",)
"""Architectures that read the event stream."""
ARCHITECTURES = {
    "s3TriggeredImport": S3TriggeredImportConfig,
    "phoneNumberValidate": PhoneNumberValidateConfig,
    "eventBasedSegmentation": EventBasedSegmentationConfig,
    "federatedSegmentation": FederatedSegmentationConfig,
}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    **S3TriggeredImport.exported(),
    **PhoneNumberValidate.exported(),
    **EventBasedSegmentation.exported(),
    **FederatedSegmentation.exported(),
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    project.check_readers(*(key for key in READERS if settings[key].enabled))
    exports: dict[str, Any] = {}
    if settings["s3TriggeredImport"].enabled:
        imports = S3TriggeredImport(
            "s3-triggered-import", S3TriggeredImportArgs(config=settings["s3TriggeredImport"], project=project)
        )
        exports |= imports.exports()
    if settings["phoneNumberValidate"].enabled:
        validation = PhoneNumberValidate(
            "phone-number-validate", PhoneNumberValidateArgs(config=settings["phoneNumberValidate"], project=project)
        )
        exports |= validation.exports()
    if settings["eventBasedSegmentation"].enabled:
        segmentation = EventBasedSegmentation(
            "event-based-segmentation",
            EventBasedSegmentationArgs(config=settings["eventBasedSegmentation"], project=project),
        )
        exports |= segmentation.exports()
    if settings["federatedSegmentation"].enabled:
        federated = FederatedSegmentation(
            "federated-segmentation",
            FederatedSegmentationArgs(config=settings["federatedSegmentation"], project=project),
        )
        exports |= federated.exports()
    return exports


program = on_project(MODELS, ARCHITECTURES, compose)
"""Exports what EXPORTS describes, of the architectures that are enabled."""
