"""Push content is checked where it is created: what can arrive nowhere is refused, all problems at once."""

import pytest
from botocore.exceptions import ClientError

from tests.handlers.engagement.conftest import APPLICATION as APP
from tests.handlers.engagement.push_world import PUSH_APPLICATION

KEY = "needed is a push application: set project.push.applicationId in the config of the stack that holds the project"


@pytest.fixture
def push_application_id(request):
    return getattr(request, "param", PUSH_APPLICATION)


def create(pinpoint, **content):
    segment = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s", "Dimensions": {}})
    request = {
        "Name": "c",
        "SegmentId": segment["SegmentResponse"]["Id"],
        "Schedule": {"StartTime": "2030-01-01T00:00:00Z"},
        **content,
    }
    return pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)["CampaignResponse"]


def refusal(pinpoint, **content):
    with pytest.raises(ClientError) as refused:
        create(pinpoint, **content)
    return refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("push_application_id", [""], indirect=True)
def test_without_a_push_application_push_content_is_refused_with_the_key_that_is_missing(pinpoint):
    pinpoint.create_push_template(TemplateName="p", PushNotificationTemplateRequest={"Default": {"Body": "Hi"}})
    told = refusal(
        pinpoint,
        MessageConfiguration={"APNSMessage": {"Body": "Hi"}, "SMSMessage": {"Body": "Hi"}},
        AdditionalTreatments=[{"SizePercent": 10, "TemplateConfiguration": {"PushTemplate": {"Name": "p"}}}],
    )
    assert f"MessageConfiguration.APNSMessage is a push message: {KEY}" in told
    assert f"AdditionalTreatments[0].TemplateConfiguration.PushTemplate is a push message: {KEY}" in told
    create(pinpoint, MessageConfiguration={"DefaultMessage": {"Body": "Hi"}})


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"GCMMessage": {"TimeToLive": 60}}, "MessageConfiguration.GCMMessage has no Title, no Body and no RawContent"),
        ({"APNSMessage": {"RawContent": "{"}}, "MessageConfiguration.APNSMessage.RawContent is no JSON"),
        (
            {"GCMMessage": {"RawContent": '{"a": "\\ud800"}'}},
            "MessageConfiguration.GCMMessage.RawContent holds half of a surrogate pair",
        ),
        ({"ADMMessage": {"JsonBody": "[1]"}}, "MessageConfiguration.ADMMessage.JsonBody is no JSON object"),
        ({"BaiduMessage": {"Body": "a", "Url": "{{#if}}"}}, "MessageConfiguration.BaiduMessage.Url: "),
        ({"DefaultMessage": {"Body": "{{nope 1}}"}}, "MessageConfiguration.DefaultMessage.Body: "),
    ],
)
def test_what_can_arrive_nowhere_is_refused(pinpoint, message, told):
    assert told in refusal(pinpoint, MessageConfiguration=message)


def test_push_messages_and_templates_are_taken(pinpoint):
    pinpoint.create_push_template(TemplateName="p", PushNotificationTemplateRequest={"Default": {"Body": "Hi"}})
    message = {"GCMMessage": {"TimeToLive": 60}, "APNSMessage": {"RawContent": '{"aps": {{Attributes.x}}}'}}
    made = create(pinpoint, MessageConfiguration=message, TemplateConfiguration={"PushTemplate": {"Name": "p"}})
    assert made["MessageConfiguration"] == message


def test_a_journey_with_push_is_published(pinpoint):
    pinpoint.create_push_template(TemplateName="p", PushNotificationTemplateRequest={"Default": {"Body": "Hi"}})
    segment = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s", "Dimensions": {}})
    request = {
        "Name": "j",
        "State": "ACTIVE",
        "StartActivity": "a",
        "StartCondition": {"SegmentStartCondition": {"SegmentId": segment["SegmentResponse"]["Id"]}},
        "Activities": {"a": {"PUSH": {"TemplateName": "p", "MessageConfig": {"TimeToLive": "0"}}}},
    }
    made = pinpoint.create_journey(ApplicationId=APP, WriteJourneyRequest=request)["JourneyResponse"]
    assert made["State"] == "ACTIVE"
