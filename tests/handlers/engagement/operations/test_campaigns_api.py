"""Definitions of campaigns, from outside."""

import pytest

from tests.handlers.engagement.operations.definitions import APP, segment

SCHEDULE = {"StartTime": "2039-01-02T03:04:05"}


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("utc", "2039-01-02T03:04:05.000Z"),
        ("utc+05:30", "2039-01-01T21:34:05.000Z"),
        ("UTC-3", "2039-01-02T06:04:05.000Z"),
    ],
)
def test_a_schedules_time_zone_is_read_in_any_case(world, pinpoint, zone, start):
    pinpoint.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "SegmentId": segment(pinpoint)["Id"],
            "Schedule": {**SCHEDULE, "Timezone": zone},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )
    assert world.executions("campaign")[0]["input"]["StartTime"] == start


@pytest.mark.parametrize("zone", ["UTC+24", "UTC+99:99", "UTC+1:60", "CET", "UTC+²"])
def test_a_time_zone_that_is_none_is_refused(pinpoint, zone):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"Schedule.Timezone is"):
        pinpoint.create_campaign(
            ApplicationId=APP,
            WriteCampaignRequest={
                "SegmentId": segment(pinpoint)["Id"],
                "Schedule": {**SCHEDULE, "Timezone": zone},
                "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
            },
        )


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"SMSMessage": {"MessageType": "PROMOTIONAL"}}, "SMSMessage has no Body"),
        ({"EmailMessage": {"Title": "Hi"}}, "EmailMessage has no HtmlBody and no Body"),
        ({"DefaultMessage": {"Title": "Hi"}}, "DefaultMessage.Body is missing"),
        ({"CustomMessage": {"Data": "x"}}, "needs CustomDeliveryConfiguration"),
    ],
)
def test_a_message_that_says_nothing_is_refused_when_the_campaign_is_made(pinpoint, message, said):
    request = {"SegmentId": segment(pinpoint)["Id"], "Schedule": SCHEDULE, "MessageConfiguration": message}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=said):
        pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)
    treatment = {"SizePercent": 10, "MessageConfiguration": message}
    good = {"DefaultMessage": {"Body": "Hi"}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=r"AdditionalTreatments\[0\]"):
        pinpoint.create_campaign(
            ApplicationId=APP,
            WriteCampaignRequest={**request, "MessageConfiguration": good, "AdditionalTreatments": [treatment]},
        )
    pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, "MessageConfiguration": {**good}})


