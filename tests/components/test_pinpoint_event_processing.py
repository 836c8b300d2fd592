"""Architecture 6: grants, environment, wiring."""

from __future__ import annotations

import json

from components.pinpoint_event_processing import (
    PinpointEventProcessing,
    PinpointEventProcessingArgs,
    PinpointEventProcessingConfig,
)
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, record

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events"


def sqs(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sns(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def pinpoint(platform="hosted"):
    def program():
        config = PinpointEventProcessingConfig(enabled=True)
        made = PinpointEventProcessing("pep", PinpointEventProcessingArgs(config, projects.project(platform)))
        return {"status": made.recipient_status_topic_arn, "bucket": made.bucket_name}

    return record(program)


SUPPRESSES = allow(["ses:PutSuppressedDestination"], "*")


def test_each_function_may_do_what_it_does_and_no_more():
    recorder = pinpoint()
    bucket = "arn:aws:s3:::pep-events-bucket"
    assert projects.grants(recorder, "pep-suppressor") == [
        SUPPRESSES,
        allow(["sns:Publish"], sns("pep-recipient-status-topic")),
        *projects.PUBLISHES,
        *projects.CALLS_API,
        allow(["s3:GetObject"], f"{bucket}/events/*"),
        allow(["s3:PutObject"], f"{bucket}/errors/*"),
        allow(["s3:ListBucket"], bucket, StringLike={"s3:prefix": "events/*"}),
        allow(["sqs:SendMessage"], sqs("pep-objects-dead-letters")),
    ]
    assert projects.grants(recorder, "pep-transformation") == []
    actions = {
        action for found in projects.grants(pinpoint("pinpoint"), "pep-suppressor") for action in found["Action"]
    }
    assert {"mobiletargeting:GetEndpoint", "mobiletargeting:UpdateEndpointsBatch"} <= actions


def test_the_function_gets_exactly_the_variables_that_it_reads():
    assert projects.environment(pinpoint(), "pep-suppressor") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("pinpoint_event_processing", "EventObjectEnvironment"),
        *projects.read_by("suppression", "SuppressionEnvironment"),
    }


def test_reads_the_projects_one_stream_and_works_off_objects_under_events():
    recorder = pinpoint()
    stream = recorder.one("FirehoseDeliveryStream").inputs
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == STREAM
    assert stream["extendedS3Configuration"]["prefix"].startswith("events/")
    assert stream["extendedS3Configuration"]["compressionFormat"] == "UNCOMPRESSED"
    pattern = json.loads(recorder.one("EventRule").inputs["eventPattern"])
    assert pattern["detail"] == {"bucket": {"name": ["pep-events-bucket"]}, "object": {"key": [{"prefix": "events/"}]}}
    assert not recorder.of("EventStream")
