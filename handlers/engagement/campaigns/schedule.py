"""When the next run of a campaign is due, and when an endpoint's night is to be left in peace."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from handlers.engagement.campaigns.local_time import first_clock, wall_time
from handlers.engagement.campaigns.offsets import utc_offset
from handlers.engagement.identifiers import parse_time
from handlers.engagement.sending_times.windows import quiet_time
from handlers.engagement.sending_times.zones import EASTERNMOST, WESTERNMOST, zone_of

PERIODS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


def next_start(schedule: Mapping[str, Any], base: datetime, moment: datetime) -> datetime | None:
    """The first due time after `moment` of a schedule whose first run was at `base`; None when there is none.

    Times that were missed are left out. Months keep the day of the first run, or end earlier where they have no such day.
    By local time, times are those of the first clock of the world.
    """
    if schedule.get("IsLocalTime"):
        wall, last = wall_time(base).replace(tzinfo=UTC), schedule.get("EndTime")
        following = _following(schedule.get("Frequency", "ONCE"), wall, wall_time(moment).replace(tzinfo=UTC))
        if following is None or (last and following.replace(tzinfo=None) > scheduled_wall(schedule, "EndTime")):
            return None
        return first_clock(following.replace(tzinfo=None))
    following = _following(schedule.get("Frequency", "ONCE"), base.astimezone(_zone(schedule)), moment)
    if following is None:
        return None
    end = schedule.get("EndTime")
    if end and following > parse_time(end):
        return None
    return following.astimezone(UTC)


def scheduled_wall(schedule: Mapping[str, Any], member: str) -> datetime:
    """What a clock in the schedule's Timezone reads at its StartTime or EndTime."""
    moment = datetime.fromisoformat(schedule[member])
    return (moment.astimezone(_zone(schedule)) if moment.tzinfo else moment).replace(tzinfo=None)


def local_start(schedule: Mapping[str, Any], moment: datetime) -> datetime:
    """When a campaign by local time begins: as the first clock of the world reads StartTime.

    A recurring one whose StartTime is past everywhere begins with its next time.
    """
    first = first_clock(scheduled_wall(schedule, "StartTime"))
    if first + EASTERNMOST - WESTERNMOST > moment:
        return first
    return next_start(schedule, first, moment) or first


def latest_local_start(schedule: Mapping[str, Any], moment: datetime) -> datetime:
    """The last time up to a moment at which a run by local time was due."""
    first = latest = first_clock(scheduled_wall(schedule, "StartTime"))
    while (following := next_start(schedule, first, latest)) and following <= moment:
        latest = following
    return latest


def in_quiet_time(quiet: Mapping[str, str] | None, endpoint: Mapping[str, Any], moment: datetime) -> bool:
    """Whether it is quiet time (`{"Start": "22:00", "End": "06:00"}`) where the endpoint is. Without a valid time zone: no."""
    if not quiet or not quiet.get("Start") or not quiet.get("End"):
        return False
    zone = zone_of(endpoint)
    return zone is not None and quiet_time(quiet)(moment, zone) is not None


def _following(frequency: str, base: datetime, moment: datetime) -> datetime | None:
    if frequency in PERIODS:
        period = PERIODS[frequency]
        passed = max(0, (moment - base) // period)
        return base + (passed + 1) * period
    if frequency == "MONTHLY":
        local = moment.astimezone(base.tzinfo)
        months = max(1, (local.year - base.year) * 12 + local.month - base.month)
        following = _months_after(base, months)
        return following if following > moment else _months_after(base, months + 1)
    return None


def _months_after(base: datetime, months: int) -> datetime:
    year, month = divmod(base.year * 12 + base.month - 1 + months, 12)
    return base.replace(year=year, month=month + 1, day=min(base.day, calendar.monthrange(year, month + 1)[1]))


def _zone(schedule: Mapping[str, Any]) -> timezone:
    return utc_offset(schedule.get("Timezone") or "UTC") or UTC
