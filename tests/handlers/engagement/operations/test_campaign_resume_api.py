"""A run that ended with people missing is taken up again, once for each end."""

APP = "0a" * 16


def campaign_of(pinpoint, **activity):
    from handlers.engagement.store.registry import Activities
    from tests.handlers.engagement.conftest import APPLICATION

    segment = pinpoint.create_segment(ApplicationId=APP, WriteSegmentRequest={"Name": "all"})["SegmentResponse"]
    made = pinpoint.create_campaign(
        ApplicationId=APP,
        WriteCampaignRequest={
            "Name": "c",
            "SegmentId": segment["Id"],
            "Schedule": {"StartTime": "IMMEDIATE"},
            "MessageConfiguration": {"SMSMessage": {"Body": "Hi"}},
        },
    )["CampaignResponse"]
    if activity:
        from handlers.engagement.environment import ApiEnvironment
        from handlers.engagement.store.service_tables import Tables

        activities = Activities(Tables(ApiEnvironment.read()).registry, APPLICATION, made["Id"])
        activities.put(
            {
                "Id": activities.identifier(1, 4, "0"),
                "ApplicationId": APP,
                "CampaignId": made["Id"],
                "ExecutionMetrics": {"NOT_REACHED": "7"},
                **activity,
            }
        )
    return made["Id"]


def resume(send, campaign):
    status, _, body = send("POST", f"https://api/v1/apps/{APP}/campaigns/{campaign}/resume", b"")
    return status, body


def test_the_latest_run_is_taken_up_again_on_its_own_version_and_number(pinpoint, send, world):
    campaign = campaign_of(pinpoint, State="COMPLETED", Result="FAIL", End="2026-11-01T10:00:00.000Z")
    status, answer = resume(send, campaign)
    assert (status, answer["Version"], answer["Run"], answer["Before"]) == (202, 1, 4, {"NOT_REACHED": "7"})
    assert resume(send, campaign)[0] == 202
    runs = [run for run in world.executions("campaign") if "Resume" in run["input"]]
    assert [(run["input"]["CampaignId"], run["input"]["Run"]) for run in runs] == [(campaign, 4)]


def test_a_run_that_goes_on_or_never_was_cannot_be_resumed(pinpoint, send):
    status, answer = resume(send, campaign_of(pinpoint))
    assert (status, "has had no run" in answer["Message"]) == (400, True)
    status, answer = resume(send, campaign_of(pinpoint, State="RUNNING", End=""))
    assert (status, "is RUNNING" in answer["Message"]) == (400, True)
    assert resume(send, "f" * 32)[0] == 404
