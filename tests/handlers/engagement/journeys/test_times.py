"""Quiet time, sending schedules and local time of journeys that run, on a clock that the test turns."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest

from handlers.engagement.journeys.schedule import closes, opens
from handlers.engagement.store.shards import shard_of
from tests.handlers.engagement.journeys.conftest import HOUR

NIGHT = {"Start": "20:00", "End": "08:00"}
MESSAGE = {"m": {"SMS": {"TemplateName": "one"}}}
MONDAY = "2027-01-04"


def turn_to(runner, moment):
    """Sets the clock, to a time in UTC."""
    runner.clock.passed = datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() - time.time()


def someone(runner, name, zone=None, **members):
    demographic = {"Demographic": {"Timezone": zone}} if zone else {}
    runner.endpoints(name, start=sum(map(ord, name)), **demographic, **members)


def publish(runner, activities=None, **members):
    runner.template("one")
    return runner.create(activities or MESSAGE, **members)


def who(runner):
    """Ids of those who were sent to, in order."""
    return [params["Context"]["endpoint_id"] for params in runner.outbox.sent]


def told(runner, name):
    """(journey_send_status, journey_activity_type) of an endpoint's events, in order."""
    return [
        (event["attributes"]["journey_send_status"], event["attributes"].get("journey_activity_type"))
        for event in runner.journey_events()
        if event["client"]["client_id"] == name
    ]


def test_who_waits_for_the_end_of_quiet_time_gets_the_message_then_once(runner):
    someone(runner, "berlin", "Europe/Berlin")
    someone(runner, "tokyo", "Asia/Tokyo")
    someone(runner, "kolkata", "Asia/Kolkata")
    someone(runner, "nowhere")
    someone(runner, "mars", "Mars/Phobos")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True)
    turn_to(runner, f"{MONDAY} 14:30")
    runner.work()
    assert sorted(who(runner)) == ["berlin", "mars", "nowhere"]  # 15:30; and without a zone nothing holds
    assert runner.metrics(journey, "m") == {"SUCCESS": 3, "WAIT_FOR_QUIET_HOURS": 2}
    assert runner.state(journey) == "CLOSED"
    turn_to(runner, f"{MONDAY} 22:59")
    runner.work()
    assert len(who(runner)) == 3 and told(runner, "tokyo") == []
    turn_to(runner, f"{MONDAY} 23:00")
    runner.work()
    assert who(runner)[3:] == ["tokyo"]  # 08:00
    turn_to(runner, "2027-01-05 02:30")
    runner.work()
    runner.work()
    assert who(runner)[4:] == ["kolkata"]
    for name in ("tokyo", "kolkata"):
        assert told(runner, name) == [("QUIET_TIME_WAIT_FINISHED", None), ("SUCCESS", "SMS")]
    assert told(runner, "berlin") == [("SUCCESS", "SMS")]
    assert runner.metrics(journey, "m") == {"SUCCESS": 5}
    assert runner.state(journey) == "COMPLETED"


def test_without_waiting_a_message_in_quiet_time_is_dropped_and_the_participant_goes_on(runner):
    someone(runner, "tokyo", "Asia/Tokyo")
    activities = {
        "m": {"SMS": {"TemplateName": "one", "NextActivity": "w"}},
        "w": {"Wait": {"WaitTime": {"WaitFor": "P1D"}}},
    }
    journey = publish(runner, activities, QuietTime=NIGHT)
    turn_to(runner, f"{MONDAY} 14:00")
    runner.work()
    assert who(runner) == [] and told(runner, "tokyo") == [("QUIET_TIME", "SMS")]
    assert runner.metrics(journey, "m") == {"QUIET_TIME": 1}
    assert runner.metrics(journey, "w") == {"WAIT_STARTED": 1}


def test_a_function_is_held_like_a_message(runner, monkeypatch):
    from handlers.engagement.campaigns import hook

    asked = []
    monkeypatch.setattr(hook, "deliver", lambda function, event, recipients, failed: asked.append(len(recipients)))
    someone(runner, "tokyo", "Asia/Tokyo")
    ask = {"ask": {"CUSTOM": {"DeliveryUri": "f", "EndpointTypes": ["SMS"], "MessageConfig": {"Data": "x"}}}}
    publish(runner, ask, QuietTime=NIGHT, WaitForQuietTime=True)
    turn_to(runner, f"{MONDAY} 14:00")
    runner.work()
    assert asked == []
    turn_to(runner, f"{MONDAY} 23:00")
    runner.work()
    assert asked == [1]


