"""Journeys from the API to the message: entry from a segment, waits, splits, states, and workers beside each other."""

from __future__ import annotations

import pytest

from handlers.engagement.journeys.participants import Participants
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages


def test_participants_get_their_first_message_at_once_and_the_second_after_the_wait(runner):
    people = runner.endpoints("a", "b", "c")
    journey = two_messages(runner)
    runner.work()
    assert sorted(runner.sent()) == sorted((address, "one") for address in people.values())
    assert runner.state(journey) == "CLOSED"
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 3, "ENDPOINT_ACTIVE": 3}
    assert runner.metrics(journey, "pause") == {"WAIT_STARTED": 3}
    runner.clock.turn(72 * HOUR - 60)
    runner.work()
    assert len(runner.sent()) == 3
    runner.clock.turn(120)
    runner.work()
    assert sorted(runner.sent()[3:]) == sorted((address, "two") for address in people.values())
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 3, "ENDPOINT_LEFT": 3}
    assert runner.metrics(journey, "hello") == runner.metrics(journey, "again") == {"SUCCESS": 3}
    assert runner.metrics(journey, "pause") == {"WAIT_FINISHED": 3}
    assert runner.state(journey) == "COMPLETED"


def test_who_cannot_be_sent_to_does_not_enter_and_is_counted_by_the_reason(runner):
    runner.endpoints("a")
    runner.endpoints("out", start=1, OptOut="ALL")
    runner.endpoints("gone", start=2, EndpointStatus="INACTIVE")
    journey = two_messages(runner)
    runner.work()
    (run,) = runner.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=journey)["JourneyRunsResponse"][
        "Item"
    ]
    metrics = runner.pinpoint.get_journey_run_execution_metrics(
        ApplicationId=APPLICATION, JourneyId=journey, RunId=run["RunId"]
    )["JourneyRunExecutionMetricsResponse"]["Metrics"]
    assert metrics == {
        "ENDPOINT_PRODUCED": "3", "ENDPOINT_OPT_OUT": "1", "ENDPOINT_INACTIVE": "1", "ENDPOINT_ENTERED": "1",
        "ENDPOINT_ACTIVE": "1",
    }  # fmt: skip


def test_who_opts_out_on_the_way_gets_nothing_more_and_who_is_deleted_leaves(runner):
    runner.endpoints("a", "b", "c")
    journey = two_messages(runner)
    runner.work()
    runner.endpoints("a", OptOut="ALL")
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="b")
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert [body for _, body in runner.sent()] == ["one"] * 3 + ["two"]
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 3, "ENDPOINT_LEFT": 3}
    assert [event["client"]["client_id"] for event in runner.journey_events()][3:] == ["c"]


def test_a_split_asks_for_the_endpoint_and_the_segment_as_they_are_when_the_wait_is_over(runner):
    runner.template("vip")
    runner.endpoints("a", "b")
    vip = runner.segment(Attributes={"tier": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}})
    dimensions = {"Attributes": {"tier": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}}}
    for condition in ({"SegmentCondition": {"SegmentId": vip}}, {"SegmentDimensions": dimensions}):
        journey = runner.create(
            {
                "s": {
                    "ConditionalSplit": {
                        "Condition": {"Conditions": [condition]},
                        "EvaluationWaitTime": {"WaitFor": "PT1H"},
                        "TrueActivity": "m",
                    }
                },
                "m": {"SMS": {"TemplateName": "vip"}},
            }
        )
        runner.endpoints("a", "b", Attributes={"tier": []})
        runner.work()
        addresses = runner.endpoints("a", Attributes={"tier": ["gold"]})
        runner.clock.turn(HOUR + 1)
        runner.work()
        runner.work()
        assert runner.metrics(journey, "s") == {"Branch_TRUE": 1, "Branch_FALSE": 1}
        assert runner.sent()[-1] == (addresses["a"], "vip")
    assert len(runner.sent()) == 2


