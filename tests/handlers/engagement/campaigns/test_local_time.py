"""Campaigns that go by the recipients' own clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from handlers.engagement.campaigns import chunk
from handlers.engagement.campaigns.batch import Sending
from handlers.engagement.campaigns.local_time import LocalTime, first_clock
from handlers.engagement.campaigns.schedule import latest_local_start, local_start, next_start
from handlers.engagement.identifiers import iso

HOUR = 3600


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def written(moment):
    return moment and moment.strftime("%Y-%m-%d %H:%M")


def people(campaign, **zones):
    """Endpoints by name in a time zone each; None: without one."""
    campaign.store(
        [
            {
                "Id": name,
                "ChannelType": "SMS",
                "Address": f"+1425679{at:04d}",
                **({"Demographic": {"Timezone": zone}} if zone else {}),
            }
            for at, (name, zone) in enumerate(zones.items())
        ]
    )


def begin(campaign, seconds, **members):
    """A campaign whose wall time is what clocks in UTC read in so many seconds. Returns the run's StartTime."""
    wall = (datetime.now(UTC) + timedelta(seconds=seconds)).replace(tzinfo=None)
    schedule = {"StartTime": wall.isoformat(), "Frequency": "ONCE", "IsLocalTime": True, "Timezone": "UTC"}
    campaign.create(Schedule=schedule, **members)
    return iso(first_clock(wall))


def test_everybody_gets_the_message_when_their_own_clock_reads_the_time(campaign):
    people(
        campaign,
        soon="UTC",
        hour_ago="Etc/GMT-1",
        three_hours_ago="Etc/GMT-3",
        tomorrow="Etc/GMT+5",
        nowhere=None,
        mars="Mars/Phobos",
    )
    start = begin(campaign, 2, Limits={"MaximumDuration": HOUR})
    before = time.time()
    campaign.run(start)
    assert time.time() - before >= 1.5  # `soon` was waited for
    assert [text["Context"]["endpoint_id"] for text in campaign.outbox.sent] == ["hour_ago", "soon"]
    (activity,) = campaign.activities()
    assert activity["ExecutionMetrics"] == {"ENDPOINT_MISSING_TIMEZONE": "2", "EXPIRED": "2", "SUCCESS": "2"}
    assert (activity["TotalEndpointCount"], activity["Result"]) == (2, "SUCCESS")
    assert (activity["TimezonesTotalCount"], activity["TimezonesCompletedCount"]) == (2, 2)
    told = campaign.statuses()
    assert (told["soon"], told["tomorrow"]) == (["SUCCESS"], ["EXPIRED"]) and "nowhere" not in told


def test_who_waits_is_sent_to_hours_later_and_may_have_moved_or_opted_out(campaign, monkeypatch):
    people(campaign, stays="Etc/GMT+5", moves="Etc/GMT+5", leaves="Etc/GMT+5", here="Etc/GMT-1")
    start = begin(campaign, 0)
    plan = campaign.step().plan({"StartTime": start})
    assert plan["Action"] == "RUN"
    step = campaign.process(plan["Chunks"][0])
    assert (step["Done"], step["Cursor"]) == (False, None) and 4.9 * HOUR < step["Wait"] <= 5 * HOUR
    assert len(campaign.outbox.sent) == 1
    (activity,) = campaign.activities()
    assert activity["State"] == "RUNNING" and activity["ExecutionMetrics"]["WAITING_FOR_LOCAL_TIME"] == "3"
    assert (activity["TimezonesTotalCount"], activity["TimezonesCompletedCount"]) == (2, 1)
    people(campaign, stays="Etc/GMT+5", moves="Etc/GMT+7")
    campaign.store([{"Id": "leaves", "ChannelType": "SMS", "Address": "+14256790002", "OptOut": "ALL"}])
    for hours in (5, 7):
        later = hours * HOUR + 5
        clock = SimpleNamespace(time=lambda s=later: time.time() + s, monotonic=time.monotonic, sleep=time.sleep)
        monkeypatch.setattr(chunk, "time", clock)
        monkeypatch.setattr(Sending, "_moment", lambda self, s=later: datetime.now(UTC) + timedelta(seconds=s))
        step = campaign.process(plan["Chunks"][0])
    assert step["Done"]
    campaign.complete({"StartTime": start})
    assert [text["Context"]["endpoint_id"] for text in campaign.outbox.sent] == ["here", "stays", "moves"]
    (activity,) = campaign.activities()
    assert activity["ExecutionMetrics"] == {"OPT_OUT": "1", "SUCCESS": "3"} and activity["Result"] == "SUCCESS"


