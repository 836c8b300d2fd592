"""When the next run of a campaign is due, and when an endpoint's night is to be left in peace."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from handlers.engagement.campaigns.offsets import utc_offset
from handlers.engagement.identifiers import parse_time
from handlers.engagement.sending_times.windows import quiet_time
from handlers.engagement.sending_times.zones import zone_of

PERIODS = {"HOURLY": timedelta(hours=1), "DAILY": timedelta(days=1), "WEEKLY": timedelta(weeks=1)}


def next_start(schedule: Mapping[str, Any], base: datetime, moment: datetime) -> datetime | None:
    """The first due time after `moment` of a schedule whose first run was at `base`; None when there is none.

    Times that were missed are left out. Months keep the day of the first run, or end earlier where they have no such day.
    """
    following = _following(schedule.get("Frequency", "ONCE"), base.astimezone(_zone(schedule)), moment)
    if following is None:
        return None
    end = schedule.get("EndTime")
    if end and following > parse_time(end):
        return None
    return following.astimezone(UTC)


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
