"""Journeys from the API to the message: entry from a segment, waits, splits, states, and workers that die."""

from __future__ import annotations

import pytest

from handlers.engagement.journeys import participants
from handlers.engagement.journeys.participants import Participants
from tests.handlers.engagement.campaigns.conftest import Kill
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR

TWO = {
    "hello": {"SMS": {"TemplateName": "one", "NextActivity": "pause"}},
    "pause": {"Wait": {"WaitTime": {"WaitFor": "P3D"}, "NextActivity": "again"}},
    "again": {"SMS": {"TemplateName": "two"}},
}


def two_messages(runner, **members):
    runner.template("one")
    runner.template("two")
    return runner.create(TWO, **members)


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


def test_each_message_is_told_to_the_stream_with_the_journeys_ids(runner):
    runner.endpoints("a")
    runner.endpoints("mail", start=9, ChannelType="EMAIL", Address="a@example.org")
    journey = two_messages(runner)
    runner.work()
    (run,) = runner.pinpoint.get_journey_runs(ApplicationId=APPLICATION, JourneyId=journey)["JourneyRunsResponse"][
        "Item"
    ]
    told = {event["client"]["client_id"]: event["attributes"] for event in runner.journey_events()}
    ids = {"journey_id": journey, "journey_run_id": run["RunId"], "journey_activity_id": "hello"}
    assert told["a"] == {
        **ids,
        "journey_activity_type": "SMS",
        "journey_send_status": "SUCCESS",
        "journey_send_status_code": "200",
        "journey_send_status_message": "handed over to the channel",
    }
    assert told["mail"] == {**ids, "journey_activity_type": "SMS", "journey_send_status": "UNSUPPORTED_CHANNEL"}
    assert runner.outbox.sent[0]["Context"] == {**ids, "application_id": APPLICATION, "endpoint_id": "a"}
    assert run["Status"] == "RUNNING"


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


def test_a_channel_out_of_order_is_tried_again_while_the_participant_stays_before_the_message(runner, monkeypatch):
    from handlers.engagement.campaigns import dispatch, waiting

    monkeypatch.setattr(waiting, "FIRST_PAUSE_SECONDS", 0)
    monkeypatch.setattr(dispatch, "FIRST_PAUSE_SECONDS", 0)
    runner.endpoints("a")
    runner.outbox.broken = 6
    journey = two_messages(runner)
    runner.work()
    assert runner.sent() == [] and runner.metrics(journey, "hello") == {}
    assert runner.journey_events() == []
    runner.clock.turn(10)
    runner.work()
    assert len(runner.sent()) == 1 and runner.metrics(journey, "hello") == {"SUCCESS": 1}
    assert len(runner.journey_events()) == 1


def test_a_template_that_is_gone_fails_the_message_and_the_walk_goes_on(runner):
    runner.endpoints("a")
    journey = two_messages(runner)
    runner.pinpoint.delete_sms_template(TemplateName="one")
    runner.work()
    assert runner.metrics(journey, "hello") == {"FAILURE_PERMANENT": 1}
    assert runner.metrics(journey, "pause") == {"WAIT_STARTED": 1}


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
    leases = [mine.lease(shard) for shard in range(16)]
    assert None not in leases and mine.lease(0) is None
    runner.work()
    assert runner.sent() == [] and runner.metrics(journey) == {}
    for lease in leases:
        mine.release(lease)
    runner.work()
    assert len(runner.sent()) == 4


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutRecords", "SendTextMessage"])
def test_a_worker_that_is_killed_at_any_call_sends_no_message_twice_and_leaves_nobody_behind(
    runner, monkeypatch, operation
):
    monkeypatch.setattr(participants, "LEASE_SECONDS", -5)  # a dead worker's lease is over at once
    people = runner.endpoints(*(f"e{n}" for n in range(6)))
    journey = two_messages(runner)
    calls, kill_at = 0, 0

    def die(**_):
        nonlocal calls
        calls += 1
        if calls == kill_at:
            raise Kill

    from handlers.shared import clients

    runner.outbox.before = die if operation == "SendTextMessage" else lambda: None
    service = {"TransactWriteItems": "dynamodb", "PutRecords": "kinesis"}.get(operation)
    if service == "dynamodb":
        runner.tables.sends.client.meta.events.register(f"before-call.dynamodb.{operation}", die)
    elif service:
        clients.aws_client("kinesis").meta.events.register(f"before-call.kinesis.{operation}", die)
    for turn in (0, 73 * HOUR):
        runner.clock.turn(turn)
        for step in range(1, 12):
            calls, kill_at = 0, step
            try:
                runner.work()
            except Kill:
                continue
            break
        kill_at = 0
        runner.work()
    sent = runner.sent()
    assert len(sent) == len(set(sent)), "somebody got a message twice"
    assert runner.state(journey) == "COMPLETED"
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 6, "ENDPOINT_LEFT": 6}
    counted = runner.metrics(journey, "hello")
    assert sum(counted.values()) == 6 and set(counted) <= {"SUCCESS", "UNKNOWN"}
    assert counted["SUCCESS"] <= sum(body == "one" for _, body in sent) <= len(people)


