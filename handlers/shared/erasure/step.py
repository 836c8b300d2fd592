"""One step of an erasure: as much as fits into a function's time, and where to go on."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handlers.shared.clients import aws_client
from handlers.shared.erasure.objects import Cursor, Erasure, Place, Progress
from handlers.shared.erasure.person import Person

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

MARGIN_MS = 120_000


def erase(event: dict[str, Any], context: LambdaContext, places: list[Place]) -> dict[str, Any]:
    """The work of a function that is given `Identifiers` and the `Cursor` of its last answer, if any. Raises ValueError for wrong identifiers, and what S3 answers."""
    identifiers = event.get("Identifiers")
    if not isinstance(identifiers, list) or not all(isinstance(identifier, str) for identifier in identifiers):
        raise ValueError("Identifiers must be a list of texts: endpoint ids, addresses, phone numbers, a user id")
    cursor = Cursor(**event["Cursor"]) if event.get("Cursor") else None
    erasure = Erasure(aws_client("s3"), Person(identifiers), places)
    return answer(erasure.run(cursor, lambda: context.get_remaining_time_in_millis() < MARGIN_MS))


def answer(progress: Progress) -> dict[str, Any]:
    """Progress as a function returns it."""
    return {
        "Done": progress.cursor is None,
        "Cursor": asdict(progress.cursor) if progress.cursor else None,
        "Objects": progress.objects,
        "Rewritten": progress.rewritten,
        "Deleted": progress.deleted,
        "Lines": progress.lines,
    }
