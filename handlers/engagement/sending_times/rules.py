"""What QuietTime, OpenHours and ClosedDays may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from handlers.engagement.sending_times.clock import date_time, time_of_day
from handlers.engagement.sending_times.windows import DAYS, end_of_rule

RULES_A_DAY = 4
CLOSED_RULES = 20
NAME_CHARACTERS = 150
LONGEST_CLOSED = timedelta(days=7)
DAY = timedelta(days=1)
Span = tuple[timedelta, timedelta]


def quiet_time_problems(quiet: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a QuietTime; an empty one, and one with empty members, is none."""
    given = [name for name in ("Start", "End") if quiet.get(name)]
    if len(given) == 1:
        yield f"QuietTime has {given[0]} alone; needed are Start and End"
    for name in given:
        if len(quiet[name]) != len("HH:MM") or _time(quiet[name]) in (None, DAY):
            yield f"QuietTime.{name} is {quiet[name]!r}; needed is HH:MM"


def open_hours_problems(hours: Mapping[str, Any], quiet: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with OpenHours beside a QuietTime."""
    night = _night(quiet)
    for channel, days in hours.items():
        for day, rules in days.items():
            path = f"OpenHours.{channel}.{day}"
            if day not in DAYS:
                yield f"{path} is no day; allowed are {', '.join(DAYS)}"
            if len(rules) > RULES_A_DAY:
                yield f"{path} has {len(rules)} rules; at most {RULES_A_DAY} are allowed"
            for at, rule in enumerate(rules):
                yield from _rule_problems(f"{path}[{at}]", rule, night)


def closed_days_problems(days: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[str]:
    """What is wrong with ClosedDays."""
    for channel, rules in days.items():
        path = f"ClosedDays.{channel}"
        if len(rules) > CLOSED_RULES:
            yield f"{path} has {len(rules)} rules; at most {CLOSED_RULES} are allowed"
        for at, rule in enumerate(rules):
            yield from _closed_problems(f"{path}[{at}]", rule)


def _rule_problems(path: str, rule: Mapping[str, Any], night: Sequence[Span]) -> Iterator[str]:
    bad = [name for name in ("StartTime", "EndTime") if _time(rule.get(name)) is None]
    for name in bad:
        yield f"{path}.{name} is {rule.get(name)!r}; needed is a time of day such as 08:00"
    if bad:
        return
    start, end = time_of_day(rule["StartTime"]), end_of_rule(rule)
    if end <= start:
        yield f"{path}.EndTime is {rule['EndTime']!r}; needed is a time after StartTime: hours over midnight are two rules"
    elif any(start < last and first < end for first, last in night):
        yield f"{path} is {rule['StartTime']} to {rule['EndTime']}, which reaches into QuietTime; needed are hours outside it"


def _closed_problems(path: str, rule: Mapping[str, Any]) -> Iterator[str]:
    name = rule.get("Name") or ""
    if len(name) > NAME_CHARACTERS:
        yield f"{path}.Name has {len(name)} characters; at most {NAME_CHARACTERS} are allowed"
    moments: list[datetime] = []
    for member in ("StartDateTime", "EndDateTime"):
        try:
            moments.append(date_time(rule.get(member) or ""))
        except (ValueError, OverflowError):
            yield f"{path}.{member} is {rule.get(member)!r}; needed is an ISO 8601 date and time such as 2026-12-24T00:00"
    if len(moments) < 2:
        return
    start, end = moments
    if bool(start.tzinfo) != bool(end.tzinfo):
        yield f"{path} has one time with an offset and one without; needed are two of a kind"
    elif end <= start:
        yield f"{path}.EndDateTime is {rule['EndDateTime']!r}; needed is a time after StartDateTime"
    elif end - start > LONGEST_CLOSED:
        yield f"{path} is closed for longer than {LONGEST_CLOSED.days} days; needed are several rules"


def _night(quiet: Mapping[str, Any]) -> list[Span]:
    """The parts of a day that are quiet, as times since midnight; none where QuietTime is none, or wrong."""
    start, end = _time(quiet.get("Start")), _time(quiet.get("End"))
    if start is None or end is None:
        return []
    return [(start, end)] if start <= end else [(timedelta(), end), (start, DAY)]


def _time(text: Any) -> timedelta | None:
    try:
        return time_of_day(text or "")
    except ValueError:
        return None
