"""Journeys send push messages, and splits ask what apps report of them."""

import pytest

from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR
from tests.handlers.engagement.push_world import PUSH_APPLICATION

SEEN = {
    "EventCondition": {
        "MessageActivity": "push",
        "Dimensions": {"EventType": {"Values": ["_journey.opened_notification"]}},
    }
}
FALLBACK = {
    "push": {"PUSH": {"TemplateName": "news", "MessageConfig": {"TimeToLive": "3600"}, "NextActivity": "seen"}},
    "seen": {
        "ConditionalSplit": {
            "Condition": {"Conditions": [SEEN]},
            "EvaluationWaitTime": {"WaitFor": "P1D"},
            "FalseActivity": "text",
        }
    },
    "text": {"SMS": {"TemplateName": "one"}},
}


@pytest.fixture
def push_application_id():
    return PUSH_APPLICATION


@pytest.fixture
def run(devices, runner):
    runner.template("one")
    template = {"Default": {"Title": "{{Id}}", "Body": "News"}}
    runner.pinpoint.create_push_template(TemplateName="news", PushNotificationTemplateRequest=template)
    return runner


def opened(run, journey, endpoint, application=APPLICATION, **other):
    (done,) = run.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=journey)["JourneyRunsResponse"]["Item"]
    ids = {"journey_id": journey, "journey_run_id": done["RunId"], "journey_activity_id": "push", **other}
    event = {"EventType": "_journey.opened_notification", "Attributes": ids}
    return run.put_events(**{endpoint: {"Events": {"opened": event}}}, application=application)


def test_devices_get_the_template_and_who_opens_it_takes_the_other_path(run, devices):
    run.endpoints("a", "b", start=1, ChannelType="GCM")
    run.endpoints("s", start=9)
    journey = run.create(FALLBACK)
    run.work()
    assert devices.got() == {"+14256790001": ("a", "News"), "+14256790002": ("b", "News")}
    assert devices.messages()["+14256790001"]["TimeToLive"] == 3600
    assert devices.contexts()["+14256790001"]["journey.journey_id"] == journey
    assert run.metrics(journey, "push") == {"SUCCESS": 2, "UNSUPPORTED_CHANNEL": 1}
    told = {event["client"]["client_id"]: event["attributes"] for event in run.journey_events()}
    assert told["a"]["journey_activity_type"] == "PUSH"
    assert told["a"]["journey_send_status"] == "SUCCESS"
    assert opened(run, journey, "a") == {"opened": 202}
    run.clock.turn(24 * HOUR + 60)
    run.work()
    assert run.metrics(journey, "seen") == {"Branch_TRUE": 1, "Branch_FALSE": 2}
    assert run.sent() == [("+14256790009", "one")]


def noted(run):
    """What is noted of journeys' messages."""
    return [item for item in run.items() if item["pk"]["S"].startswith("JE#")]


@pytest.mark.parametrize(
    "ids",
    [
        {"journey_run_id": "😀" * 200},
        {"journey_id": "j" * 200},
        {"journey_activity_id": "another"},
        {"journey_run_id": "another"},
    ],
)
def test_an_event_of_no_journey_s_message_is_taken_and_noted_nowhere(run, devices, ids):
    long = "😀" * 240
    run.endpoints(long, start=1, ChannelType="GCM")
    journey = run.create(FALLBACK)
    run.work()
    assert opened(run, journey, long, **ids) == {"opened": 202}
    other = run.pinpoint.create_app(CreateApplicationRequest={"Name": "other"})["ApplicationResponse"]["Id"]
    assert opened(run, journey, long, other) == {"opened": 202}
    assert not noted(run)
    opened(run, journey, long)
    assert len(noted(run)) == 1


def test_a_participant_with_the_longest_id_walks_on_by_what_is_reported(run, devices):
    long = "😀" * 250
    run.endpoints(long, start=1, ChannelType="GCM")
    journey = run.create(FALLBACK)
    run.work()
    opened(run, journey, long)
    run.clock.turn(24 * HOUR + 60)
    run.work()
    assert run.metrics(journey, "seen") == {"Branch_TRUE": 1}


def test_a_token_that_is_retired_makes_its_endpoint_inactive_and_the_walk_of_others_goes_on(run, devices):
    run.endpoints("a", "b", start=1, ChannelType="APNS")
    devices.states(**{"+14256790001": "unregistered", "+14256790002": ("updated", "new")})
    journey = run.create(FALLBACK)
    run.work()
    assert run.metrics(journey, "push") == {"SUCCESS": 1, "FAILURE_PERMANENT": 1}
    found = {
        name: run.pinpoint.get_endpoint(ApplicationId=APPLICATION, EndpointId=name)["EndpointResponse"] for name in "ab"
    }
    assert {name: (one["Address"], one["EndpointStatus"]) for name, one in found.items()} == {
        "a": ("+14256790001", "INACTIVE"),
        "b": ("new", "ACTIVE"),
    }
