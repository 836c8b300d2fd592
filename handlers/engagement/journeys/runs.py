"""The runs of a journey: when the next one is due, and which version of the segment it reads. Of a journey that events start there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.event_starts.kinds import event_start_of
from handlers.engagement.identifiers import iso, parse_time
from handlers.engagement.journeys.durations import parse_duration
from handlers.engagement.journeys.schedule import closes

MILLISECONDS = 1000


def milliseconds(text: str) -> int:
    """An ISO 8601 time in epoch milliseconds."""
    return int(parse_time(text).timestamp() * MILLISECONDS)


def journey_time(journey: Mapping[str, Any], now: int) -> int:
    """The journey's own time at a moment (milliseconds): it stands still while the journey is paused."""
    return now - journey.get("_PausedMilliseconds", 0)


def next_run(journey: Mapping[str, Any], now: int, latest: int | None) -> dict[str, Any] | None:
    """The run that is due now; None: none is. A journey's entry is read by one run at a time; periods that were missed are left out.

    Args:
        latest: The segment's latest version; None: it is gone, or there is none.

    Returns:
        `{"Number", "Id", "Due", "Version", "Read"}`, as `_Run` of the journey.
    """
    start, former = milliseconds(journey["_Starts"]), journey.get("_Run")
    if event_start_of(journey) is not None:
        # Also where it is over: who came before its end enters.
        return _run(journey, 0, start, None) if former is None and now >= start else None
    if now < start or is_over(journey, now):
        return None
    if former is None:
        return _run(journey, 0, start, journey["_SegmentVersion"])
    frequency = journey.get("RefreshFrequency")
    if not former["Read"] or not frequency:
        return None
    period = int(parse_duration(frequency).total_seconds() * MILLISECONDS)
    due = start + (now - start) // period * period
    follows = bool(journey.get("RefreshOnSegmentUpdate")) and latest is not None
    changed = follows and latest != former["Version"]
    if due <= former["Due"] and not changed:
        return None
    return _run(journey, former["Number"] + 1, max(due, former["Due"]), latest if follows else former["Version"])


def is_over(journey: Mapping[str, Any], now: int) -> bool:
    """Whether the journey's end has come, after which nobody enters."""
    end = closes(journey)
    return end is not None and now >= int(end.timestamp() * MILLISECONDS)


def after_first(journey: Mapping[str, Any], run: Mapping[str, Any]) -> timedelta:
    """How long after the journey's first run one is due."""
    return timedelta(milliseconds=run["Due"] - milliseconds(journey["_Starts"]))


def run_document(run: Mapping[str, Any], segment_id: str) -> dict[str, Any]:
    """The stored JourneyRunResponse of a run, with the segment that it reads, where it reads one."""
    created = iso(datetime.fromtimestamp(run["Due"] / MILLISECONDS, UTC))
    return {
        "Id": run["Id"],
        "RunId": run["Id"],
        "Status": "RUNNING",
        "CreationTime": created,
        "LastUpdateTime": created,
        "_Segment": [segment_id, run["Version"] or 0],
    }


def segment_of(journey: Mapping[str, Any]) -> str:
    """Id of the segment that enters; "": none does, events start the journey."""
    return (
        "" if event_start_of(journey) is not None else journey["StartCondition"]["SegmentStartCondition"]["SegmentId"]
    )


def _run(journey: Mapping[str, Any], number: int, due: int, version: int | None) -> dict[str, Any]:
    """A run. Its id sorts by time and is the same whoever makes it."""
    seed = hashlib.sha256(f"{journey['Id']}/{number}".encode()).hexdigest()
    return {
        "Number": number,
        "Id": f"{due:012x}{number:06x}{seed[:14]}",
        "Due": due,
        "Version": version,
        "Read": False,
    }