def test_a_change_of_zone_or_an_opt_out_while_somebody_is_held_counts(runner):
    for name in ("out", "moved"):
        someone(runner, name, "Asia/Tokyo")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True)
    turn_to(runner, f"{MONDAY} 14:00")
    runner.work()
    someone(runner, "out", "Asia/Tokyo", OptOut="ALL")
    someone(runner, "moved", "America/Los_Angeles")
    turn_to(runner, f"{MONDAY} 23:00")  # 15:00 in Los Angeles
    runner.work()
    assert who(runner) == ["moved"]
    assert runner.metrics(journey, "m") == {"SUCCESS": 1}
    assert runner.state(journey) == "COMPLETED"


def test_an_endpoint_that_is_deleted_while_it_is_held_leaves(runner):
    from tests.handlers.engagement.conftest import APPLICATION

    someone(runner, "tokyo", "Asia/Tokyo")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True)
    turn_to(runner, f"{MONDAY} 14:00")
    runner.work()
    assert runner.metrics(journey, "m") == {"WAIT_FOR_QUIET_HOURS": 1}
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="tokyo")
    turn_to(runner, f"{MONDAY} 23:00")
    runner.work()
    assert runner.metrics(journey, "m") == {} and runner.state(journey) == "COMPLETED"


def test_outside_open_hours_and_on_closed_days_nothing_goes_out(runner):
    for name, zone in {"berlin": "Europe/Berlin", "york": "America/New_York", "nowhere": None}.items():
        someone(runner, name, zone)
    hours = {"SMS": {day: [{"StartTime": "09:00", "EndTime": "17:00"}] for day in ("MONDAY", "TUESDAY")}}
    closed = {"SMS": [{"Name": "x", "StartDateTime": "2027-01-05T00:00", "EndDateTime": "2027-01-06T00:00"}]}
    times = {"SendingSchedule": True, "QuietTime": NIGHT, "OpenHours": hours, "ClosedDays": closed}
    publish(runner, **times, WaitForQuietTime=True)
    turn_to(runner, f"{MONDAY} 16:00")
    runner.work()
    assert sorted(who(runner)) == ["nowhere", "york"]  # 11:00 in New York; 17:00 in Berlin
    turn_to(runner, "2027-01-11 07:59")
    runner.work()
    assert len(who(runner)) == 2
    turn_to(runner, "2027-01-11 08:00")
    runner.work()
    assert who(runner)[2:] == ["berlin"]


def test_open_hours_of_another_channel_hold_nothing(runner):
    someone(runner, "berlin", "Europe/Berlin")
    hours = {"EMAIL": {"TUESDAY": [{"StartTime": "09:00", "EndTime": "17:00"}]}}
    publish(runner, SendingSchedule=True, QuietTime=NIGHT, OpenHours=hours)
    turn_to(runner, f"{MONDAY} 12:00")
    runner.work()
    assert who(runner) == ["berlin"]


def test_a_zone_is_estimated_and_who_has_none_then_gets_nothing_in_its_place(runner):
    someone(runner, "us", Location={"Country": "US"}, Address="+12065550100")
    someone(runner, "unknown")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True, TimezoneEstimationMethods=["PHONE_NUMBER"])
    turn_to(runner, f"{MONDAY} 15:00")
    runner.work()
    assert who(runner) == [] and told(runner, "unknown") == [("QUIET_TIME_MISSING_TIMEZONE", "SMS")]
    assert runner.metrics(journey, "m") == {"QUIET_TIME": 1, "WAIT_FOR_QUIET_HOURS": 1}
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 2
    turn_to(runner, f"{MONDAY} 16:00")
    runner.work()
    assert who(runner) == ["us"]