@pytest.mark.parametrize("at", [1, 2, 3, 5])
@pytest.mark.parametrize("after", [False, True])
def test_a_step_that_is_killed_sends_to_each_once(campaign, at, after):
    people(campaign, soon="UTC", ago="Etc/GMT-1")
    start = begin(campaign, 1)
    campaign.kill_at(at, after=after)
    campaign.run(start)
    assert max(campaign.texted().values(), default=0) == 1
    counted = {name: int(number) for name, number in campaign.activities()[0]["ExecutionMetrics"].items()}
    assert counted.get("SUCCESS", 0) + counted.get("UNKNOWN", 0) == 2


BERLIN = {"Demographic": {"Timezone": "Europe/Berlin"}}


@pytest.mark.parametrize(
    ("began", "seconds", "moment", "expected"),
    [
        ("2027-03-27 19:00", None, "2027-03-27 19:00", ("WAITING_FOR_LOCAL_TIME", "2027-03-28 07:00")),  # summer time
        ("2027-03-27 19:00", None, "2027-03-28 07:00", ("CLAIMED", None)),
        ("2027-03-28 09:00", None, "2027-03-28 09:00", ("CLAIMED", None)),  # two hours late
        ("2027-03-28 09:01", None, "2027-03-28 09:01", ("EXPIRED", None)),
        ("2027-03-28 09:01", 3 * HOUR, "2027-03-28 09:01", ("CLAIMED", None)),
        ("2027-03-27 19:00", 3 * HOUR, "2027-03-27 19:00", ("EXPIRED", None)),  # it would be too late
    ],
)
def test_the_instant_is_that_of_the_date_and_lateness_is_bounded(began, seconds, moment, expected):
    local = LocalTime(utc("2027-03-27 19:00"), utc(began), seconds)  # 09:00 on the 28th
    status, due = local.verdict(BERLIN, utc(moment))
    assert (status, written(datetime.fromtimestamp(due / 1000, UTC)) if due else None) == expected


MONTHLY = {"StartTime": "2027-01-01T09:00:00", "Frequency": "MONTHLY", "IsLocalTime": True}
DAILY = {**MONTHLY, "Frequency": "DAILY", "EndTime": "2027-01-03T09:00:00+02:00", "Timezone": "UTC+02"}


def test_recurring_runs_keep_the_wall_time_and_end_with_its_last_one():
    base = utc("2026-12-31 19:00")
    assert local_start(MONTHLY, utc("2026-12-01 00:00")) == base
    assert written(next_start(MONTHLY, base, base)) == "2027-01-31 19:00"  # 09:00 on the first of February
    assert written(next_start(DAILY, base, base)) == "2027-01-01 19:00"
    assert written(next_start(DAILY, base, utc("2027-01-01 19:00"))) == "2027-01-02 19:00"
    assert next_start(DAILY, base, utc("2027-01-02 19:00")) is None
    assert next_start({**MONTHLY, "Frequency": "ONCE"}, base, base) is None


def test_a_recurring_campaign_that_is_made_late_begins_with_the_next_time():
    assert written(local_start(MONTHLY, utc("2027-01-01 20:59"))) == "2026-12-31 19:00"  # somewhere it is still to come
    assert written(local_start(MONTHLY, utc("2027-01-01 21:00"))) == "2027-01-31 19:00"
    once = {**MONTHLY, "Frequency": "ONCE"}
    assert written(local_start(once, utc("2028-01-01 00:00"))) == "2026-12-31 19:00"
    assert written(latest_local_start(MONTHLY, utc("2027-03-15 00:00"))) == "2027-02-28 19:00"


def test_the_next_daily_run_follows_though_the_last_clocks_were_served_after_its_time(campaign):
    now = datetime.now(UTC)
    first = now - timedelta(hours=25)
    schedule = {"StartTime": (first + timedelta(hours=14)).replace(tzinfo=None).isoformat(), "Frequency": "DAILY"}
    campaign.create(Schedule={**schedule, "IsLocalTime": True})
    following = campaign.step().following(campaign.step().campaign(), {"StartTime": iso(first)})
    assert following["Next"]["StartTime"] == iso(first + timedelta(hours=24))
