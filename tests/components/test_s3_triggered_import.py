from __future__ import annotations

import json

import pytest

from components.building_blocks.bucket import BucketConfig
from components.s3_triggered_import import S3TriggeredImport, S3TriggeredImportArgs, S3TriggeredImportConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "s3-triggered-import"


def built(platform="hosted", **config):
    def program():
        component = S3TriggeredImport(
            NAME, S3TriggeredImportArgs(S3TriggeredImportConfig(enabled=True, **config), projects.project(platform))
        )
        return {
            "topic": component.import_status_topic_arn,
            "machine": component.import_state_machine_arn,
            "bucket": component.import_bucket_name,
            "prefix": component.import_prefix,
            "role": component.import_role_arn,
        }

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def test_the_import_role_reads_the_files_under_the_prefix_and_lists_only_there(recorder):
    bucket = f"arn:aws:s3:::{NAME}-files-bucket"
    assert projects.grants(recorder, f"{NAME}-import") == [
        allow(["s3:GetObject"], f"{bucket}/import/*"),
        allow(["s3:ListBucket"], bucket, StringLike={"s3:prefix": "import/*"}),
    ]
    role = recorder.one("Role", f"{NAME}-import-role")
    assert role.inputs["path"] == "/engagement/"
    assert json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]["Principal"] == {"AWS": [projects.JOB_ROLE]}


def test_a_key_of_an_existing_bucket_may_be_used_to_read():
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abc"
    for recorder in (
        built(bucket=BucketConfig(existing="their-files"), bucket_key_arn=key),
        built(bucket=BucketConfig(existing="their-files", key_arn=key)),
    ):
        assert projects.grants(recorder, f"{NAME}-import")[-1] == projects.by_s3(["kms:Decrypt"], key)


def test_each_function_may_do_what_it_does_and_no_more(recorder):
    machine = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-machine"
    dead_letters = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-files-dead-letters"
    assert projects.grants(recorder, f"{NAME}-tasks") == projects.CALLS_API
    assert projects.grants(recorder, f"{NAME}-starter") == [
        allow(["states:StartExecution"], machine),
        allow(["sqs:SendMessage"], dead_letters),
    ]
    assert projects.grants(recorder, NAME) == [
        allow(["lambda:InvokeFunction"], f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-tasks-function"),
        allow(["sns:Publish"], f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-status-topic"),
        *projects.PUBLISHES,
    ]


def test_on_pinpoint_the_tasks_start_jobs_of_the_one_project_with_the_one_role():
    statements = projects.grants(built("pinpoint"), f"{NAME}-tasks")
    actions = {action for statement in statements for action in statement["Action"]}
    assert actions == {"mobiletargeting:CreateImportJob", "mobiletargeting:GetImportJob", "iam:PassRole"}
    role = f"arn:aws:iam::{ACCOUNT}:role/engagement/{NAME}-import-role"
    assert allow(["iam:PassRole"], role, StringEquals={"iam:PassedToService": "pinpoint.amazonaws.com"}) in statements


def test_the_functions_get_exactly_the_variables_that_they_read(recorder):
    assert projects.environment(recorder, f"{NAME}-tasks") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("s3_triggered_import", "ImportEnvironment"),
    }
    assert projects.environment(recorder, f"{NAME}-starter") == projects.read_by("file_trigger", "StarterEnvironment")


def test_files_under_the_prefix_of_the_bucket_reach_the_queue(recorder):
    pattern = json.loads(recorder.one("EventRule", f"{NAME}-files-rule").inputs["eventPattern"])
    assert pattern == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [f"{NAME}-files-bucket"]}, "object": {"key": [{"prefix": "import/"}]}},
    }
    assert (
        recorder.one("EventTarget", f"{NAME}-files-target").inputs["arn"]
        == f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-files-queue"
    )


def test_a_bucket_of_ours_delivers_to_eventbridge_by_itself(recorder):
    assert recorder.one("BucketNotification").inputs["eventbridge"] is True
    assert not recorder.of("Invocation")


def test_an_existing_bucket_is_only_told_to_deliver_and_nothing_else_of_it_is_touched():
    recorder = built(bucket=BucketConfig(existing="their-files"))
    assert not [found.type for found in recorder.resources if found.type.startswith("aws:s3/")]
    invocation = json.loads(recorder.one("Invocation").inputs["input"])
    assert invocation == {"Bucket": "their-files", "Owner": f"engagement/everything/{NAME}"}
    assert projects.grants(recorder, f"{NAME}-bucket-events") == [
        allow(
            ["s3:GetBucketNotification", "s3:PutBucketNotification", "s3:GetBucketTagging", "s3:PutBucketTagging"],
            "arn:aws:s3:::their-files",
        )
    ]
    assert projects.environment(recorder, f"{NAME}-bucket-events") == set()
    assert recorder.outputs["bucket"] == "their-files"


