"""Stack `sms`: files of text messages are sent, and who wants none gets none."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks import failures
from components.engagement.project import EngagementProject
from components.self_managed_opt_outs import SelfManagedOptOuts, SelfManagedOptOutsArgs, SelfManagedOptOutsConfig
from components.sms_s3_drop import SmsS3Drop, SmsS3DropArgs, SmsS3DropConfig
from stacks import dashboards, keys
from stacks.references import ReferencesConfig, project_of_foundation

ARCHITECTURES = {"selfManagedOptOuts": SelfManagedOptOutsConfig, "smsS3Drop": SmsS3DropConfig}
MODELS = {**keys.OF_EVERY_STACK, "references": ReferencesConfig, **ARCHITECTURES}

EXPORTS = {
    "twoWayTopicArn": "Topic that two-way phone numbers publish the messages to that they receive.",
    "optOutTopicArn": "Topic with one message for each number that was opted out or in again; attribute `status`: OUT "
    "or IN.",
    "optOutTableName": "Table of the numbers that were ever opted out or in, with since when.",
    "optOutListName": "Opt-out list of End User Messaging that is kept in step.",
    "optOutRecordsFunctionName": "Function that tells who is opted out, and since when; input "
    '`{"operation": "list"}` or `{"operation": "get", "Address": "+..."}`.',
    "optOutDeadLetterQueueUrl": "Queue of the inbound messages that could not be handled.",
    "smsDropBucketName": "Bucket that files of text messages are dropped into.",
    "smsDropPrefix": "Key prefix that files of text messages are dropped under.",
    "smsDropTopicArn": "Topic of the files' notifications (started, success, failure).",
    "smsDropStateMachineArn": 'State machine that sends one file; input `{"S3URL": "s3://bucket/key"}`.',
    "smsDropQueueUrl": "Queue of the texts that wait for their turn.",
    "smsDropTableName": "Table that remembers which rows were sent.",
    failures.EXPORT: failures.DESCRIPTION,
}


def compose(settings: Mapping[str, Any], project: EngagementProject) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    exports: dict[str, Any] = {}
    if settings["selfManagedOptOuts"].enabled:
        opt_outs = SelfManagedOptOuts(
            "self-managed-opt-outs", SelfManagedOptOutsArgs(config=settings["selfManagedOptOuts"], project=project)
        )
        exports |= {
            "twoWayTopicArn": opt_outs.two_way_topic_arn,
            "optOutTopicArn": opt_outs.opt_out_topic_arn,
            "optOutTableName": opt_outs.table_name,
            "optOutListName": opt_outs.opt_out_list_name,
            "optOutRecordsFunctionName": opt_outs.records_function_name,
            "optOutDeadLetterQueueUrl": opt_outs.dead_letter_queue_url,
        }
    if settings["smsS3Drop"].enabled:
        drop = SmsS3Drop("sms-s3-drop", SmsS3DropArgs(config=settings["smsS3Drop"], project=project))
        exports |= {
            "smsDropBucketName": drop.sms_drop_bucket_name,
            "smsDropPrefix": drop.sms_drop_prefix,
            "smsDropTopicArn": drop.sms_drop_topic_arn,
            "smsDropStateMachineArn": drop.sms_drop_state_machine_arn,
            "smsDropQueueUrl": drop.sms_drop_queue_url,
            "smsDropTableName": drop.sms_drop_table_name,
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
