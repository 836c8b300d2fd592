"""Lists and deletes what is archived for an endpoint. Called by a person or a command, not by events.

- `{"operation": "list", "EndpointId", "Cursor"?}` -> `{"Messages": [{"Key", "Size", "LastModified"}], "Cursor"}`
- `{"operation": "delete", "EndpointId", "Identifiers"?: [addresses, other ids], "Cursor"?}` -> `{"Done", "Cursor",
  "Messages": <how many versions were deleted>, "Objects", "Rewritten", "Deleted", "Lines"}`

Deleting also takes the endpoint, and the further identifiers, out of the index of sends and the refused records. While
Done is false, call again with Cursor. What is still in the stream or the queue arrives later: delete again then.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.message_archiver.environment import RecordsEnvironment
from handlers.message_archiver.records import ArchivedRecords
from handlers.shared.clients import aws_client
from handlers.shared.erasure.objects import Place
from handlers.shared.erasure.step import MARGIN_MS, erase
from handlers.shared.logging import logger

_environment = cache(RecordsEnvironment.read)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """See the module. Raises ValueError for a wrong input, and what S3 answers."""
    environment = _environment()
    endpoint_id = event.get("EndpointId")
    if not isinstance(endpoint_id, str) or not endpoint_id:
        raise ValueError("EndpointId must be a text that is not empty")
    records = ArchivedRecords(aws_client("s3"), environment.archive_bucket, environment.archive_prefix)
    operation = event.get("operation")
    if operation == "list":
        page = records.list(endpoint_id, event.get("Cursor"))
        return {"Messages": page.messages, "Cursor": page.cursor}
    if operation != "delete":
        raise ValueError(f"operation is {operation!r}; allowed are list and delete")
    return _delete(records, endpoint_id, event, context)


def _delete(records: ArchivedRecords, endpoint_id: str, event: dict[str, Any], context: Any) -> dict[str, Any]:
    environment = _environment()
    deleted, finished = 0, False
    while not finished:
        count, finished = records.delete_page(endpoint_id)
        deleted += count
        if not finished and context.get_remaining_time_in_millis() < MARGIN_MS:
            return _answer(deleted, {"Done": False, "Cursor": event.get("Cursor")})
    logger.info("archive deleted", extra={"versions": deleted})
    places = [
        Place(environment.archive_bucket, environment.index_prefix),
        Place(environment.archive_bucket, environment.error_prefix),
    ]
    identifiers = [endpoint_id, *event.get("Identifiers", [])]
    return _answer(deleted, erase({**event, "Identifiers": identifiers}, context, places))


def _answer(deleted: int, progress: dict[str, Any]) -> dict[str, Any]:
    return {"Objects": 0, "Rewritten": 0, "Deleted": 0, "Lines": 0, **progress, "Messages": deleted}