def test_a_campaign_starts_its_state_machine(world, pinpoint):
    made = segment(pinpoint)
    pinpoint.create_sms_template(TemplateName="welcome", SMSTemplateRequest={"Body": "Hi"})
    request = {
        "Name": "c", "SegmentId": made["Id"], "SegmentVersion": 1, "Schedule": {"StartTime": "2039-01-02T03:04:05", "Frequency": "ONCE", "Timezone": "UTC"},
        "MessageConfiguration": {"SMSMessage": {"MessageType": "TRANSACTIONAL"}}, "TemplateConfiguration": {"SMSTemplate": {"Name": "welcome"}},
        "HoldoutPercent": 10, "AdditionalTreatments": [{"SizePercent": 20, "MessageConfiguration": {"SMSMessage": {"Body": "Yo"}}}],
    }  # fmt: skip
    campaign = pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest=request)["CampaignResponse"]
    assert campaign["State"]["CampaignStatus"] == "SCHEDULED" and campaign["AdditionalTreatments"][0]["Id"] == "1"
    assert world.executions("campaign") == [
        {
            "name": f"{campaign['Id']}-1",
            "input": {
                "ApplicationId": APP,
                "CampaignId": campaign["Id"],
                "Version": 1,
                "StartTime": "2039-01-02T03:04:05.000Z",
                "Run": 0,
            },
        }
    ]
    updated = pinpoint.update_campaign(
        ApplicationId=APP, CampaignId=campaign["Id"], WriteCampaignRequest={"IsPaused": True}
    )["CampaignResponse"]
    assert (updated["Version"], updated["State"]["CampaignStatus"]) == (2, "PAUSED")
    assert (
        pinpoint.get_campaign_activities(ApplicationId=APP, CampaignId=campaign["Id"])["ActivitiesResponse"]["Item"]
        == []
    )
    for change in (
        {"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "EVENT"}},
        {"TemplateConfiguration": {"SMSTemplate": {"Name": "no"}}},
        {"Schedule": {"StartTime": "IMMEDIATE", "Frequency": "DAILY"}, "Limits": {"Daily": 101}},
    ):
        with pytest.raises(
            pinpoint.exceptions.BadRequestException,
            match=r"not offered|no SMS template|EventFilter is missing|Daily is 101",
        ):
            pinpoint.create_campaign(ApplicationId=APP, WriteCampaignRequest={**request, **change})
    pinpoint.delete_campaign(ApplicationId=APP, CampaignId=campaign["Id"])
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_campaign(ApplicationId=APP, CampaignId=campaign["Id"])


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"Limits": {"Total": 101}}, "Limits.Total is 101; allowed are 0 to 100"),
        ({"QuietTime": {"Start": "22:00"}}, "QuietTime has Start alone; needed are Start and End"),
        ({"QuietTime": {"Start": "22", "End": "06:00"}}, "QuietTime.Start is '22'; needed is HH:MM"),
        ({"JourneyLimits": {"DailyCap": 101}}, "JourneyLimits.DailyCap is 101; allowed are 0 to 100"),
        ({"JourneyLimits": {"TimeframeCap": {"Cap": 2}}}, "JourneyLimits.TimeframeCap has Cap 2 alone"),
    ],
)
def test_settings_that_no_message_could_be_judged_by_are_refused(pinpoint, settings, problem):
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=problem):
        pinpoint.update_application_settings(ApplicationId=APP, WriteApplicationSettingsRequest=settings)


def test_limits_over_several_runs_are_taken(pinpoint):
    settings = pinpoint.update_application_settings(
        ApplicationId=APP,
        WriteApplicationSettingsRequest={"Limits": {"Daily": 2, "Total": 3, "MessagesPerSecond": 50}},
    )["ApplicationSettingsResource"]
    assert settings["Limits"] == {"Daily": 2, "Total": 3, "MessagesPerSecond": 50}


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ({"StartTime": "IMMEDIATE"}, "IsLocalTime is true with StartTime IMMEDIATE"),
        ({"StartTime": "2039-01-02T09:00:00Z", "Frequency": "HOURLY"}, "IsLocalTime is true with Frequency HOURLY"),
        ({"StartTime": "2039-01-02T09:00:00Z", "QuietTime": {"End": "06:00"}}, "Schedule.QuietTime has End alone"),
    ],
)
def test_local_time_that_no_clock_can_read_is_refused(pinpoint, schedule, problem):
    made = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]
    request = {"Name": "c", "SegmentId": made["Id"], "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}}}
    with pytest.raises(pinpoint.exceptions.BadRequestException, match=problem):
        pinpoint.create_campaign(
            ApplicationId=APP, WriteCampaignRequest={**request, "Schedule": {"IsLocalTime": True, **schedule}}
        )


def test_a_campaign_by_local_time_starts_with_the_first_clock_of_the_world(pinpoint, world):
    made = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "s"})["SegmentResponse"]
    schedule = {"StartTime": "2039-01-02T09:00:00+02:00", "Timezone": "UTC+02", "IsLocalTime": True}
    pinpoint.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "Name": "c",
            "SegmentId": made["Id"],
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
            "Schedule": schedule,
        },
    )
    (run,) = world.executions("campaign")
    assert run["input"]["StartTime"] == "2039-01-01T19:00:00.000Z"
