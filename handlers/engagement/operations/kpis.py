"""Metrics of an application, of a campaign and of a journey over a range of days, from counters (handlers/engagement/metrics)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import iso, parse_time
from handlers.engagement.metrics.cells import KEPT_DAYS, application_pk, campaign_pk, journey_pk
from handlers.engagement.metrics.kpis import APPLICATION_KPIS, CAMPAIGN_KPIS, JOURNEY_KPIS, Kpi, name_of, result
from handlers.engagement.metrics.rows import read_rows
from handlers.engagement.operations.campaigns import get_campaign
from handlers.engagement.operations.journeys import existing

LONGEST = timedelta(days=31)


def get_application_date_range_kpi(call: Call) -> dict[str, Any]:
    """GetApplicationDateRangeKpi."""
    return _answer(call, APPLICATION_KPIS, application_pk(call.application_id))


def get_campaign_date_range_kpi(call: Call) -> dict[str, Any]:
    """GetCampaignDateRangeKpi."""
    campaign = get_campaign(call)["Id"]
    answer = _answer(call, CAMPAIGN_KPIS, campaign_pk(call.application_id, campaign))
    return answer | {"CampaignId": campaign}


def get_journey_date_range_kpi(call: Call) -> dict[str, Any]:
    """GetJourneyDateRangeKpi; of a DRAFT, which has sent nothing, there are no rows."""
    journey = existing(call)["Id"]
    answer = _answer(call, JOURNEY_KPIS, journey_pk(call.application_id, journey))
    return answer | {"JourneyId": journey}


def _answer(call: Call, kpis: Mapping[tuple[str, str], Kpi], pk: str) -> dict[str, Any]:
    name = call.path["kpi-name"]
    if name not in (known := {name_of(kpi) for kpi in kpis}):
        raise BadRequestError(f"The metric {name[:80]!r} is not known; allowed are {', '.join(sorted(known))}")
    start, end = _range(call)
    first = start.date().isoformat()
    rows = read_rows(call.service.tables.sends, pk, first, end.date().isoformat())
    return {
        "ApplicationId": call.application_id,
        "KpiName": name,
        "StartTime": iso(start),
        "EndTime": iso(end),
        "KpiResult": result(kpis, name, rows, first),
    }


def _range(call: Call) -> tuple[datetime, datetime]:
    """The range that the request names: whole UTC days, those of both times included.

    Without times the last 31 days; with one of them, up to 31 days from it. Raises BadRequestError.
    """
    now = datetime.fromtimestamp(time.time(), UTC)
    earliest = datetime.combine(now.date() - timedelta(days=KEPT_DAYS), datetime.min.time(), UTC)
    start, end = _time(call, "start-time"), _time(call, "end-time")
    if end is None:
        end = now if start is None else max(start, min(now, start + LONGEST))
    if start is None:
        start = min(end, max(earliest, end - LONGEST))
    if start > end:
        raise BadRequestError(f"start-time {iso(start)} is after end-time {iso(end)}")
    if start < earliest:
        raise BadRequestError(
            f"start-time {iso(start)} is more than {KEPT_DAYS} days ago; the earliest allowed is {iso(earliest)}"
        )
    if end - start > LONGEST:
        raise BadRequestError(f"From {iso(start)} to {iso(end)} are more than 31 days, which is the longest range")
    return start, end


def _time(call: Call, name: str) -> datetime | None:
    given = call.option(name)
    if given is None:
        return None
    try:
        return parse_time(given).astimezone(UTC)
    except ValueError as error:
        raise BadRequestError(
            f"{name} is {given[:60]!r}; needed is an ISO 8601 time such as 2030-01-02T00:00:00Z"
        ) from error
