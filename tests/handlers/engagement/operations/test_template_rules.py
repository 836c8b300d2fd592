"""Templates and campaigns that could be rendered for nobody are refused, with the part, the line and the cause."""

from __future__ import annotations

from typing import Any

import pytest

APP = "0a" * 16


@pytest.mark.parametrize(
    ("part", "text", "message"),
    [
        ("HtmlPart", "<p>\n{{nope x}}</p>", r"HtmlPart: line 2: there is no helper 'nope'"),
        ("Subject", "{{#upper x}}y{{/upper}}", r"Subject: line 1: 'upper' cannot open a block"),
        ("TextPart", "{{Id}", r"TextPart: line 1: .*\{\{Id\}"),
        ("HtmlPart", '{{dateFormat EffectiveDate "qq"}}', r"HtmlPart: line 1: the date pattern 'qq'"),
        ("HtmlPart", "{{> footer}}", r"HtmlPart: line 1: the partial 'footer' is not defined"),
    ],
)
def test_a_template_is_refused_at_create_and_at_update(pinpoint: Any, part: str, text: str, message: str) -> None:
    good = {"Subject": "s", "HtmlPart": "<p>{{Id}}</p>"}
    pinpoint.create_email_template(TemplateName="good", EmailTemplateRequest=good)
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=message):
        pinpoint.create_email_template(TemplateName="bad", EmailTemplateRequest={**good, part: text})
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=message):
        pinpoint.update_email_template(TemplateName="good", EmailTemplateRequest={**good, part: text})


def test_a_header_and_a_push_message_are_read_too(pinpoint: Any) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"header List-Id: line 1: .*never closed"):
        pinpoint.create_email_template(
            TemplateName="bad", EmailTemplateRequest={"Headers": [{"Name": "List-Id", "Value": "{{#if x}}"}]}
        )
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"GCM.Body: line 1: there is no helper"):
        pinpoint.create_push_template(
            TemplateName="bad", PushNotificationTemplateRequest={"GCM": {"Body": "{{nope 1}}"}}
        )


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"SMSMessage": {"Body": "Hi\n{{nope x}}"}}, r"MessageConfiguration.SMSMessage.Body: line 2: there is no helper"),
        ({"EmailMessage": {"Title": "t", "HtmlBody": "{{#if x}}"}}, r"EmailMessage.HtmlBody: line 1: .*never closed"),
    ],
)  # fmt: skip
def test_a_campaign_with_such_a_message_is_refused(pinpoint: Any, message: dict[str, Any], problem: str) -> None:
    made = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "all", "Dimensions": {}})
    request = {
        "Name": "c", "SegmentId": made["SegmentResponse"]["Id"], "SegmentVersion": 1, "Schedule": {"StartTime": "2039-01-02T03:04:05"},
        "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
    }  # fmt: skip
    pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=problem):
        pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, "MessageConfiguration": message})
    treatment = [{"SizePercent": 20, "MessageConfiguration": message}]
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=rf"AdditionalTreatments\[0\].*{problem}"):
        pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, "AdditionalTreatments": treatment})
