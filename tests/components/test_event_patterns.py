"""Architectures 1, 6 and 9 and the hosted project's event translation: grants, environment, wiring, config."""

from __future__ import annotations

import json

import pulumi
import pydantic
import pytest

from components.engagement.event_translation import EventTranslation, EventTranslationArgs
from components.event_based_segmentation import (
    EventBasedSegmentation,
    EventBasedSegmentationArgs,
    EventBasedSegmentationConfig,
)
from components.pinpoint_event_processing import (
    PinpointEventProcessing,
    PinpointEventProcessingArgs,
    PinpointEventProcessingConfig,
)
from components.ses_event_processing import SesEventProcessing, SesEventProcessingArgs, SesEventProcessingConfig
from tests.components import projects
from tests.components.projects import allow
from tests.recorder import ACCOUNT, REGION, Recorder, record

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events"


def sqs(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sns(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


def ses(platform="hosted", **config):
    def program():
        made = SesEventProcessing(
            "ses", SesEventProcessingArgs(SesEventProcessingConfig(enabled=True, **config), projects.project(platform))
        )
        return {"status": made.recipient_status_topic_arn, "notifications": made.notification_topic_arn}

    return record(program)


def pinpoint(platform="hosted"):
    def program():
        config = PinpointEventProcessingConfig(enabled=True)
        made = PinpointEventProcessing("pep", PinpointEventProcessingArgs(config, projects.project(platform)))
        return {"status": made.recipient_status_topic_arn, "bucket": made.bucket_name}

    return record(program)


def segmentation(platform="hosted", **config):
    def program():
        settings = EventBasedSegmentationConfig(enabled=True, **config)
        made = EventBasedSegmentation("seg", EventBasedSegmentationArgs(settings, projects.project(platform)))
        return {"errors": made.errors_bucket_name}

    return record(program)


def translation(**given):
    def program():
        project = projects.project()
        made = EventTranslation(
            "events",
            EventTranslationArgs(
                application_id=project.application_id,
                account=project.account,
                stream_arn=STREAM,
                stream_name="events",
                key_arn=projects.KEY,
                layer_arn=project.layer_arn,
                alert_topic_arn=projects.ALERTS,
                **given,
            ),
        )
        return {"email": made.email_configuration_set, "sms": made.sms_configuration_set}

    return record(program)


SUPPRESSES = allow(["ses:PutSuppressedDestination"], "*")


def test_1_each_function_may_do_what_it_does_and_no_more():
    recorder = ses()
    assert projects.grants(recorder, "ses-suppressor") == [
        SUPPRESSES,
        allow(["sns:Publish"], sns("ses-recipient-status-topic")),
        *projects.PUBLISHES,
        *projects.CALLS_API,
        allow(["sqs:SendMessage"], sqs("ses-notifications-dead-letters")),
    ]
    actions = ["ses:ListIdentities", "ses:GetIdentityNotificationAttributes", "ses:SetIdentityNotificationTopic"]
    assert projects.grants(recorder, "ses-identities") == [allow(actions, "*")]


def test_1_the_functions_get_exactly_the_variables_that_they_read():
    recorder = ses()
    assert projects.environment(recorder, "ses-suppressor") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("ses_event_processing", "NotificationEnvironment"),
        *projects.read_by("suppression", "SuppressionEnvironment"),
    }
    assert projects.environment(recorder, "ses-identities") == set()


def test_1_without_opt_out_the_project_is_not_touched():
    recorder = ses(opt_out_endpoints=False)
    assert projects.CALLS_API[0] not in projects.grants(recorder, "ses-suppressor")
    assert "APPLICATION_ID" not in projects.environment(recorder, "ses-suppressor")


def test_1_ses_may_publish_and_the_topic_reaches_the_queue_before_identities_are_told():
    recorder = ses(identities=("example.org",))
    statements = json.loads(recorder.one("TopicPolicy", "ses-notifications").inputs["policy"])["Statement"]
    assert [found["Principal"] for found in statements if found["Effect"] == "Allow"] == [
        {"Service": "ses.amazonaws.com"}
    ]
    subscription = recorder.one("TopicSubscription").inputs
    assert (subscription["topic"], subscription["endpoint"]) == (
        sns("ses-notifications-topic"),
        sqs("ses-notifications-queue"),
    )
    invocation = recorder.one("Invocation").inputs
    assert json.loads(invocation["input"]) == {
        "Identities": ["example.org"],
        "OverwriteExisting": False,
        "TopicArn": sns("ses-notifications-topic"),
    }
    assert invocation["lifecycleScope"] == "CRUD"
    assert recorder.outputs == {
        "status": sns("ses-recipient-status-topic"),
        "notifications": sns("ses-notifications-topic"),
    }


def test_6_each_function_may_do_what_it_does_and_no_more():
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


def test_6_the_function_gets_exactly_the_variables_that_it_reads():
    assert projects.environment(pinpoint(), "pep-suppressor") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("pinpoint_event_processing", "EventObjectEnvironment"),
        *projects.read_by("suppression", "SuppressionEnvironment"),
    }


