"""Journeys: defined and published here; the worker runs them (handlers/engagement/journeys/worker.py)."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from handlers.engagement.api.call import Call, public
from handlers.engagement.caps.definitions import JOURNEYS_COUNT, is_cap
from handlers.engagement.errors import BadRequestError, ConflictError, NotFoundError
from handlers.engagement.event_starts.inbox import JOURNEY
from handlers.engagement.event_starts.kinds import event_start_of
from handlers.engagement.event_starts.rules import check_number
from handlers.engagement.identifiers import iso, new_id, now, parse_time
from handlers.engagement.journeys.runs import segment_of
from handlers.engagement.journeys.schedule import opens
from handlers.engagement.journeys.states import ACTIVE, DRAFT, PAUSED, state_problem
from handlers.engagement.journeys.validation import Surroundings, check_publishable
from handlers.engagement.store.registry import ActiveJourneys, EventStarts, Journeys, Segments

NAME = re.compile(r"\S{1,150}\Z")
OWN = ("Id", "ApplicationId", "CreationDate", "LastModifiedDate", "State", "tags")
"""Members that a copy of an answer brings along and an update does not take."""


def create_journey(call: Call) -> dict[str, Any]:
    """CreateJourney, in state DRAFT, or ACTIVE: published. A copy of an answer may bring its ids and `tags` along, which the model of the request lacks."""
    _check(call.body)
    identifier = new_id()
    created = now()
    settings = call.service.apps.settings(call.application_id)
    journey = {
        **({"QuietTime": settings["QuietTime"]} if settings.get("QuietTime") else {}),
        **call.body,
        "Id": identifier,
        "ApplicationId": call.application_id,
        "State": DRAFT,
        "CreationDate": created,
        "LastModifiedDate": created,
    }
    if call.body.get("State") != ACTIVE:
        _journeys(call).put(journey)
        return public(journey)
    published = dict(journey)
    _check_and_activate(call, published)
    # As a DRAFT first: of a journey that is not there the worker, when it is told, would take away what is left.
    _journeys(call).put(journey)
    _announce(call, published)
    _journeys(call).put(published)
    return public(published)


def get_journey(call: Call) -> dict[str, Any]:
    """GetJourney."""
    return public(existing(call))


def list_journeys(call: Call) -> dict[str, Any]:
    """ListJourneys, newest first."""
    return call.page(lambda after, limit: _journeys(call).list(after=after, limit=limit))


def update_journey(call: Call) -> dict[str, Any]:
    """UpdateJourney: the whole definition anew, of a journey in state DRAFT; with State ACTIVE it is published."""
    _check(call.body)

    def change(journey: dict[str, Any]) -> None:
        if journey.get("State", DRAFT) != DRAFT:
            raise ConflictError(
                f"Journey {journey['Id']} is {journey['State']}; only a journey in state DRAFT is updated"
            )
        own = {name: journey[name] for name in OWN if name in journey}
        journey.clear()
        journey.update({name: value for name, value in call.body.items() if name not in OWN}, **own)
        journey["LastModifiedDate"] = now()
        if call.body.get("State") == ACTIVE:
            _check_and_activate(call, journey)
            _announce(call, journey)

    return public(_updated(call, change))


def update_journey_state(call: Call) -> dict[str, Any]:
    """UpdateJourneyState: ACTIVE publishes a DRAFT or resumes, PAUSED, CANCELLED."""
    wanted = call.body.get("State") or ""

    def change(journey: dict[str, Any]) -> None:
        moment = datetime.now(UTC)
        paused = parse_time(journey["_Paused"]) if journey.get("_Paused") else None
        problem = state_problem(journey, wanted, paused=paused, moment=moment)
        if problem:
            raise BadRequestError(problem)
        if wanted == ACTIVE and journey.get("State", DRAFT) == DRAFT:
            _check_and_activate(call, journey)
            _announce(call, journey)
        elif wanted == PAUSED:
            journey["_Paused"] = iso(moment)
        elif paused is not None:
            length = int((moment - paused).total_seconds() * 1000)
            journey["_PausedMilliseconds"] = journey.get("_PausedMilliseconds", 0) + length
            del journey["_Paused"]
        journey.update(State=wanted, LastModifiedDate=iso(moment))

    return public(_updated(call, change))


def delete_journey(call: Call) -> dict[str, Any]:
    """DeleteJourney: in any state. The worker deletes what it kept of its participants."""
    journey = existing(call)
    if journey.get("_Published"):
        _tell_worker(call, journey["Id"])
    _journeys(call).delete(journey["Id"])
    if journey.get("_Published"):
        # Once more: a worker that looked in between found a journey that was over, and forgot it.
        _tell_worker(call, journey["Id"])
    return public(journey)


def existing(call: Call) -> dict[str, Any]:
    """The journey of the path, with the service's own members.

    Raises:
        NotFoundError: there is none.
    """
    found = _journeys(call).get(call.path["journey-id"])
    if found is None:
        raise NotFoundError(f"Journey {call.path['journey-id']!r} does not exist in application {call.application_id}")
    return found


def _journeys(call: Call) -> Journeys:
    return Journeys(call.service.tables.registry, call.application_id)


def _updated(call: Call, change: Any) -> dict[str, Any]:
    return _journeys(call).update(call.path["journey-id"], change) or existing(call)


def _tell_worker(call: Call, journey_id: str) -> None:
    """Lets the worker look after a journey, before the change that it is to see is written: what is told is never forgotten."""
    ActiveJourneys(call.service.tables.registry).add_journey(call.application_id, journey_id)


def _announce(call: Call, journey: dict[str, Any]) -> None:
    """Tells the worker of a journey that is to be published, and PutEvents where events start it."""
    _tell_worker(call, journey["Id"])
    if start := event_start_of(journey):
        starts = EventStarts(call.service.tables.registry)
        starts.note(call.application_id, JOURNEY, journey["Id"], start["EventFilter"])


def _check_and_activate(call: Call, journey: dict[str, Any]) -> None:
    """Brings a definition that can run into state ACTIVE. Raises BadRequestError with everything that is wrong with one that cannot."""
    segments = Segments(call.service.tables.registry, call.application_id)
    moment = datetime.now(UTC)
    around = Surroundings(
        segment=segments.get,
        template=call.service.templates.get,
        settings=call.service.apps.settings(call.application_id),
        pushes=bool(call.service.environment.push_application_id),
        now=moment,
    )
    check_publishable(journey, around)
    if event_start_of(journey) is not None:
        check_number(EventStarts(call.service.tables.registry), call.application_id, JOURNEY, journey["Id"])
    if is_cap((journey.get("Limits") or {}).get("TimeframeCap")):
        call.service.apps.update_settings(call.application_id, lambda settings: settings.update({JOURNEYS_COUNT: True}))
    starts = moment + timedelta(seconds=int(call.service.environment.journey_start_delay_seconds))
    if start := opens(journey):
        starts = max(starts, start)
    segment = segments.get(segment_of(journey)) or {}
    journey.update(State=ACTIVE, _Published=iso(moment), _Starts=iso(starts), _SegmentVersion=segment.get("Version", 1))


def _check(body: dict[str, Any]) -> None:
    if not NAME.match(body["Name"]):
        raise BadRequestError(f"Name is {body['Name'][:160]!r}; needed are 1 to 150 characters without spaces")
    if body.get("State") not in (None, DRAFT, ACTIVE):
        raise BadRequestError(f"State is {body['State']!r}; allowed are DRAFT, ACTIVE")
