"""What happened to the messages of journeys, kept for splits that ask for it."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from handlers.engagement.journeys.conditions import event_name
from handlers.engagement.store.registry import JourneyRuns, Journeys
from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import SK_BYTES
from handlers.shared.overlapped import overlap
from handlers.shared.tables import Key, Table

OF_APPS = frozenset({"journey.opened_notification", "journey.received_foreground", "journey.received_background"})
"""Events of push messages, which apps report by PutEvents; as `event_name` has them."""
KEPT_SECONDS = 400 * 24 * 3600  # longer than the longest wait
SINCE = "attribute_not_exists(since) OR since <= :moment"
IDS = ("journey_id", "journey_run_id", "journey_activity_id")
LONG_ID = SK_BYTES - 33
"""Bytes of an endpoint id beside which a key has room for a run's."""


def events_key(journey_id: str, run: str, endpoint_id: str) -> Key:
    """The key of what happened to a participant's messages; a long id stands in it by its hash."""
    key = endpoint_id.lower()
    name = key if len(key.encode()) <= LONG_ID else f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"
    return f"JE#{journey_id}#{shard_of(key):02d}", f"{name}#{run}"


def of_journeys(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Those of the events of a stream that are of journeys' messages."""
    return [event for event in events if all((event.get("attributes") or {}).get(name) for name in IDS)]


def note_events(table: Table, events: Sequence[Mapping[str, Any]]) -> None:
    """Notes those of the events that are of journeys' messages, one write a participant and moment. Noting one twice changes nothing.

    An email's events have the moment of sending; others that of happening. What was before the participant entered again is of a former
    walk's message, and is left out.
    """
    noted: dict[tuple[Key, int], dict[str, int]] = {}
    for event in of_journeys(events):
        journey, run, activity = (event["attributes"][name] for name in IDS)
        key = events_key(journey, run, event["client"]["client_id"])
        noted.setdefault((key, event["event_timestamp"]), {})[f"e|{activity}|{event_name(event['event_type'])}"] = 1
    overlap(lambda entry: keep(table, entry[0][0], entry[1], moment=entry[0][1]), list(noted.items()))


def reported_by_apps(
    registry: Table, application_id: str, events: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """Those of the events of PutEvents that tell of push messages of the application's journeys: their ids are the caller's, so each
    is asked for."""
    found = of_journeys([event for event in events if event_name(event["event_type"]) in OF_APPS])
    named = [tuple(event["attributes"][name] for name in IDS) for event in found]
    runs = list(dict.fromkeys((journey_id, run) for journey_id, run, _ in named))

    def activities(run: tuple[str, str]) -> Mapping[str, Any]:
        journey = Journeys(registry, application_id).get(run[0])
        if journey is None or JourneyRuns(registry, application_id, run[0]).get(run[1]) is None:
            return {}
        return journey["Activities"]

    known = dict(zip(runs, overlap(activities, runs), strict=True))
    pairs = zip(found, named, strict=True)
    return [event for event, (journey_id, run, activity) in pairs if activity in known[journey_id, run]]


def forget_action(table: Table, key: Key, moment: int) -> dict[str, Any]:
    """Empties a participant's item, which then takes events from a moment on (epoch milliseconds); part of a transaction."""
    pk, sk = key
    item = {"pk": pk, "sk": sk, "since": moment, "expires": int(time.time()) + KEPT_SECONDS}
    return table.put_action(item, SINCE, {":moment": moment})


def keep(table: Table, key: Key, values: Mapping[str, Any], *, moment: int | None = None) -> None:
    """Writes attributes of a participant's item, whatever characters their names have: activity ids are the user's.

    moment: Of what they tell, in epoch milliseconds; where that is before the item's `since`, nothing is written.
    """
    names = {f"#{at}": name for at, name in enumerate(values)}
    sets = ", ".join(f"#{at} = :{at}" for at in range(len(values)))
    wire = {f":{at}": value for at, value in enumerate(values.values())}
    wire[":expires"] = int(time.time()) + KEPT_SECONDS
    if moment is not None:
        wire[":moment"] = moment
    condition = SINCE if moment is not None else None
    table.update(*key, f"SET {sets}, expires = :expires", wire, names=names, condition=condition)
