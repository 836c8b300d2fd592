"""A run that ended with people missing is taken up again, once for each end."""

import json

import boto3

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
        from handlers.engagement.api.environment import ApiEnvironment
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


def start(campaign, name, **more):
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:campaign"
    run = {"CampaignId": campaign, **more}
    return boto3.client("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=json.dumps(run))


def resumed(world):
    return [run["name"] for run in world.executions("campaign") if "Resume" in run["input"]]


def test_a_run_that_goes_on_or_never_was_cannot_be_resumed(pinpoint, send, world):
    status, answer = resume(send, campaign_of(pinpoint))
    assert (status, "has had no run" in answer["Message"]) == (400, True)
    campaign = campaign_of(pinpoint, State="RUNNING", End="")
    start(campaign, f"{campaign}-1-4")
    status, answer = resume(send, campaign)
    assert (status, "is RUNNING" in answer["Message"]) == (400, True)
    assert resume(send, "f" * 32)[0] == 404
    assert resumed(world) == []


def test_a_run_whose_execution_died_before_it_recorded_its_end_is_taken_up_again(pinpoint, send, world):
    campaign = campaign_of(pinpoint, State="RUNNING", End="")
    execution = start(campaign, f"{campaign}-1-4")["executionArn"]
    boto3.client("stepfunctions").stop_execution(executionArn=execution)
    assert resume(send, campaign)[0] == 202
    assert resumed(world) == [f"{campaign}-1-4-resume-1"]
    assert resume(send, campaign)[0] == 400  # it goes on now
    boto3.client("stepfunctions").stop_execution(executionArn=execution.replace("-4", "-4-resume-1"))
    assert resume(send, campaign)[0] == 202
    assert sorted(resumed(world)) == [f"{campaign}-1-4-resume-1", f"{campaign}-1-4-resume-2"]


def test_an_attempt_that_died_and_left_the_same_end_is_followed_by_another(pinpoint, send, world):
    campaign = campaign_of(pinpoint, State="COMPLETED", Result="FAIL", End="2026-11-01T10:00:00.000Z")
    assert resume(send, campaign)[0] == 202
    machine = "arn:aws:states:eu-west-1:123456789012:execution:campaign"
    boto3.client("stepfunctions").stop_execution(executionArn=f"{machine}:{campaign}-1-4-resume-1")
    assert resume(send, campaign)[0] == 202
    assert sorted(resumed(world)) == [f"{campaign}-1-4-resume-1", f"{campaign}-1-4-resume-2"]


def test_a_run_that_says_it_ended_while_its_execution_still_closes_is_resumed(pinpoint, send, world):
    campaign = campaign_of(pinpoint, State="COMPLETED", Result="FAIL", End="2026-11-01T10:00:00.000Z")
    start(campaign, f"{campaign}-1-4")
    assert resume(send, campaign)[0] == resume(send, campaign)[0] == 202
    assert resumed(world) == [f"{campaign}-1-4-resume-1"]


def test_a_run_that_died_before_it_had_an_activity_is_taken_up(pinpoint, send, world):
    campaign = campaign_of(pinpoint)
    [first] = [run["name"] for run in world.executions("campaign") if run["input"]["CampaignId"] == campaign]
    machine = "arn:aws:states:eu-west-1:123456789012:execution:campaign"
    boto3.client("stepfunctions").stop_execution(executionArn=f"{machine}:{first}")
    status, answer = resume(send, campaign)
    assert (status, answer["Version"], answer["Run"], answer["Before"]) == (202, 1, 0, {})
    assert resumed(world) == [f"{campaign}-1-0-resume-1"]


def test_a_later_run_that_died_before_it_had_an_activity_is_taken_up_and_one_that_waits_is_not(pinpoint, send, world):
    campaign = campaign_of(pinpoint, State="COMPLETED", Result="FAIL", End="2026-11-01T10:00:00.000Z")
    execution = start(campaign, f"{campaign}-1-5")["executionArn"]
    assert resume(send, campaign)[1]["Run"] == 4
    boto3.client("stepfunctions").stop_execution(executionArn=execution)
    assert resume(send, campaign)[1]["Run"] == 5
    assert sorted(resumed(world)) == [f"{campaign}-1-4-resume-1", f"{campaign}-1-5-resume-1"]
