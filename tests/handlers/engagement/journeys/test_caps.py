"""Caps of journeys that run: one's own, the application's, those over all journeys."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR

THREE = {
    "m1": {"SMS": {"TemplateName": "one", "NextActivity": "w1"}},
    "w1": {"Wait": {"WaitTime": {"WaitFor": "PT20H"}, "NextActivity": "m2"}},
    "m2": {"SMS": {"TemplateName": "one", "NextActivity": "w2"}},
    "w2": {"Wait": {"WaitTime": {"WaitFor": "PT20H"}, "NextActivity": "m3"}},
    "m3": {"SMS": {"TemplateName": "one"}},
}


@pytest.fixture(autouse=True)
def template(runner):
    runner.template("one")


def publish(runner, activities=None, **members):
    return runner.create(activities or THREE, **members)


def settings(runner, **members):
    answer = runner.pinpoint.update_application_settings(
        ApplicationId=APPLICATION, WriteApplicationSettingsRequest=members
    )
    return answer["ApplicationSettingsResource"]


def walk(runner):
    """Works when the messages of THREE are due."""
    for hours in (0, 20, 20):
        runner.clock.turn(hours * HOUR + 1)
        runner.work()


def texts(runner):
    return Counter(params["Context"]["endpoint_id"] for params in runner.outbox.sent)


def statuses(runner, name):
    return [
        event["attributes"]["journey_send_status"]
        for event in runner.journey_events()
        if event["client"]["client_id"] == name
    ]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"TotalCap": 2}, ["SUCCESS", "SUCCESS", "DAILY_CAP"]),
        ({"DailyCap": 1}, ["SUCCESS", "DAILY_CAP", "SUCCESS"]),
        ({"TimeframeCap": {"Cap": 1, "Days": 2}}, ["SUCCESS", "DAILY_CAP", "DAILY_CAP"]),
        ({"DailyCap": 0, "TotalCap": 0, "TimeframeCap": {"Cap": 0, "Days": 0}}, ["SUCCESS"] * 3),
    ],
)
def test_a_cap_that_is_reached_skips_the_message_and_the_participant_goes_on(runner, limits, expected):
    runner.endpoints("a", "b")
    journey = publish(runner, Limits=limits)
    walk(runner)
    assert statuses(runner, "a") == statuses(runner, "b") == expected
    assert texts(runner) == {"a": expected.count("SUCCESS"), "b": expected.count("SUCCESS")}
    assert runner.state(journey) == "COMPLETED"
    last = {"SUCCESS": "SUCCESS", "DAILY_CAP": "DAILY_CAP_EXCEEDED"}[expected[-1]]
    assert runner.metrics(journey, "m3") == {last: 2}


def test_the_applications_caps_count_all_journeys_where_a_journey_says_nothing(runner):
    settings(runner, JourneyLimits={"DailyCap": 1})
    runner.endpoints("a")
    for limits in ({}, {}, {"DailyCap": 5}):
        publish(runner, {"m": {"SMS": {"TemplateName": "one"}}}, Limits=limits)
        runner.work()
    assert statuses(runner, "a") == ["SUCCESS", "DAILY_CAP", "SUCCESS"]


def test_a_timeframe_cap_counts_the_messages_of_journeys_that_have_none(runner):
    runner.endpoints("a")
    publish(runner, Limits={"TimeframeCap": {"Cap": 2, "Days": 30}}, Schedule={"StartTime": "2039-01-01T00:00:00Z"})
    publish(runner, {"m": {"SMS": {"TemplateName": "one"}}})
    runner.work()
    publish(runner, Limits={"TimeframeCap": {"Cap": 2, "Days": 30}})
    walk(runner)
    assert statuses(runner, "a") == ["SUCCESS", "SUCCESS", "DAILY_CAP", "DAILY_CAP"]
    assert not [name for name in settings(runner) if name.startswith("_")]
    read = runner.pinpoint.get_application_settings(ApplicationId=APPLICATION)["ApplicationSettingsResource"]
    assert not [name for name in read if name.startswith("_")]


def test_a_message_that_certainly_was_not_sent_does_not_count(runner):
    runner.endpoints("a")
    runner.endpoints("broken", Address="not a number")
    once = {"m": {"SMS": {"TemplateName": "one", "NextActivity": "n"}}, "n": {"SMS": {"TemplateName": "one"}}}
    journey = publish(runner, once, Limits={"TotalCap": 1})
    runner.work()
    runner.work()
    assert statuses(runner, "broken") == ["FAILURE_PERMANENT", "FAILURE_PERMANENT"]
    assert statuses(runner, "a") == ["SUCCESS", "DAILY_CAP"]
    assert runner.state(journey) == "COMPLETED"


def test_a_deleted_journey_leaves_no_counter_behind(runner):
    runner.endpoints("a")
    journey = publish(runner, Limits={"TotalCap": 1})
    runner.work()
    kept = runner.tables.sends.client.scan(TableName=runner.tables.sends.name)["Items"]
    assert [item for item in kept if item["pk"]["S"].startswith("CAP#")]
    runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=journey)
    runner.work()
    kept = runner.tables.sends.client.scan(TableName=runner.tables.sends.name)["Items"]
    assert not [item for item in kept if item["pk"]["S"].startswith("CAP#")]
