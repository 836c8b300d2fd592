"""When messages may be sent, by the clocks of time zones: nights, changes of daylight saving, odd offsets, closed days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from handlers.engagement.sending_times.windows import closed_days, next_opening, open_hours, quiet_time
from handlers.engagement.sending_times.zones import instant, zone_named, zone_of


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def zones(*names):
    return [zone for name in names if (zone := zone_named(name))]


def opening(windows, moment, *names):
    """The next opening as `2027-01-04 07:00`, in UTC; None: there is none."""
    found = next_opening(windows, zones(*names), utc(moment))
    return found and found.strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    "name", ["Mars/Phobos", "europe/berlin", "Europe", "../etc/passwd", "UTC+2", "a\0b", "x" * 999]
)
def test_a_name_that_the_database_does_not_have_is_no_zone(name):
    assert zone_of({"Demographic": {"Timezone": name}}) is None


def test_an_endpoint_without_a_time_zone_has_none():
    assert [zone_of(one) for one in ({}, {"Demographic": None}, {"Demographic": {"Timezone": ""}})] == [None] * 3


@pytest.mark.parametrize(
    ("wall", "zone", "expected"),
    [
        ("2027-01-04 09:00", "Europe/Berlin", "2027-01-04 08:00"),
        ("2027-01-04 09:00", "Asia/Kolkata", "2027-01-04 03:30"),
        ("2027-01-04 09:00", "Asia/Kathmandu", "2027-01-04 03:15"),
        ("2027-01-04 09:00", "Pacific/Kiritimati", "2027-01-03 19:00"),
        ("2027-01-04 09:00", "Australia/Lord_Howe", "2027-01-03 22:00"),
        ("2027-03-28 02:30", "Europe/Berlin", "2027-03-28 01:00"),  # leapt over: as soon as the clock is past it
        ("2027-10-31 02:30", "Europe/Berlin", "2027-10-31 00:30"),  # read twice: the first time
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30 10:00"),  # a day that Samoa left out
    ],
)
def test_a_wall_time_is_the_instant_at_which_the_clock_there_reads_it(wall, zone, expected):
    assert instant(datetime.fromisoformat(wall), *zones(zone)) == utc(expected)


def test_of_a_wall_time_that_is_read_twice_there_is_a_last_instant():
    assert instant(datetime(2027, 10, 31, 2, 30), *zones("Europe/Berlin"), last=True) == utc("2027-10-31 01:30")


NIGHT = {"Start": "22:00", "End": "06:00"}


@pytest.mark.parametrize(
    ("quiet", "moment", "zone", "expected"),
    [
        (NIGHT, "2027-01-04 20:59", "Europe/Berlin", "2027-01-04 20:59"),
        (NIGHT, "2027-01-04 21:00", "Europe/Berlin", "2027-01-05 05:00"),  # before midnight: until the next morning
        (NIGHT, "2027-01-05 04:59", "Europe/Berlin", "2027-01-05 05:00"),  # after midnight: the same morning
        (NIGHT, "2027-01-05 05:00", "Europe/Berlin", "2027-01-05 05:00"),  # the end is no part of it
        (NIGHT, "2027-01-04 17:00", "Asia/Kolkata", "2027-01-05 00:30"),
        (NIGHT, "2027-01-04 16:29", "Asia/Kolkata", "2027-01-04 16:29"),
        (NIGHT, "2027-01-04 16:20", "Asia/Kathmandu", "2027-01-05 00:15"),
        (NIGHT, "2027-03-27 21:00", "Europe/Berlin", "2027-03-28 04:00"),  # the short night
        (NIGHT, "2027-10-30 20:00", "Europe/Berlin", "2027-10-31 05:00"),  # the long night
        ({"Start": "22:00", "End": "02:30"}, "2027-03-27 22:00", "Europe/Berlin", "2027-03-28 01:00"),
        ({"Start": "22:00", "End": "02:30"}, "2027-10-31 00:40", "Europe/Berlin", "2027-10-31 01:30"),
        ({"Start": "02:30", "End": "04:00"}, "2027-03-28 01:00", "Europe/Berlin", "2027-03-28 02:00"),
        ({"Start": "12:00", "End": "14:00"}, "2027-01-04 12:30", "Europe/London", "2027-01-04 14:00"),
        ({"Start": "08:00", "End": "08:00"}, "2027-01-04 08:00", "Europe/London", "2027-01-04 08:00"),  # none
    ],
)
def test_a_message_that_is_due_in_quiet_time_may_go_when_it_ends(quiet, moment, zone, expected):
    assert opening([quiet_time(quiet)], moment, zone) == expected


def test_of_several_zones_all_must_allow():
    night = [quiet_time({"Start": "20:00", "End": "08:00"})]
    both = ("America/Los_Angeles", "America/New_York")
    assert opening(night, "2027-01-04 13:00", *both) == "2027-01-04 16:00"  # 08:00 in Los Angeles
    assert opening(night, "2027-01-05 00:59", *both) == "2027-01-05 00:59"  # 19:59 in New York
    assert opening(night, "2027-01-05 01:00", *both) == "2027-01-05 16:00"
    assert opening([quiet_time({"Start": "14:00", "End": "12:00"})], "2027-01-04 00:00", *both) is None


WEEK = {"MONDAY": [{"StartTime": "13:00", "EndTime": "17:00"}, {"StartTime": "T09:00:00", "EndTime": "12:00"}], "FRIDAY": [{"StartTime": "20:00", "EndTime": "00:00"}], "SATURDAY": [{"StartTime": "00:00", "EndTime": "01:00"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-01-04 08:59", "2027-01-04 09:00"),  # a Monday
        ("2027-01-04 11:59", "2027-01-04 11:59"),
        ("2027-01-04 12:00", "2027-01-04 13:00"),
        ("2027-01-04 17:00", "2027-01-08 20:00"),  # days without rules are closed
        ("2027-01-08 23:59", "2027-01-08 23:59"),
        ("2027-01-09 00:00", "2027-01-09 00:00"),  # open over midnight by two rules
        ("2027-01-09 01:00", "2027-01-11 09:00"),
    ],
)
def test_outside_open_hours_the_next_ones_are_waited_for(moment, expected):
    window = open_hours(WEEK)
    assert window is not None and opening([window], moment, "Europe/London") == expected


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("MONDAY", "2027-01-11 09:00"),
        ("TUESDAY", "2027-01-05 09:00"),
        ("WEDNESDAY", "2027-01-06 09:00"),
        ("THURSDAY", "2027-01-07 09:00"),
        ("FRIDAY", "2027-01-08 09:00"),
        ("SATURDAY", "2027-01-09 09:00"),
        ("SUNDAY", "2027-01-10 09:00"),
    ],
)
def test_each_day_of_the_week_has_hours_of_its_own(day, expected):
    window = open_hours({day: [{"StartTime": "09:00", "EndTime": "10:00"}]})
    assert window is not None and opening([window], "2027-01-04 10:00", "Europe/London") == expected  # a Monday


def test_hours_that_a_clock_leaps_over_are_not_open_that_day():
    window = open_hours({"SUNDAY": [{"StartTime": "02:00", "EndTime": "03:00"}]})
    assert window is not None and opening([window], "2027-03-28 01:00", "Europe/Berlin") == "2027-04-04 00:00"


def test_a_night_that_began_before_the_clock_was_put_back_over_midnight_goes_on():
    # At 00:01 Newfoundland's clocks went back to 23:01: it was 00:00, and ten minutes later it is the day before.
    night = [quiet_time({"Start": "00:00", "End": "06:00"})]
    assert opening(night, "2010-11-07 02:40", "America/St_Johns") == "2010-11-07 09:30"


def test_hours_without_any_rule_close_nothing():
    assert open_hours({}) is None and open_hours({"MONDAY": []}) is None and closed_days([]) is None


CHRISTMAS = [{"Name": "x", "StartDateTime": "2027-12-24T00:00", "EndDateTime": "2027-12-27T00:00"}]


@pytest.mark.parametrize(
    ("rules", "moment", "zone", "expected"),
    [
        (CHRISTMAS, "2027-12-23 10:59", "Pacific/Auckland", "2027-12-23 10:59"),
        (CHRISTMAS, "2027-12-23 11:00", "Pacific/Auckland", "2027-12-26 11:00"),  # by the clock there
        (CHRISTMAS, "2027-12-25 12:00", "America/Los_Angeles", "2027-12-27 08:00"),
        (
            [{"StartDateTime": "2027-12-24T00:00Z", "EndDateTime": "2027-12-25T00:00:00+01:00"}],
            "2027-12-24 12:00",
            "America/Los_Angeles",
            "2027-12-24 23:00",
        ),
        (
            [{"StartDateTime": "2027-10-31T00:00", "EndDateTime": "2027-10-31T02:30"}],
            "2027-10-30 23:00",
            "Europe/Berlin",
            "2027-10-31 01:30",  # read twice: closed until the last time
        ),
        (
            [{"StartDateTime": "2027-10-31T02:30", "EndDateTime": "2027-10-31T12:00"}],
            "2027-10-31 00:30",
            "Europe/Berlin",
            "2027-10-31 11:00",  # read twice: closed from the first time on
        ),
        ([{"StartDateTime": "2027-12-24", "EndDateTime": "2027-12-25"}], "2027-12-24 12:00", "UTC", "2027-12-25 00:00"),
    ],
)
def test_a_closed_day_that_covers_the_due_time_is_waited_out(rules, moment, zone, expected):
    window = closed_days(rules)
    assert window is not None and opening([window], moment, zone) == expected


def test_of_closed_days_that_overlap_the_last_end_counts():
    window = closed_days([*CHRISTMAS, {"StartDateTime": "2027-12-24T00:00", "EndDateTime": "2027-12-25T00:00"}])
    assert window is not None and window(utc("2027-12-24 12:00"), *zones("UTC")) == utc("2027-12-27 00:00")


@pytest.mark.parametrize(("days", "expected"), [(399, "2028-02-07 00:00"), (400, None), (401, None)])
def test_400_days_ahead_nothing_is_looked_for(days, expected):
    end = utc("2027-01-04 00:00") + timedelta(days=days)
    window = closed_days([{"StartDateTime": "2027-01-04T00:00Z", "EndDateTime": end.isoformat()}])
    assert window is not None and opening([window], "2027-01-04 00:00", "UTC") == expected


def test_all_of_quiet_time_open_hours_and_closed_days_hold():
    windows = [
        quiet_time({"Start": "20:00", "End": "08:00"}),
        open_hours({day: [{"StartTime": "08:00", "EndTime": "12:00"}] for day in ("FRIDAY", "MONDAY")}),
        closed_days(CHRISTMAS),
    ]
    # Friday, Christmas Eve, is closed until Monday's midnight, which is quiet until eight.
    assert opening(windows, "2027-12-24 10:00", "Europe/London") == "2027-12-27 08:00"
