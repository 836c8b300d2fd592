"""Runs of journeys, and what was counted of their participants and activities."""

from collections.abc import Mapping
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import NotFoundError
from handlers.engagement.identifiers import now
from handlers.engagement.journeys.activities import TYPES, kind_of, kinds_of
from handlers.engagement.journeys.participants import JOURNEY, Participants
from handlers.engagement.journeys.states import CANCELLED
from handlers.engagement.operations.journeys import existing
from handlers.engagement.store.registry import JourneyRuns

OF_JOURNEY = ("ENDPOINT_ENTERED", "ENDPOINT_LEFT", "CANCELLED", "REENTRY_CAP_EXCEEDED", "ACTIVE_ENDPOINT_REJECTED")
"""What GetJourneyExecutionMetrics tells; of a run everything is told."""


def get_journey_runs(call: Call) -> dict[str, Any]:
    """GetJourneyRuns, newest first."""
    journey = existing(call)
    page = call.page(lambda after, limit: _runs(call, journey).list(after=after, limit=limit))
    page["Item"] = [_run(call, journey, run) for run in page["Item"]]
    return page


def get_journey_execution_metrics(call: Call) -> dict[str, Any]:
    """GetJourneyExecutionMetrics: over all runs."""
    journey = existing(call)
    counts = _counts(call, journey)
    return _answer(call, journey, _journeys_own({name: counts.get(name, 0) for name in OF_JOURNEY}))


def get_journey_run_execution_metrics(call: Call) -> dict[str, Any]:
    """GetJourneyRunExecutionMetrics."""
    journey = existing(call)
    run = _existing_run(call, journey)
    return _answer(call, journey, _journeys_own(_counts(call, journey, run=run))) | {"RunId": run}


def get_journey_execution_activity_metrics(call: Call) -> dict[str, Any]:
    """GetJourneyExecutionActivityMetrics: over all runs."""
    journey = existing(call)
    return _of_activity(call, journey, None)


def get_journey_run_execution_activity_metrics(call: Call) -> dict[str, Any]:
    """GetJourneyRunExecutionActivityMetrics."""
    journey = existing(call)
    run = _existing_run(call, journey)
    return _of_activity(call, journey, run) | {"RunId": run}


def _of_activity(call: Call, journey: Mapping[str, Any], run: str | None) -> dict[str, Any]:
    identifier = call.path["journey-activity-id"]
    activity = (journey.get("Activities") or {}).get(identifier)
    if activity is None or not kinds_of(activity):
        raise NotFoundError(f"Journey {journey['Id']} has no activity {identifier!r}")
    counts = _counts(call, journey, activity=identifier, run=run)
    return _answer(call, journey, counts) | {
        "JourneyActivityId": identifier,
        "ActivityType": TYPES[kind_of(activity)],
    }


def _counts(
    call: Call, journey: Mapping[str, Any], *, activity: str = JOURNEY, run: str | None = None
) -> dict[str, int]:
    """Metric -> number of an activity, or of the journey itself."""
    counts = Participants(call.service.tables.sends, journey["Id"]).counts(run)
    return {metric: number for (counted, metric), number in counts.items() if counted == activity}


def _journeys_own(counts: Mapping[str, int]) -> dict[str, int]:
    inside = counts.get("ENDPOINT_ENTERED", 0) - counts.get("ENDPOINT_LEFT", 0) - counts.get("CANCELLED", 0)
    return {**counts, "ENDPOINT_ACTIVE": inside}


def _answer(call: Call, journey: Mapping[str, Any], counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ApplicationId": call.application_id,
        "JourneyId": journey["Id"],
        "LastEvaluatedTime": now(),
        "Metrics": {name: str(number) for name, number in sorted(counts.items()) if number},
    }


def _runs(call: Call, journey: Mapping[str, Any]) -> JourneyRuns:
    return JourneyRuns(call.service.tables.registry, call.application_id, journey["Id"])


def _existing_run(call: Call, journey: Mapping[str, Any]) -> str:
    run = call.path["run-id"]
    if _runs(call, journey).get(run) is None:
        raise NotFoundError(f"Journey {journey['Id']} has no run {run!r}")
    return run


def _run(call: Call, journey: Mapping[str, Any], run: Mapping[str, Any]) -> dict[str, Any]:
    """JourneyRunResponse, whose status follows from who is inside."""
    shown = {name: value for name, value in run.items() if name != "Id"}
    current = journey.get("_Run") or {}
    read = current.get("Id") != run["Id"] or current.get("Read", False)
    if journey["State"] == CANCELLED:
        return {**shown, "Status": CANCELLED, "LastUpdateTime": journey["LastModifiedDate"]}
    inside = _journeys_own(_counts(call, journey, run=run["Id"]))["ENDPOINT_ACTIVE"]
    return shown if inside or not read else {**shown, "Status": "COMPLETED", "LastUpdateTime": now()}
