"""The hosted project's event translation, and architectures 1, 6 and 9 on one project."""

from __future__ import annotations

import pulumi_aws as aws

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
from tests.recorder import ACCOUNT, REGION, record

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/events"


def sqs(name):
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def sns(name):
    return f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"


SENDS = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/sends"


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
                sends_table=aws.dynamodb.Table("sends", hash_key="pk", attributes=[{"name": "pk", "type": "S"}]),
                key_arn=projects.KEY,
                layer_arn=project.layer_arn,
                alert_topic_arn=projects.ALERTS,
                **given,
            ),
        )
        return {"email": made.email_configuration_set, "sms": made.sms_configuration_set}

    return record(program)


def test_translation_may_write_the_stream_and_count_and_no_more_and_reads_its_variables():
    recorder = translation()
    assert projects.grants(recorder, "events-translator") == [
        allow(["kinesis:PutRecords"], STREAM),
        allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], SENDS),
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
