"""The times at which no message may be sent, each as intervals of instants in a time zone.

An interval begins when the clock there first reads its start, and ends when it last reads its end: a clock that is put back in between
makes it longer, one that is put forward over an end ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from handlers.engagement.sending_times.clock import date_time, time_of_day
from handlers.engagement.sending_times.zones import instant

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
HORIZON = timedelta(days=400)
"""How far ahead a time is looked for: longer than all closed days of a channel together."""
Interval = tuple[datetime, datetime]
Window = Callable[[datetime, tzinfo], datetime | None]
"""(moment, zone) -> until when nothing is sent at that moment; None: it may be sent."""


def quiet_time(quiet: Mapping[str, str]) -> Window:
    """A QuietTime (`{"Start": "22:00", "End": "06:00"}`). Its end is no part of it."""
    return _quiet_time(quiet["Start"], quiet["End"])


@lru_cache(maxsize=64)
def _quiet_time(first: str, last: str) -> Window:
    start, end = time_of_day(first), time_of_day(last)
    if end < start:
        end += timedelta(days=1)

    def until(moment: datetime, zone: tzinfo) -> datetime | None:
        today = moment.astimezone(zone).date()
        days = (today - timedelta(days=1), today, today + timedelta(days=1))
        return _within(moment, (_interval(day, start, end, zone) for day in days))

    return until


def open_hours(rules: Mapping[str, Sequence[Mapping[str, str]]]) -> Window | None:
    """What is outside a channel's OpenHours (day -> rules); a day without rules is closed. None: there is no rule at all."""
    by_day = {
        DAYS.index(day): sorted((time_of_day(rule["StartTime"]), end_of_rule(rule)) for rule in entries)
        for day, entries in rules.items()
    }
    if not any(by_day.values()):
        return None

    def until(moment: datetime, zone: tzinfo) -> datetime | None:
        today = moment.astimezone(zone).date()
        following = None
        for ahead in range(-1, 9):
            day = today + timedelta(days=ahead)
            for start, end in by_day.get(day.weekday(), ()):
                opens, closes = _interval(day, start, end, zone)
                if opens <= moment < closes:
                    return None
                if opens > moment and (following is None or opens < following):
                    following = opens
        return following

    return until


def end_of_rule(rule: Mapping[str, str]) -> timedelta:
    """EndTime of a rule of open hours, as time since midnight; `00:00` is the day's end."""
    return time_of_day(rule["EndTime"]) or timedelta(days=1)


def closed_days(rules: Sequence[Mapping[str, str]]) -> Window | None:
    """A channel's ClosedDays: date-times of the local clock, or with an offset. None: there are none."""
    if not rules:
        return None
    spans = [(date_time(rule["StartDateTime"]), date_time(rule["EndDateTime"])) for rule in rules]

    def until(moment: datetime, zone: tzinfo) -> datetime | None:
        return _within(moment, ((_moment(start, zone), _moment(end, zone, last=True)) for start, end in spans))

    return until


def next_opening(windows: Sequence[Window], zones: Sequence[tzinfo], moment: datetime) -> datetime | None:
    """The first instant from a moment on at which no window forbids in any zone; None: there is none within 400 days."""
    at, last = moment, moment + HORIZON
    while at < last:
        ends = [end for window in windows for zone in zones if (end := window(at, zone))]
        if not ends:
            return at
        at = max(ends)
    return None


def _within(moment: datetime, intervals: Iterator[Interval]) -> datetime | None:
    ends = [end for start, end in intervals if start <= moment < end]
    return max(ends, default=None)


@lru_cache(maxsize=8192)
def _interval(day: date, start: timedelta, end: timedelta, zone: tzinfo) -> Interval:
    midnight = datetime(day.year, day.month, day.day)
    return instant(midnight + start, zone), instant(midnight + end, zone, last=True)


def _moment(moment: datetime, zone: tzinfo, *, last: bool = False) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else instant(moment, zone, last=last)
