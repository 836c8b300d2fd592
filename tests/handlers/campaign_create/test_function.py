from __future__ import annotations

import pytest

from handlers.campaign_create import function
from tests.handlers.shared.fakes import Context, FakeClient, client_error

KEYS = {"CampaignId", "CampaignStatus", "Result", "Start", "End", "SuccessfulEndpointCount", "TotalEndpointCount"}
INPUT = {"SegmentId": "seg", "SegmentName": "people.csv", "SmsTemplateName": "welcome"}
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:m:r"


def campaign(status="SCHEDULED"):
    return {"Id": "c1", "State": {"CampaignStatus": status}, "Description": f"Created by {EXECUTION}"}


@pytest.fixture
def pinpoint(monkeypatch):
    monkeypatch.setenv("APPLICATION_ID", "app")
    monkeypatch.setenv("MESSAGES_PER_SECOND", "")
    function._environment.cache_clear()
    client = FakeClient({"create_campaign": {"CampaignResponse": campaign()}})
    monkeypatch.setattr(function, "engagement_client", lambda **_: client)
    yield client
    function._environment.cache_clear()


def start(run_input=None, retries=0):
    event = {"operation": "start", "Input": INPUT if run_input is None else run_input, "Execution": EXECUTION}
    return function.handler({**event, "Retries": retries}, Context())


def poll(client, status, *activities):
    client.answers["get_campaign"] = {"CampaignResponse": campaign(status)}
    client.answers["get_campaign_activities"] = {"ActivitiesResponse": {"Item": list(activities)}}
    run = {"Polls": 2, "Result": {**dict.fromkeys(KEYS), "CampaignId": "c1"}}
    return function.handler({"operation": "poll", "Run": run}, Context())


def test_a_campaign_runs_once_at_once_in_utc_without_holdout_as_transactional_sms(pinpoint):
    outcome = start()
    assert outcome["Status"] == "RUNNING"
    assert set(outcome["Result"]) == KEYS
    assert pinpoint.calls["create_campaign"] == [
        {
            "ApplicationId": "app",
            "WriteCampaignRequest": {
                "Name": "people.csv",
                "Description": f"Created by {EXECUTION}",
                "SegmentId": "seg",
                "HoldoutPercent": 0,
                "IsPaused": False,
                "Schedule": {"StartTime": "IMMEDIATE", "Frequency": "ONCE", "IsLocalTime": False, "Timezone": "UTC"},
                "TemplateConfiguration": {"SMSTemplate": {"Name": "welcome"}},
                "MessageConfiguration": {"SMSMessage": {"MessageType": "TRANSACTIONAL"}},
            },
        }
    ]


def test_a_campaign_gets_the_limit_that_is_configured(pinpoint, monkeypatch):
    monkeypatch.setenv("MESSAGES_PER_SECOND", "3")
    function._environment.cache_clear()
    start()
    [call] = pinpoint.calls["create_campaign"]
    assert call["WriteCampaignRequest"]["Limits"] == {"MessagesPerSecond": 3}


def test_an_email_template_and_a_name_are_taken_too(pinpoint):
    start({**INPUT, "EmailTemplateName": "hello", "CampaignName": "Spring"})
    request = pinpoint.calls["create_campaign"][0]["WriteCampaignRequest"]
    assert request["Name"] == "Spring"
    assert request["TemplateConfiguration"]["EmailTemplate"] == {"Name": "hello"}


@pytest.mark.parametrize(
    ("run_input", "said"),
    [
        ({}, "SegmentId is missing; SegmentName is missing; SmsTemplateName is missing"),
        ({**INPUT, "SmsTemplateName": ""}, "SmsTemplateName is missing"),
        ({**INPUT, "SegmentId": 5}, "SegmentId is a int; allowed is a text"),
        (["x"], "SegmentId, SegmentName and SmsTemplateName are missing"),
    ],
)
def test_an_incomplete_input_fails_and_says_what_is_missing(pinpoint, run_input, said):
    outcome = start(run_input)
    assert outcome["Status"] == "FAILED"
    assert said in outcome["Result"]["Cause"]
    assert set(outcome["Result"]) >= KEYS
    assert not pinpoint.calls


def test_a_retried_start_finds_the_campaign_that_the_first_attempt_created(pinpoint):
    pinpoint.answers["get_campaigns"] = [
        {"CampaignsResponse": {"Item": [{"Id": "other", "Description": "Created by x"}], "NextToken": "t"}},
        {"CampaignsResponse": {"Item": [campaign("EXECUTING")]}},
    ]
    assert start(retries=1)["Result"]["CampaignId"] == "c1"
    assert "create_campaign" not in pinpoint.calls


def test_a_retried_start_creates_the_campaign_if_the_first_attempt_did_not(pinpoint):
    pinpoint.answers["get_campaigns"] = {"CampaignsResponse": {"Item": []}}
    start(retries=1)
    assert len(pinpoint.calls["create_campaign"]) == 1


def test_a_refused_campaign_fails_with_the_services_words(pinpoint):
    pinpoint.answers["create_campaign"] = client_error("BadRequestException", 400, "no template", "CreateCampaign")
    result = start()["Result"]
    assert (result["Error"], result["Cause"]) == ("BadRequestException", "CreateCampaign: no template")


def test_a_campaign_without_an_activity_yet_is_polled_on(pinpoint):
    outcome = poll(pinpoint, "SCHEDULED")
    assert (outcome["Status"], outcome["Polls"]) == ("RUNNING", 3)
    assert set(outcome["Result"]) == KEYS


def test_an_activity_that_runs_has_no_end_and_no_result_yet(pinpoint):
    outcome = poll(pinpoint, "EXECUTING", {"State": "RUNNING", "Start": "2030-01-02T03:04:05Z"})
    assert outcome["Status"] == "RUNNING"
    assert outcome["Result"]["End"] is None


def test_a_completed_activity_is_a_success_with_its_figures(pinpoint):
    activity = {
        "CampaignId": "c1",
        "State": "COMPLETED",
        "Result": "SUCCESS",
        "Start": "2030-01-02T03:04:05Z",
        "End": "2030-01-02T03:05:05Z",
        "SuccessfulEndpointCount": 4,
        "TotalEndpointCount": 5,
    }
    outcome = poll(pinpoint, "EXECUTING", activity)
    assert outcome["Status"] == "SUCCEEDED"
    assert outcome["Result"] == {
        "CampaignId": "c1",
        "CampaignStatus": "COMPLETED",
        **{key: activity[key] for key in KEYS - {"CampaignId", "CampaignStatus"}},
    }


@pytest.mark.parametrize(
    ("status", "activities"),
    [
        ("INVALID", []),
        ("DELETED", [{"State": "RUNNING"}]),
        ("EXECUTING", [{"State": "CANCELLED"}]),
        ("COMPLETED", [{"State": "COMPLETED", "Result": "FAIL"}]),
    ],
)
def test_a_campaign_that_ends_badly_fails_and_says_how(pinpoint, status, activities):
    outcome = poll(pinpoint, status, *activities)
    assert outcome["Status"] == "FAILED"
    assert outcome["Result"]["Error"] == "CampaignFailed"
    assert set(outcome["Result"]) == KEYS | {"Error", "Cause"}
