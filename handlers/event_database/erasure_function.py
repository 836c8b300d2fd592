"""Deletes one person from the event database. Called by a person or a command, not by events.

Input `{"Identifiers": [endpoint ids, addresses, phone numbers, user id], "Cursor": <of the last answer, if any>}`.
Returns `{"Done", "Cursor", "Objects", "Rewritten", "Deleted", "Lines"}`; while Done is false, call again with Cursor.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from handlers.event_database.environment import ErasureEnvironment
from handlers.event_database.erasure import Cursor, Erasure, Place, Progress
from handlers.event_database.person import Person
from handlers.shared.clients import aws_client

MARGIN_MS = 120_000
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


def erase(event: dict[str, Any], context: Any, places: list[Place]) -> dict[str, Any]:
    """The handler's work on any places. Raises ValueError for wrong identifiers, and what S3 answers."""
    identifiers = event.get("Identifiers")
    if not isinstance(identifiers, list) or not all(isinstance(identifier, str) for identifier in identifiers):
        raise ValueError("Identifiers must be a list of texts: endpoint ids, addresses, phone numbers, a user id")
    cursor = Cursor(**event["Cursor"]) if event.get("Cursor") else None
    erasure = Erasure(aws_client("s3"), Person(identifiers), places)
    return answer(erasure.run(cursor, lambda: context.get_remaining_time_in_millis() < MARGIN_MS))


def answer(progress: Progress) -> dict[str, Any]:
    """Progress as the function returns it."""
    return {
        "Done": progress.cursor is None,
        "Cursor": asdict(progress.cursor) if progress.cursor else None,
        "Objects": progress.objects,
        "Rewritten": progress.rewritten,
        "Deleted": progress.deleted,
        "Lines": progress.lines,
    }
