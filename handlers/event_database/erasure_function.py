"""Deletes one person from the event database. Called by a person or a command, not by events.

Input `{"Identifiers": [endpoint ids, addresses, phone numbers, user id], "Cursor": <of the last answer, if any>}`.
Returns `{"Done", "Cursor", "Objects", "Rewritten", "Deleted", "Lines"}`; while Done is false, call again with Cursor.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.event_database.environment import ErasureEnvironment
from handlers.shared.erasure.objects import Place
from handlers.shared.erasure.step import erase

_environment = cache(ErasureEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See the module."""
    environment = _environment()
    places = [
        Place(environment.events_bucket, environment.events_prefix),
        Place(environment.events_bucket, environment.error_prefix),
        Place(environment.results_bucket, environment.results_prefix, whole=True),
    ]
    return erase(event, context, places)
