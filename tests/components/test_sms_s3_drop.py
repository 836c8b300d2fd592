from __future__ import annotations

import json

import pytest

from components.building_blocks.bucket import BucketConfig
from components.engagement.origination_rates import NumberRateConfig, RatesConfig
from components.sms_s3_drop import SmsS3Drop, SmsS3DropArgs, SmsS3DropConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "sms-s3-drop"
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAME}-ledger"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-texts-queue"


def built(platform="hosted", **config):
    def program():
        component = SmsS3Drop(NAME, SmsS3DropArgs(SmsS3DropConfig(enabled=True, **config), projects.project(platform)))
        return {"bucket": component.sms_drop_bucket_name, "prefix": component.sms_drop_prefix}

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def test_each_function_may_do_what_it_does_and_no_more(recorder):
    bucket = f"arn:aws:s3:::{NAME}-files-bucket"
    assert projects.grants(recorder, f"{NAME}-tasks") == [
        allow(["s3:GetObject", "s3:GetObjectVersion"], f"{bucket}/texts/*"),
        allow(
            ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            [f"{bucket}/results/*", f"{bucket}/errors/*"],
        ),
        allow(["s3:ListBucket"], bucket, StringLike={"s3:prefix": "texts/*"}),
        allow(
            [
                "dynamodb:BatchWriteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            TABLE,
        ),
        allow(["sqs:SendMessage"], QUEUE),
    ]
    assert projects.grants(recorder, f"{NAME}-sender") == [
        *projects.CALLS_API,
        allow(["sms-voice:DescribePhoneNumbers"], "*"),
        allow([f"dynamodb:{verb}Item" for verb in ("BatchGet", "BatchWrite", "Get", "Put", "Update")], TABLE),
        allow(["sqs:ChangeMessageVisibility"], QUEUE),
    ]
    assert projects.grants(recorder, f"{NAME}-undelivered") == [
        allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], TABLE)
    ]


def test_on_pinpoint_the_sender_sends_messages_of_the_one_project():
    assert allow(["mobiletargeting:SendMessages"], f"{projects.APP}/messages") in projects.grants(
        built("pinpoint"), f"{NAME}-sender"
    )


def test_the_functions_get_exactly_the_variables_that_they_read(recorder):
    assert projects.environment(recorder, f"{NAME}-tasks") == projects.read_by("sms_s3_drop", "RunEnvironment")
    assert projects.environment(recorder, f"{NAME}-sender") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("sms_s3_drop", "SenderEnvironment"),
    }
    assert projects.environment(recorder, f"{NAME}-undelivered") == projects.read_by(
        "sms_s3_drop", "UndeliveredEnvironment"
    )


def test_the_queue_keeps_order_within_a_number_and_outlasts_every_deadline(recorder):
    queue = recorder.one("Queue", f"{NAME}-texts-queue").inputs
    assert (queue["fifoQueue"], queue["deduplicationScope"], queue["fifoThroughputLimit"]) == (
        True,
        "messageGroup",
        "perMessageGroupId",
    )
    assert queue["messageRetentionSeconds"] > 312 * 3600
    sender = recorder.one("Function", f"{NAME}-sender-function").inputs
    assert queue["visibilityTimeoutSeconds"] >= 6 * sender["timeout"]
    undelivered = recorder.one("Function", f"{NAME}-undelivered-function").inputs
    receives = undelivered["environment"]["variables"]["MAX_RECEIVES"]
    assert json.loads(queue["redrivePolicy"])["maxReceiveCount"] == int(receives) == 200


def test_what_the_queue_gives_up_reaches_a_function(recorder):
    dead = recorder.one("Queue", f"{NAME}-texts-dead-letters")
    (mapping,) = [
        found for found in recorder.of("EventSourceMapping") if found.inputs["eventSourceArn"] == dead.outputs["arn"]
    ]
    assert mapping.inputs["functionName"].endswith(f"{NAME}-undelivered-function")
    # SQS's own visibility timeout, which the queue leaves as it is.
    assert recorder.one("Function", f"{NAME}-undelivered-function").inputs["timeout"] <= 30


def test_rates_reach_the_sender_by_type_and_by_number():
    rates = RatesConfig(ten_dlc=40, numbers=(NumberRateConfig(number="+12065550100", per_second=5),))
    variables = built(rates=rates).one("Function", f"{NAME}-sender-function").inputs["environment"]["variables"]
    assert json.loads(variables["RATES"]) == {
        "types": {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 40, "SHORT_CODE": 100, "SENDER_ID": 10},
        "numbers": {"+12065550100": 5},
    }


def test_the_table_outlives_the_stack_unless_config_says_otherwise(recorder):
    assert recorder.one("Table").inputs["deletionProtectionEnabled"] is True
    assert built(retain_data=False).one("Table").inputs["deletionProtectionEnabled"] is False


def test_an_existing_bucket_is_told_to_deliver_and_may_have_a_key():
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/abc"
    recorder = built(bucket=BucketConfig(existing="their-files", key_arn=key))
    assert json.loads(recorder.one("Invocation").inputs["input"])["Bucket"] == "their-files"
    granted = projects.by_s3(["kms:Decrypt", "kms:GenerateDataKey"], key)
    assert granted in projects.grants(recorder, f"{NAME}-tasks")
    former = built(bucket=BucketConfig(existing="their-files"), bucket_key_arn=key)
    assert granted in projects.grants(former, f"{NAME}-tasks")


def test_the_state_machine_is_valid_and_publishes_started_success_and_failure(recorder, tmp_path):
    definition = recorder.one("StateMachine", f"{NAME}-machine").inputs["definition"]
    assert projects.lint(definition, tmp_path) == ""
    states = json.loads(definition)["States"]
    assert {
        name: (task["Parameters"]["Subject"], sorted(task["Parameters"]["Message"]))
        for name, task in states.items()
        if name.startswith("Notify")
    } == {
        "NotifyStarted": ("Amazon Pinpoint SMS Drop Started", ["Input.$", "Message"]),
        "NotifySucceeded": ("Amazon Pinpoint SMS Drop Successful", ["Message", "SmsDropResult.$"]),
        "NotifyFailed": ("Amazon Pinpoint SMS Drop Failed", ["Input.$", "Message", "SmsDropResult.$"]),
    }
    function = recorder.one("Function", f"{NAME}-tasks-function").inputs
    assert states["Poll"]["TimeoutSeconds"] > function["timeout"]
    assert states["Wait"]["SecondsPath"] == "$.Run.Payload.Wait"


@pytest.mark.parametrize(
    "config",
    [
        {"prefix": "results/"},
        {"prefix": "errors/new/"},
        {"prefix": "res"},
        {"prefix": "/texts"},
        {"deadlineHours": 313},
        {"originationNumber": "pool-0123456789"},
        {"messageType": "MARKETING"},
        {"rates": {"longCode": 0}},
        {"rates": {"numbers": [{"number": "+1206", "perSecond": 1}, {"number": "+12065550100", "perSecond": 0}]}},
        {"rates": {"numbers": [{"number": "12345", "perSecond": 1}, {"number": "12345", "perSecond": 2}]}},
    ],
)
def test_bad_config_is_refused(config):
    with pytest.raises(ValueError):
        SmsS3DropConfig.model_validate_json(json.dumps(config))