APPOINTMENT = {
    "ask": {
        "CUSTOM": {
            "DeliveryUri": "calendar",
            "EndpointTypes": ["SMS"],
            "MessageConfig": {"Data": "lookup"},
            "NextActivity": "state",
        }
    },
    "state": {
        "ConditionalSplit": {
            "Condition": {
                "Conditions": [
                    {
                        "EventCondition": {
                            "MessageActivity": "ask",
                            "Dimensions": {"Attributes": {"slot": {"AttributeType": "INCLUSIVE", "Values": ["open"]}}},
                        }
                    }
                ]
            },
            "EvaluationWaitTime": {"WaitFor": "PT15M"},
            "TrueActivity": "text",
        }
    },
    "text": {"SMS": {"TemplateName": "one", "NextActivity": "failed"}},
    "failed": {
        "ConditionalSplit": {
            "Condition": {
                "Conditions": [
                    {
                        "EventCondition": {
                            "MessageActivity": "text",
                            "Dimensions": {"EventType": {"Values": ["_SMS.FAILURE"]}},
                        }
                    }
                ]
            },
            "TrueActivity": "call",
        }
    },
    "call": {"CUSTOM": {"DeliveryUri": "phone", "EndpointTypes": ["SMS"], "MessageConfig": {"Data": "voice"}}},
}


def test_a_function_decides_by_its_answer_and_a_text_that_fails_is_followed_by_another_function(runner, monkeypatch):
    from handlers.engagement.campaigns import hook
    from handlers.engagement.translation.function import note_events

    asked = []

    def invoke(function, event, **_):
        asked.append((function, event))
        slots = {"a": "open", "b": "cancelled"}
        return {name: {"EventAttributes": {"slot": slots[name]}} for name in event["Endpoints"] if name in slots}

    monkeypatch.setattr(hook, "_invoke", invoke)
    runner.template("one")
    addresses = runner.endpoints("a", "b", "c")
    journey = runner.create(APPOINTMENT)
    runner.work()
    assert {function for function, _ in asked} == {"calendar"}
    event = asked[0][1]
    assert set(event) == {
        "Message", "Data", "ApplicationId", "JourneyId", "JourneyRunId", "JourneyActivityId", "ActivityId",
        "ScheduledTime", "Endpoints",
    }  # fmt: skip
    assert event["Data"] == "lookup" and event["ActivityId"] == "ask" and event["JourneyId"] == journey
    runner.clock.turn(HOUR / 4 + 1)
    runner.work()
    runner.work()
    assert runner.sent() == [(addresses["a"], "one")]
    assert runner.metrics(journey, "state") == {"Branch_TRUE": 1, "Branch_FALSE": 2}
    ids = {name: event[name] for name in ("JourneyId", "JourneyRunId")}
    failure = {
        "event_type": "_SMS.FAILURE",
        "client": {"client_id": "a"},
        "attributes": {
            "journey_id": ids["JourneyId"],
            "journey_run_id": ids["JourneyRunId"],
            "journey_activity_id": "text",
        },
    }
    note_events(runner.tables.sends, [failure, failure, {"event_type": "_SMS.FAILURE", "attributes": {}}])
    runner.clock.turn(HOUR + 1)
    runner.work()
    runner.work()
    assert asked[-1][0] == "phone" and set(asked[-1][1]["Endpoints"]) == {"a"}
    assert runner.metrics(journey, "failed") == {"Branch_TRUE": 1}
    assert runner.metrics(journey, "call") == {"SUCCESS": 1}
    assert runner.state(journey) == "COMPLETED"


def test_a_function_that_fails_or_answers_garbage_stops_nobody(runner, monkeypatch):
    from handlers.engagement.campaigns import hook

    answers = iter(
        [hook.HookError("broken"), ["garbage"], {"a": "garbage", "b": {"EventAttributes": {"slot": "x" * 200}}}]
    )

    def invoke(_function, _event, **_):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(hook, "_invoke", invoke)
    runner.template("one")
    runner.endpoints("a")
    for outcome in ("CUSTOM_DELIVERY_FAILURE", "SUCCESS", "SUCCESS"):
        journey = runner.create(APPOINTMENT)
        runner.work()
        assert runner.metrics(journey, "ask") == {outcome: 1}
        runner.clock.turn(HOUR)
        runner.work()
        assert runner.metrics(journey, "state") == {"Branch_FALSE": 1}


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
    with pytest.raises(runner.pinpoint.exceptions.BadRequestException, match="EventStartCondition is not offered"):
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