def test_a_refreshed_journey_takes_who_came_into_the_segment_and_nobody_twice(runner):
    runner.endpoints("a", Attributes={"joined": ["yes"]})
    runner.endpoints("e", start=1)
    joined = runner.segment(Attributes={"joined": {"AttributeType": "INCLUSIVE", "Values": ["yes"]}})
    journey = two_messages(runner, segment=joined, RefreshFrequency="PT1H", Limits={"EndpointReentryCap": 1})
    runner.work()
    addresses = runner.endpoints("e", start=1, Attributes={"joined": ["yes"]})
    runner.clock.turn(HOUR / 2)
    runner.work()
    assert len(runner.sent()) == 1
    runner.clock.turn(HOUR / 2 + 1)
    runner.work()
    assert runner.sent()[1:] == [(addresses["e"], "one")]
    assert runner.metrics(journey)["ACTIVE_ENDPOINT_REJECTED"] == 1
    runner.clock.turn(80 * HOUR)
    runner.work()
    runner.clock.turn(HOUR)
    runner.work()
    assert [body for _, body in runner.sent()].count("one") == 2
    assert runner.metrics(journey)["REENTRY_CAP_EXCEEDED"] >= 2
    assert runner.state(journey) == "ACTIVE"


def test_an_interval_lets_somebody_enter_again_when_it_is_over(runner):
    runner.endpoints("a")
    runner.template("one")
    journey = runner.create(
        {"m": {"SMS": {"TemplateName": "one"}}},
        RefreshFrequency="PT1H",
        Limits={"EndpointReentryCap": 0, "EndpointReentryInterval": "P1D"},
    )
    for passed in (1, HOUR, HOUR, 23 * HOUR):
        runner.clock.turn(passed)
        runner.work()
    assert len(runner.sent()) == 2
    assert runner.metrics(journey)["REENTRY_CAP_EXCEEDED"] == 2


def test_the_criteria_of_a_refreshed_journey_are_those_of_its_launch_unless_it_follows_updates(runner):
    runner.template("one")
    runner.endpoints("a", Attributes={"k": ["1"]})
    runner.endpoints("b", start=1, Attributes={"k": ["2"]})
    for follows, entered in ((False, 1), (True, 2)):
        dimension = {"AttributeType": "INCLUSIVE", "Values": ["1"]}
        segment = runner.segment(Attributes={"k": dimension})
        journey = runner.create(
            {"m": {"SMS": {"TemplateName": "one"}}},
            segment=segment,
            RefreshFrequency="PT1H",
            RefreshOnSegmentUpdate=follows,
            Limits={"EndpointReentryCap": 1},
        )
        runner.clock.turn(1)
        runner.work()
        both = {"k": {**dimension, "Values": ["1", "2"]}}
        runner.pinpoint.update_segment(
            ApplicationId=APPLICATION, SegmentId=segment, WriteSegmentRequest={"Dimensions": {"Attributes": both}}
        )
        runner.work()
        assert runner.metrics(journey)["ENDPOINT_ENTERED"] == entered
        runner.clock.turn(HOUR)
        runner.work()
        assert runner.metrics(journey)["ENDPOINT_ENTERED"] == entered


def test_the_clock_of_a_wait_stands_still_while_the_journey_is_paused(runner, monkeypatch):
    from handlers.engagement.operations import journeys as operations

    class Moment(operations.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(runner.clock(), tz)

    monkeypatch.setattr(operations, "datetime", Moment)
    runner.endpoints("a")
    journey = two_messages(runner, RefreshFrequency="P30D")
    runner.work()
    runner.clock.turn(24 * HOUR)
    runner.set_state(journey, "PAUSED")
    runner.clock.turn(10 * 24 * HOUR)
    runner.work()
    assert len(runner.sent()) == 1
    runner.set_state(journey, "ACTIVE")
    runner.clock.turn(47 * HOUR)
    runner.work()
    assert len(runner.sent()) == 1
    runner.clock.turn(2 * HOUR)
    runner.work()
    assert len(runner.sent()) == 2


def test_a_cancelled_journey_sends_nothing_more_and_counts_who_was_inside(runner):
    runner.endpoints("a", "b")
    journey = two_messages(runner)
    runner.work()
    runner.set_state(journey, "CANCELLED")
    runner.clock.turn(100 * HOUR)
    runner.work()
    assert len(runner.sent()) == 2
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 2, "CANCELLED": 2}
    assert runner.metrics(journey, "pause") == {}
    assert runner.work()["Journeys"] == 0


def test_a_deleted_journey_leaves_nothing_of_its_participants(runner):
    runner.endpoints("a", "b")
    journey = two_messages(runner)
    runner.work()
    assert runner.items()
    runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=journey)
    runner.work()
    assert runner.items() == []
    assert runner.work()["Journeys"] == 0