def test_6_reads_the_projects_one_stream_and_works_off_objects_under_events():
    recorder = pinpoint()
    stream = recorder.one("FirehoseDeliveryStream").inputs
    assert stream["kinesisSourceConfiguration"]["kinesisStreamArn"] == STREAM
    assert stream["extendedS3Configuration"]["prefix"].startswith("events/")
    assert stream["extendedS3Configuration"]["compressionFormat"] == "UNCOMPRESSED"
    pattern = json.loads(recorder.one("EventRule").inputs["eventPattern"])
    assert pattern["detail"] == {"bucket": {"name": ["pep-events-bucket"]}, "object": {"key": [{"prefix": "events/"}]}}
    assert not recorder.of("EventStream")


def test_9_the_function_may_do_what_it_does_and_no_more():
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


def test_9_enhanced_fan_out_is_a_consumer_of_its_own_and_no_shared_reads():
    recorder = segmentation(enhanced_fan_out=True)
    consumer = recorder.one("StreamConsumer")
    assert consumer.inputs["streamArn"] == STREAM
    assert recorder.one("EventSourceMapping", "stream").inputs["eventSourceArn"] == consumer.outputs["arn"]
    assert projects.grants(recorder, "seg-stream")[:2] == [
        allow(["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:ListShards"], STREAM),
        allow(["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], consumer.outputs["arn"]),
    ]


def test_9_the_function_gets_exactly_the_variables_that_it_reads():
    assert projects.environment(segmentation(), "seg") == {
        "ENGAGEMENT_ENDPOINT_URL",
        *projects.read_by("event_based_segmentation", "SegmentationEnvironment"),
    }


def test_9_no_record_can_hold_up_a_shard():
    mapping = segmentation().one("EventSourceMapping", "stream").inputs
    assert mapping["eventSourceArn"] == STREAM
    assert mapping["bisectBatchOnFunctionError"] is True
    assert mapping["maximumRetryAttempts"] == 10
    assert mapping["destinationConfig"]["onFailure"]["destinationArn"] == sqs("seg-unread-dead-letters")


def test_9_the_default_rules_are_the_seeds():
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
def test_9_rules_are_checked(rules, reason):
    with pytest.raises(pydantic.ValidationError, match=reason):
        EventBasedSegmentationConfig.model_validate_json(json.dumps({"rules": rules}))


@pytest.mark.parametrize("identities", ["some", [], [""], ["a.org", 5]])
def test_1_identities_are_all_or_a_list(identities):
    with pytest.raises(pydantic.ValidationError):
        SesEventProcessingConfig.model_validate_json(json.dumps({"identities": identities}))


def test_translation_may_write_the_stream_and_no_more_and_reads_its_variables():
    recorder = translation()
    assert projects.grants(recorder, "events-translator") == [
        allow(["kinesis:PutRecords"], STREAM),
        allow(["sqs:SendMessage"], sqs("events-delivery-events-dead-letters")),
    ]
    read = projects.read_by("engagement.translation", "TranslationEnvironment")
    assert projects.environment(recorder, "events-translator") == read


def test_translation_makes_configuration_sets_or_attaches_to_those_that_exist():
    recorder = translation()
    destination = recorder.one("ConfigurationSetEventDestination").inputs
    assert len(destination["eventDestination"]["matchingEventTypes"]) == 8
    assert destination["eventDestination"]["snsDestination"] == {"topicArn": sns("events-delivery-events-topic")}
    assert recorder.one("Smsvoicev2EventDestination").inputs["matchingEventTypes"] == ["TEXT_ALL"]
    assert recorder.outputs == {"email": "events-everything", "sms": "events-everything"}
    attached = translation(email_configuration_set="mine", sms_configuration_set="ours")
    assert not attached.of("Smsvoicev2ConfigurationSet")
    assert not attached.of("ConfigurationSet")
    assert attached.outputs == {"email": "mine", "sms": "ours"}


def test_all_on_one_project_in_one_program_share_the_stream_and_claim_nothing():
    def program():
        project = projects.project()
        SesEventProcessing("ses", SesEventProcessingArgs(SesEventProcessingConfig(enabled=True), project))
        PinpointEventProcessing(
            "pep", PinpointEventProcessingArgs(PinpointEventProcessingConfig(enabled=True), project)
        )
        EventBasedSegmentation("seg", EventBasedSegmentationArgs(EventBasedSegmentationConfig(enabled=True), project))

    recorder = record(program)
    assert not recorder.of("EventStream")
    assert len(recorder.named()) == len(recorder.resources)


def test_identities_that_notify_another_topic_are_an_output_and_a_warning(monkeypatch):
    warned: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", lambda message, *_: warned.append(message))
    monkeypatch.setattr(Recorder, "invoked", {"LeftAlone": ["a.example", "b.example"]})

    def program():
        config = SesEventProcessingConfig(enabled=True)
        made = SesEventProcessing("ses", SesEventProcessingArgs(config, projects.project()))
        return {"leftAlone": made.identities_left_alone}

    assert record(program).outputs == {"leftAlone": ["a.example", "b.example"]}
    [message] = warned
    assert "2 of SES's identities notify another topic already and are left alone: a.example, b.example" in message
    assert "engagement:sesEventProcessing.overwriteExisting: true" in message
