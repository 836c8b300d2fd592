"""Journeys: stored and read back. Running one is not offered, and activating it says so."""

import re
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError, NotFoundError
from handlers.engagement.identifiers import new_id, now
from handlers.engagement.store.registry import Journeys

NAME = re.compile(r"\S{1,150}\Z")
OWN = ("CreationDate", "LastModifiedDate", "State", "tags")
"""Members that a copy of an answer brings along and an update does not take."""
NOT_RUN = "running journeys is not offered by the hosted engagement service; it stores them in state DRAFT"


def create_journey(call: Call) -> dict[str, Any]:
    """CreateJourney, in state DRAFT. A copy of an answer may bring its `tags` along, which the model of the request lacks."""
    _check(call.body)
    identifier = new_id()
    created = now()
    journey = {
        **call.body,
        "Id": identifier,
        "ApplicationId": call.application_id,
        "State": "DRAFT",
        "CreationDate": created,
        "LastModifiedDate": created,
    }
    _journeys(call).put(journey)
    return journey


def get_journey(call: Call) -> dict[str, Any]:
    """GetJourney."""
    found = _journeys(call).get(call.path["journey-id"])
    if found is None:
        raise NotFoundError(f"Journey {call.path['journey-id']!r} does not exist in application {call.application_id}")
    return found


def list_journeys(call: Call) -> dict[str, Any]:
    """ListJourneys, newest first."""
    return call.page(lambda after, limit: _journeys(call).list(after=after, limit=limit))


def update_journey(call: Call) -> dict[str, Any]:
    """UpdateJourney."""
    _check(call.body)

    def change(journey: dict[str, Any]) -> None:
        journey.update({name: value for name, value in call.body.items() if name not in OWN})
        journey["State"] = "CANCELLED" if journey.get("State") == "CANCELLED" else "DRAFT"
        journey["LastModifiedDate"] = now()

    return _journeys(call).update(call.path["journey-id"], change) or get_journey(call)


def update_journey_state(call: Call) -> dict[str, Any]:
    """UpdateJourneyState: CANCELLED only."""
    state = call.body.get("State")
    if state != "CANCELLED":
        raise BadRequestError(f"State is {state!r}; allowed is CANCELLED, as {NOT_RUN}")

    def change(journey: dict[str, Any]) -> None:
        journey.update(State="CANCELLED", LastModifiedDate=now())

    return _journeys(call).update(call.path["journey-id"], change) or get_journey(call)


def delete_journey(call: Call) -> dict[str, Any]:
    """DeleteJourney."""
    journey = get_journey(call)
    _journeys(call).delete(journey["Id"])
    return journey


def _journeys(call: Call) -> Journeys:
    return Journeys(call.service.tables.registry, call.application_id)


def _check(body: dict[str, Any]) -> None:
    if not NAME.match(body["Name"]):
        raise BadRequestError(f"Name is {body['Name'][:160]!r}; needed are 1 to 150 characters without spaces")
    if body.get("State") not in (None, "DRAFT"):
        raise BadRequestError(f"State is {body['State']!r}; allowed is DRAFT, as {NOT_RUN}")