def test_a_worker_that_comes_by_while_a_journey_is_published_or_deleted_takes_nothing_for_over(runner, monkeypatch):
    """The worker is told of a journey before it is written, and before what is left of it is to be taken away."""
    from handlers.engagement.store.registry import ActiveJourneys

    add = ActiveJourneys.add_journey

    def added(self, *ids):
        add(self, *ids)
        runner.work()

    monkeypatch.setattr(ActiveJourneys, "add_journey", added)
    runner.endpoints("a")
    journey = two_messages(runner)
    runner.work()
    assert len(runner.sent()) == 1
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert runner.state(journey) == "COMPLETED" and runner.items()
    runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=journey)
    runner.work()
    assert runner.items() == []


def test_a_start_that_is_to_come_is_waited_for_and_an_end_closes(runner):
    from datetime import UTC, datetime, timedelta

    runner.endpoints("a")
    start = datetime.now(UTC) + timedelta(hours=2)
    schedule = {"StartTime": start, "EndTime": start + timedelta(hours=3)}
    journey = two_messages(runner, Schedule=schedule, RefreshFrequency="PT1H")
    runner.work()
    assert runner.sent() == [] and runner.state(journey) == "ACTIVE"
    runner.clock.turn(2 * HOUR + 1)
    runner.work()
    assert len(runner.sent()) == 1 and runner.state(journey) == "ACTIVE"
    runner.clock.turn(3 * HOUR)
    runner.endpoints("late", start=5)
    runner.work()
    assert runner.state(journey) == "CLOSED"
    runner.clock.turn(72 * HOUR)
    runner.work()
    assert len(runner.sent()) == 2 and runner.state(journey) == "COMPLETED"


def test_a_segment_that_is_gone_lets_nobody_enter(runner):
    runner.endpoints("a")
    segment = runner.segment()
    journey = two_messages(runner, segment=segment)
    runner.pinpoint.delete_segment(ApplicationId=APPLICATION, SegmentId=segment)
    runner.work()
    assert runner.metrics(journey) == {} and runner.state(journey) == "COMPLETED"


def test_another_worker_leaves_a_shard_alone_that_somebody_works_on(runner):
    runner.endpoints("a", "b", "c", "d")
    journey = two_messages(runner)
    mine = Participants(runner.tables.sends, journey)
    lease = mine.lease(range(16))
    assert len(lease.shards) == 16 and mine.lease([0]) is None
    runner.work()
    assert runner.sent() == [] and runner.metrics(journey) == {}
    mine.release(lease)
    runner.work()
    assert len(runner.sent()) == 4


def test_a_published_journey_cannot_be_changed_and_a_draft_is_published_by_its_state(runner):
    runner.template("one")
    request = {
        "Name": "j",
        "StartActivity": "m",
        "StartCondition": {"SegmentStartCondition": {"SegmentId": runner.segment()}},
        "Activities": {"m": {"SMS": {"TemplateName": "one"}}},
    }
    made = runner.pinpoint.create_journey(ApplicationId=APPLICATION, WriteJourneyRequest=request)["JourneyResponse"]
    assert made["State"] == "DRAFT"
    with pytest.raises(runner.pinpoint.exceptions.BadRequestException, match=r"EventType.Values is missing"):
        runner.pinpoint.update_journey(
            ApplicationId=APPLICATION,
            JourneyId=made["Id"],
            WriteJourneyRequest={
                **request,
                "State": "ACTIVE",
                "StartCondition": {
                    "EventStartCondition": {"EventFilter": {"FilterType": "ENDPOINT", "Dimensions": {}}}
                },
            },
        )
    assert runner.state(made["Id"]) == "DRAFT"
    runner.set_state(made["Id"], "ACTIVE")
    with pytest.raises(runner.pinpoint.exceptions.ConflictException, match="is ACTIVE; only a journey in state DRAFT"):
        runner.pinpoint.update_journey(ApplicationId=APPLICATION, JourneyId=made["Id"], WriteJourneyRequest=request)
    with pytest.raises(runner.pinpoint.exceptions.BadRequestException, match="RefreshFrequency"):
        runner.set_state(made["Id"], "PAUSED")
    read = runner.pinpoint.get_journey(ApplicationId=APPLICATION, JourneyId=made["Id"])["JourneyResponse"]
    assert not [name for name in read if name.startswith("_")]