def test_a_message_that_failed_for_now_is_held_too_and_tried_for_a_day_from_then_on(runner, monkeypatch):
    from handlers.engagement.campaigns import dispatch

    monkeypatch.setattr(dispatch, "FIRST_PAUSE_SECONDS", 0)
    names = [f"e{at}" for at in range(99)]
    berlin, york = [name for name in names if shard_of(name) == shard_of(names[0])][:2]
    someone(runner, berlin, "Europe/Berlin")
    someone(runner, york, "America/New_York")
    closed = {"SMS": [{"Name": "x", "StartDateTime": f"{MONDAY}T20:00", "EndDateTime": "2027-01-07T20:00"}]}
    times = {"QuietTime": NIGHT, "WaitForQuietTime": True, "SendingSchedule": True, "ClosedDays": closed}
    journey = publish(runner, **times)
    runner.outbox.broken = 99
    turn_to(runner, f"{MONDAY} 18:59:50")
    runner.work()
    assert who(runner) == [] and runner.outbox.calls >= 6
    runner.outbox.broken = 0
    turn_to(runner, f"{MONDAY} 19:00:00")  # both are to be tried again; in Berlin it is 20:00
    runner.work()
    assert who(runner) == [york]
    turn_to(runner, "2027-01-08 06:59")
    runner.work()
    runner.outbox.broken = runner.outbox.calls + 3
    turn_to(runner, "2027-01-08 07:00")
    runner.work()
    assert who(runner) == [york]
    turn_to(runner, "2027-01-08 07:01")
    runner.work()
    assert who(runner) == [york, berlin]
    assert runner.metrics(journey, "m") == {"SUCCESS": 2}
    assert told(runner, berlin) == [("QUIET_TIME_WAIT_FINISHED", None), ("SUCCESS", "SMS")]


@pytest.mark.parametrize("operation", ["TransactWriteItems", "PutRecords", "SendTextMessage"])
@pytest.mark.parametrize("at", [1, 2])
def test_a_worker_that_is_killed_when_a_hold_begins_or_ends_sends_once_and_leaves_nobody(runner, operation, at):
    from handlers.shared import clients, event_stream
    from tests.handlers.engagement.campaigns.conftest import Kill

    someone(runner, "tokyo", "Asia/Tokyo")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True)
    services = {"TransactWriteItems": "dynamodb", "PutRecords": "kinesis", "SendTextMessage": "pinpoint-sms-voice-v2"}
    struck = []

    def strike(model, **_):
        if model.name == operation:
            struck.append(1)
            if len(struck) == at:
                raise Kill

    client = runner.tables.sends.client if operation == "TransactWriteItems" else None
    if operation == "SendTextMessage":
        client = clients.sending_client("pinpoint-sms-voice-v2")
    client = client or event_stream.stream_client()
    client.meta.events.register_first(f"after-call.{services[operation]}", strike)
    for moment in (f"{MONDAY} 14:00", f"{MONDAY} 14:10", f"{MONDAY} 23:00", f"{MONDAY} 23:10", f"{MONDAY} 23:20"):
        turn_to(runner, moment)
        with contextlib.suppress(Kill):
            runner.work()
    assert who(runner) == ["tokyo"]
    assert runner.state(journey) == "COMPLETED"
    assert sum(runner.metrics(journey, "m").values()) == 1


LOCAL = {"LocalTime": True, "RefreshFrequency": "P1D"}


def test_with_local_time_everybody_starts_when_their_own_clock_reads_the_start(runner):
    people = {"auckland": "Pacific/Auckland", "kathmandu": "Asia/Kathmandu", "berlin": "Europe/Berlin"}
    for name, zone in {**people, "angeles": "America/Los_Angeles", "nowhere": None, "mars": "Mars/Phobos"}.items():
        someone(runner, name, zone)
    journey = publish(runner, LocalTime=True, Schedule={"StartTime": f"{MONDAY}T09:00:00+02:00", "Timezone": "UTC+02"})
    turn_to(runner, "2027-01-03 18:59")
    runner.work()
    assert runner.metrics(journey) == {}
    turn_to(runner, "2027-01-03 19:00")  # 09:00 on the first clock of the world
    runner.work()
    assert who(runner) == [] and runner.metrics(journey)["ENDPOINT_ENTERED"] == 4
    (run,) = runner.pinpoint.get_journey_runs(ApplicationId="0a" * 16, JourneyId=journey)["JourneyRunsResponse"]["Item"]
    for moment, expected in {
        "2027-01-03 19:59": [],
        "2027-01-03 20:00": ["auckland"],
        f"{MONDAY} 03:14": ["auckland"],
        f"{MONDAY} 03:15": ["auckland", "kathmandu"],
        f"{MONDAY} 08:00": ["auckland", "kathmandu", "berlin"],
        f"{MONDAY} 16:59": ["auckland", "kathmandu", "berlin"],
        f"{MONDAY} 17:00": ["auckland", "kathmandu", "berlin", "angeles"],
    }.items():
        turn_to(runner, moment)
        runner.work()
        assert who(runner) == expected
    counted = runner.pinpoint.get_journey_run_execution_metrics(
        ApplicationId="0a" * 16, JourneyId=journey, RunId=run["RunId"]
    )["JourneyRunExecutionMetricsResponse"]["Metrics"]
    assert counted["ENDPOINT_MISSING_TIMEZONE"] == "2" and counted["ENDPOINT_PRODUCED"] == "6"
    assert runner.state(journey) == "COMPLETED"