def test_the_outputs_are_the_contracts(recorder):
    assert recorder.outputs == {
        "topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-status-topic",
        "machine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-machine",
        "bucket": f"{NAME}-files-bucket",
        "prefix": "import/",
        "role": f"arn:aws:iam::{ACCOUNT}:role/engagement/{NAME}-import-role",
    }


def test_the_state_machine_is_valid_and_publishes_the_contracts_messages(recorder, tmp_path):
    definition = recorder.one("StateMachine", f"{NAME}-machine").inputs["definition"]
    assert projects.lint(definition, tmp_path) == ""
    states = json.loads(definition)["States"]
    sent = {
        name: (task["Parameters"]["Subject"], task["Parameters"]["Message"])
        for name, task in states.items()
        if "Notify" in name
    }
    assert sent == {
        "NotifyStarted": ("Amazon Pinpoint Import Started", {"Message": "Import Started", "Input.$": "$.Input"}),
        "NotifySucceeded": (
            "Amazon Pinpoint Import Successful",
            {"Message": "Import Successful", "ImportResult.$": "$.Run.Payload.Result"},
        ),
        "NotifyFailed": (
            "Amazon Pinpoint Import Failed",
            {"Message": "Import Failed", "ImportResult.$": "$.Run.Payload.Result", "Input.$": "$.Input"},
        ),
    }


@pytest.mark.parametrize(
    "config",
    [
        {"format": "XML"},
        {"prefix": "/import"},
        {"prefix": "im*port"},
        {"pollSeconds": 1, "timeoutMinutes": 600},
        {"bucket": {"existing": "a-bucket", "new": {}}},
        {"buckets": {}},
        {"suppressPrefix": "import/suppress/"},
        {"suppressPrefix": "import/"},
        {"prefix": "suppress-reports/x"},
        {"suppressPrefix": "sup"},
        {"suppressOptOutLists": []},
        {"suppressOptOutLists": ["a list"]},
    ],
)
def test_bad_config_is_refused(config):
    with pytest.raises(ValueError):
        S3TriggeredImportConfig.model_validate(config)


def test_the_suppression_drop_reads_its_files_writes_reports_and_adds_to_lists_alone(recorder):
    bucket = f"arn:aws:s3:::{NAME}-files-bucket"
    assert projects.grants(recorder, f"{NAME}-suppress-tasks") == [
        *projects.CALLS_API,
        allow(["s3:GetObject"], f"{bucket}/suppress/*"),
        allow(["s3:ListBucket"], bucket, StringLike={"s3:prefix": "suppress/*"}),
        allow(["s3:PutObject"], f"{bucket}/suppress-reports/*"),
        allow(["ses:PutSuppressedDestination"], "*"),
        allow(["sms-voice:PutOptedOutNumber"], f"arn:aws:sms-voice:{REGION}:{ACCOUNT}:opt-out-list/Default"),
    ]
    assert projects.environment(recorder, f"{NAME}-suppress-tasks") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("suppression_drop", "SuppressionDropEnvironment"),
    }
    rule = recorder.one("EventRule", f"{NAME}-suppress-files-rule")
    assert json.loads(rule.inputs["eventPattern"])["detail"]["object"] == {"key": [{"prefix": "suppress/"}]}


def test_on_pinpoint_the_suppression_drop_calls_nothing_of_the_project():
    actions = {
        action for one in projects.grants(built("pinpoint"), f"{NAME}-suppress-tasks") for action in one["Action"]
    }
    assert not [action for action in actions if action.startswith("mobiletargeting:")]


def test_the_state_machine_of_the_drop_is_valid_and_has_a_topic_of_its_own(recorder, tmp_path):
    definition = recorder.one("StateMachine", f"{NAME}-suppress-machine").inputs["definition"]
    assert projects.lint(definition, tmp_path) == ""
    told = json.loads(definition)["States"]["NotifySucceeded"]["Parameters"]
    assert told["Subject"] == "Amazon Pinpoint Suppression Successful"
    assert told["TopicArn"] == f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}-suppress-status-topic"


def test_without_a_prefix_there_is_no_suppression_drop():
    assert not [found.name for found in built(suppress_prefix="").resources if "suppress" in found.name]


def test_a_list_for_a_bucket_with_a_key_may_use_it():
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abc"
    found = projects.grants(built(bucket=BucketConfig(existing="their-files", key_arn=key)), f"{NAME}-suppress-tasks")
    assert projects.by_s3(["kms:Decrypt", "kms:GenerateDataKey"], key) in found
