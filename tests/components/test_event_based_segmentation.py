"""Architecture 9: grants, environment, the stream, rules."""

from __future__ import annotations

import json

import pydantic
import pytest

from components.event_based_segmentation import (
    EventBasedSegmentation,
    EventBasedSegmentationArgs,
    EventBasedSegmentationConfig,
)
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events"


def sqs(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def segmentation(platform="hosted", **config):
    def program():
        settings = EventBasedSegmentationConfig(enabled=True, **config)
        made = EventBasedSegmentation("seg", EventBasedSegmentationArgs(settings, projects.project(platform)))
        return {"errors": made.errors_bucket_name}

    return record(program)


def test_the_function_may_do_what_it_does_and_no_more():
    recorder = segmentation()
    assert projects.grants(recorder, "seg") == [
        *projects.CALLS_API,
        allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/seg-memory"),
        allow(["s3:PutObject"], "arn:aws:s3:::seg-errors-bucket/errors/*"),
        allow(["sqs:SendMessage"], [sqs("seg-later-queue"), sqs("seg-later-dead-letters")]),
    ]
    reading = [
        "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ]  # fmt: skip
    assert projects.grants(recorder, "seg-stream") == [
        allow(reading, STREAM),
        allow(["sqs:SendMessage"], sqs("seg-unread-dead-letters")),
    ]


def test_enhanced_fan_out_is_a_consumer_of_its_own_and_no_shared_reads():
    recorder = segmentation(enhanced_fan_out=True)
    consumer = recorder.one("StreamConsumer")
    assert consumer.inputs["streamArn"] == STREAM
    assert recorder.one("EventSourceMapping", "stream").inputs["eventSourceArn"] == consumer.outputs["arn"]
    assert projects.grants(recorder, "seg-stream")[:2] == [
        allow(["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"], STREAM),
        allow(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], consumer.outputs["arn"]),
    ]


def test_the_function_gets_exactly_the_variables_that_it_reads():
    assert projects.environment(segmentation(), "seg") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("event_based_segmentation", "SegmentationEnvironment"),
    }


def test_no_record_can_hold_up_a_shard():
    mapping = segmentation().one("EventSourceMapping", "stream").inputs
    assert mapping["eventSourceArn"] == STREAM
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["maximumRetryAttempts"] == 10
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"] == sqs("seg-unread-dead-letters")


def test_the_default_rules_are_the_seeds():
    variables = segmentation().one("Function", "seg-function").inputs["environment"]["variables"]
    assert json.loads(variables["RULES"]) == [
        {"eventType": "_email.open", "attribute": "opened_email", "values": ["true"]},
        {"eventType": "registered_for_webinar5", "attribute": "webinar_registration", "values": ["webinar5"]},
        {"eventType": "_custom.registered_for_webinar5", "attribute": "webinar_registration", "values": ["webinar5"]},
    ]


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ([{"eventType": "a", "attribute": "b"}], "values is missing"),
        ([{"eventType": "a", "attribute": "b", "values": ["c"], "action": "remove"}], "names none"),
        ([{"eventType": "a", "attribute": "b", "values": ["c"], "action": "toggle"}], "'add' or 'remove'"),
        ([{"eventType": "a", "attribute": "b", "values": [1]}], "string"),
        ([{"eventType": "a", "attribute": "b", "values": ["c" * 101]}], "100 characters"),
        ([{"eventType": "a", "attribute": "b" * 51, "values": ["c"]}], "50 characters"),
        ([{"eventType": "a", "attribute": "b", "values": ["c"], "where": {"d": []}}], "without values"),
        ([{"eventType": "a", "attribute": "b", "values": ["c"], "unknown": 1}], "Extra inputs"),
        ([{"eventType": "a", "attribute": "b", "values": [v]} for v in "cd"], "two rules"),
        ([{"eventType": f"a{n}", "attribute": "b", "values": ["c" * 90]} for n in range(40)], "3,000"),
        ([], "at least 1"),
    ],
)
def test_rules_are_checked(rules, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        EventBasedSegmentationConfig.model_validate_json(json.dumps({"rules": rules}))
