from __future__ import annotations

import json

import pydantic
import pytest

from components.building_blocks.bucket import BucketConfig
from components.message_archiver import OPERATIONS, MessageArchiver, MessageArchiverArgs, MessageArchiverConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

NAME = "message-archiver"
BUCKET = f"arn:aws:s3:::{NAME}-bucket"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-queue"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{NAME}-dead-letters"


def built(platform="hosted", **config):
    def program():
        component = MessageArchiver(
            NAME, MessageArchiverArgs(MessageArchiverConfig(enabled=True, **config), projects.project(platform))
        )
        return {"bucket": component.bucket_name, "prefix": component.archive_prefix}

    return record(program)


@pytest.fixture(scope="module")
def recorder():
    return built()


def test_each_function_may_do_what_it_does_and_no_more(recorder):
    assert projects.grants(recorder, f"{NAME}-transformation") == [
        allow(["sqs:SendMessage"], QUEUE),
        allow(["s3:PutObject"], f"{BUCKET}/errors/*"),
    ]
    assert projects.grants(recorder, f"{NAME}-archiver") == [
        allow(["s3:PutObject"], f"{BUCKET}/archive/*"),
        allow(["sqs:SendMessage"], DEAD),
        *projects.CALLS_API,
    ]
    prefixes = ["archive/*", "sends/*", "errors/*"]
    objects = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"]
    assert projects.grants(recorder, f"{NAME}-records") == [
        allow(["s3:ListBucket"], BUCKET, StringLike={"s3:prefix": ["archive/*"]}),
        allow(["s3:ListBucketVersions"], BUCKET, StringLike={"s3:prefix": prefixes}),
        allow(objects, [f"{BUCKET}/{prefix}" for prefix in prefixes]),
    ]


def test_the_delivery_may_do_what_it_does_and_no_more(recorder):
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAME}-transformation-function:$LATEST"
    assert projects.grants(recorder, f"{NAME}-delivery") == [
        allow(
            ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"],
            str(projects.project().event_stream_arn),
        ),
        allow(["lambda:GetFunctionConfiguration", "lambda:InvokeFunction"], function),
        allow(["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"], BUCKET),
        allow(["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], [f"{BUCKET}/sends/*", f"{BUCKET}/errors/*"]),
    ]


def test_on_pinpoint_the_archiver_reads_the_one_project():
    statements = projects.grants(built("pinpoint"), f"{NAME}-archiver")
    actions = {action for statement in statements for action in statement["Action"]}
    assert actions == {"s3:PutObject", "sqs:SendMessage", *(f"mobiletargeting:{name}" for name in OPERATIONS)}


def test_the_functions_get_exactly_the_variables_that_they_read(recorder):
    for function, model in (("transformation", "TransformationEnvironment"), ("records", "RecordsEnvironment")):
        assert projects.environment(recorder, f"{NAME}-{function}") == projects.read_by("message_archiver", model)
    assert projects.environment(recorder, f"{NAME}-archiver") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("message_archiver", "ArchiverEnvironment"),
    }


def test_the_archiver_takes_ten_messages_and_says_which_failed(recorder):
    source = recorder.one("EventSourceMapping").inputs
    assert source["eventSourceArn"] == QUEUE
    assert (source["batchSize"], source["functionResponseTypes"]) == (10, ["ReportBatchItemFailures"])
    assert source["scalingConfig"] == {"maximumConcurrency": 10}
    queue = next(found for found in recorder.of("Queue") if found.name == f"{NAME}-queue")
    timeout = recorder.one("Function", f"{NAME}-archiver-function").inputs["timeout"]
    assert queue.inputs["visibilityTimeoutSeconds"] >= 6 * timeout


def test_its_delivery_is_its_own_on_the_projects_stream(recorder):
    stream = recorder.one("FirehoseDeliveryStream").inputs
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == projects.project().event_stream_arn
    assert stream["extendedS3Configuration"]["prefix"] == "sends/!{timestamp:yyyy/MM/dd/HH}/"


def test_the_archive_stays_unless_config_says_otherwise(recorder):
    def days(of):
        rules = of.one("BucketLifecycleConfiguration").inputs["rules"]
        return {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in rules if "expiration" in rule}

    assert days(recorder) == {"sends/": 30, "errors/": 90}
    assert days(built(retention_days=365, prefix="mail/kept/")) == {"mail/kept/": 365, "sends/": 30, "errors/": 90}


def test_another_prefix_goes_to_every_function():
    recorder = built(prefix="mail/kept/")
    assert recorder.outputs["prefix"] == "mail/kept/"
    for found in recorder.of("Function"):
        assert found.inputs["environment"]["variables"]["ARCHIVE_PREFIX"] == "mail/kept/"
    assert allow(["s3:PutObject"], f"{BUCKET}/mail/kept/*") in projects.grants(recorder, f"{NAME}-archiver")


def test_alarms_reach_the_projects_topic(recorder):
    alarms = {found.name: found.inputs for found in recorder.of("MetricAlarm")}
    assert set(alarms) == {f"{NAME}-dead-letters-alarm", f"{NAME}-behind-alarm"}
    assert all(found["alarmActions"] == [projects.ALERTS] for found in alarms.values())
    assert json.dumps(alarms[f"{NAME}-behind-alarm"]["dimensions"])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"prefix": "archive"}, "end in /"),
        ({"prefix": "/archive/"}, "end in /"),
        ({"prefix": "sends/"}, "other than sends/"),
        ({"maximum_concurrency": 1}, "greater than or equal to 2"),
        ({"bucket": BucketConfig(existing="abc"), "retention_days": 3}, "existing bucket"),
    ],
)
def test_config_that_cannot_work_is_refused(config, message):
    with pytest.raises(pydantic.ValidationError, match=message):
        MessageArchiverConfig(**config)
