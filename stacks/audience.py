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
from stacks import dashboards, keys
from stacks.references import ReferencesConfig, project_of_foundation

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
    "importStatusTopicArn": "Topic of the import's notifications (started, success, failure).",
    "importStateMachineArn": 'State machine that imports one file; input `{"S3URL": "s3://bucket/key"}`.',
    "importBucketName": "Bucket that files are dropped into.",
    "importPrefix": "Key prefix that files are dropped under.",
    "importRoleArn": "Role that import jobs read the files with.",
    "suppressionStatusTopicArn": "Topic of the notifications about lists of suppressed addresses (started, success, failure).",
    "suppressionStateMachineArn": 'State machine that works off one list; input `{"S3URL": "s3://bucket/key"}`.',
    "suppressPrefix": "Key prefix that lists of addresses are dropped under.",
    "phoneValidateStateMachineArn": "State machine that validates all unverified numbers; any input.",
    "phoneValidateNotificationTopicArn": "Topic of the validation's notifications (success, failure).",
    "segmentationErrorsBucketName": "Bucket with the events that segmentation could not handle (`errors/`).",
    "federatedSegmentationStateMachineArn": "State machine that makes a segment or attributes of a query's result; "
    'input `{"Query", "Type": "direct", "SegmentName", "SegmentId"?}` or `{"Query", "Type": "mutate"}`.',
    "federatedSegmentationTopicArn": "Topic of its notifications (started, success, failure).",
    "federatedSegmentationWorkgroupName": "Athena workgroup that the queries run in.",
    "federatedSegmentationResultsBucketName": "Bucket with the queries' results (`results/`) and reports (`reports/`).",
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
        exports |= {
            "importStatusTopicArn": imports.import_status_topic_arn,
            "importStateMachineArn": imports.import_state_machine_arn,
            "importBucketName": imports.import_bucket_name,
            "importPrefix": imports.import_prefix,
            "importRoleArn": imports.import_role_arn,
            "suppressionStatusTopicArn": imports.suppression_status_topic_arn,
            "suppressionStateMachineArn": imports.suppression_state_machine_arn,
            "suppressPrefix": imports.suppress_prefix,
        }
    if settings["phoneNumberValidate"].enabled:
        validation = PhoneNumberValidate(
            "phone-number-validate", PhoneNumberValidateArgs(config=settings["phoneNumberValidate"], project=project)
        )
        exports |= {
            "phoneValidateStateMachineArn": validation.phone_validate_state_machine_arn,
            "phoneValidateNotificationTopicArn": validation.phone_validate_notification_topic_arn,
        }
    if settings["eventBasedSegmentation"].enabled:
        segmentation = EventBasedSegmentation(
            "event-based-segmentation",
            EventBasedSegmentationArgs(config=settings["eventBasedSegmentation"], project=project),
        )
        exports["segmentationErrorsBucketName"] = segmentation.errors_bucket_name
    if settings["federatedSegmentation"].enabled:
        federated = FederatedSegmentation(
            "federated-segmentation",
            FederatedSegmentationArgs(config=settings["federatedSegmentation"], project=project),
        )
        exports |= {
            "federatedSegmentationStateMachineArn": federated.federated_segmentation_state_machine_arn,
            "federatedSegmentationTopicArn": federated.federated_segmentation_topic_arn,
            "federatedSegmentationWorkgroupName": federated.federated_segmentation_workgroup_name,
            "federatedSegmentationResultsBucketName": federated.federated_segmentation_results_bucket_name,
        }
    return exports


@dashboards.drawn
@failures.listed
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = keys.load(MODELS)
    if not any(settings[key].enabled for key in ARCHITECTURES):
        return {}
    return compose(settings, await project_of_foundation(settings["references"], environment))