def test_with_local_time_a_refresh_comes_at_the_same_wall_time_over_a_change_of_daylight_saving(runner):
    someone(runner, "berlin", "Europe/Berlin")
    publish(runner, **LOCAL, Schedule={"StartTime": "2027-03-27T09:00:00Z"})
    for moment, count in {
        "2027-03-26 19:00": 0,
        "2027-03-27 08:00": 1,
        "2027-03-27 19:00": 1,
        "2027-03-28 06:59": 1,
        "2027-03-28 07:00": 2,  # 09:00, in summer time
    }.items():
        turn_to(runner, moment)
        runner.work()
        assert len(who(runner)) == count, moment


def test_with_local_time_nobody_enters_whose_own_clock_is_past_the_end(runner):
    for name, zone in {"auckland": "Pacific/Auckland", "angeles": "America/Los_Angeles"}.items():
        someone(runner, name, zone)
    times = {"StartTime": f"{MONDAY}T09:00:00Z", "EndTime": f"{MONDAY}T17:00:00Z"}
    journey = publish(runner, LocalTime=True, Schedule=times)
    turn_to(runner, f"{MONDAY} 10:00")  # 23:00 in Auckland, 02:00 in Los Angeles
    runner.work()
    turn_to(runner, f"{MONDAY} 18:00")
    runner.work()
    assert who(runner) == ["angeles"]
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 1


@pytest.mark.parametrize(
    ("journey", "begins", "ends"),
    [
        ({}, None, None),
        ({"Schedule": {"StartTime": "2027-01-04T09:00:00"}}, "2027-01-04 09:00", None),
        ({"Schedule": {"StartTime": "2027-01-04T09:00:00", "Timezone": "UTC+05:45"}}, "2027-01-04 03:15", None),
        ({"Schedule": {"StartTime": "2027-01-04T09:00:00Z", "Timezone": "UTC+05:45"}}, "2027-01-04 09:00", None),
        (
            {
                "LocalTime": True,
                "Schedule": {"StartTime": "2027-01-04T09:00", "EndTime": "2027-01-05", "Timezone": "UTC-3"},
            },
            "2027-01-03 19:00",
            "2027-01-05 12:00",
        ),
        (
            {"LocalTime": True, "Schedule": {"StartTime": "2027-01-04T09:00:00Z", "Timezone": "UTC-3"}},
            "2027-01-03 16:00",
            None,
        ),
    ],
)
def test_a_schedule_is_read_in_its_zone_and_local_time_spans_all_clocks(journey, begins, ends):
    found = [
        moment and moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M") for moment in (opens(journey), closes(journey))
    ]
    assert found == [begins, ends]


def test_a_hold_stands_still_while_the_journey_is_paused(runner):
    someone(runner, "tokyo", "Asia/Tokyo")
    journey = publish(runner, QuietTime=NIGHT, WaitForQuietTime=True, RefreshFrequency="P30D")
    turn_to(runner, f"{MONDAY} 22:00")
    runner.work()
    from handlers.engagement.store.registry import Journeys
    from tests.handlers.engagement.conftest import APPLICATION

    Journeys(runner.tables.registry, APPLICATION).update(
        journey, lambda document: document.update(_PausedMilliseconds=2 * HOUR * 1000)
    )
    turn_to(runner, "2027-01-05 00:59")
    runner.work()
    assert who(runner) == []
    turn_to(runner, "2027-01-05 01:00")
    runner.work()
    assert who(runner) == ["tokyo"]
