"""Makes each event a row of `all_events`: typed columns, then `event_id`, `metric_values` and the whole event as `raw`.

Called by Firehose. An event of a type that nobody has heard of is a row like any other; one without a type or time, or
with a value that does not fit its column, is refused and kept in the error place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from handlers.event_database.environment import TransformationEnvironment
from handlers.event_database.hive_types import compile_columns
from handlers.message_archiver.location import with_location
from handlers.shared.compact_json import compact_json
from handlers.shared.delivery import OK, ErrorPlace, Outcome, RefusedRecordError, judge, respond
from handlers.shared.event_times import milliseconds

TIMES = ("event_timestamp", "arrival_timestamp")
NEEDED = ("event_type", "event_timestamp")
_environment = cache(TransformationEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Firehose's batch of records -> the same records as rows."""
    environment, rows = _environment(), _rows()
    outcomes = [judge(record, rows.outcome) for record in event["records"]]
    return respond(event, outcomes, ErrorPlace(environment.error_bucket, environment.error_prefix))


@cache
def _rows() -> Rows:
    environment = _environment()
    return Rows(environment.table_columns, environment.archive_prefix)


class Rows:
    """Rows of the table.

    columns: column -> Hive type of what is read from the event. archive_prefix: where the message archive begins, which
    a send then names as `client_context.custom.message_archive_location`; empty: there is no archive.
    """

    def __init__(self, columns: Mapping[str, str], archive_prefix: str = "") -> None:
        self._fit = compile_columns(columns)
        self._metrics: Callable[[Mapping[str, Any]], dict[str, Any]] = compile_columns(
            {"metrics": "map<string,double>"}
        )
        self._archive_prefix = archive_prefix

    def outcome(self, text: str, event: dict[str, Any]) -> Outcome:
        """The event's line, with a line end. Raises RefusedRecordError."""
        kind = event.get("event_type")
        if kind is not None and not isinstance(kind, str):
            raise RefusedRecordError(f"event_type is a JSON {type(kind).__name__}; allowed is a text")
        row = self._fit(self._located(event))
        missing = [name for name in NEEDED if row.get(name) in (None, "")]
        if missing:
            raise RefusedRecordError(f"{' and '.join(missing)} missing; every event needs them")
        for name in TIMES:
            try:
                milliseconds(row.get(name), name)
            except ValueError as error:
                raise RefusedRecordError(str(error)) from error
        row["event_id"] = hashlib.sha256(text.strip().encode("utf-8", "replace")).hexdigest()[:32]
        row["metric_values"] = self._metrics(event).get("metrics", {})
        row["raw"] = text.strip()
        # Half of a surrogate pair, as a cut emoji leaves it, has no UTF-8.
        return Outcome(OK, compact_json(row).encode("utf-8", "replace") + b"\n")

    def _located(self, event: dict[str, Any]) -> dict[str, Any]:
        if not self._archive_prefix:
            return event
        try:
            return with_location(event, self._archive_prefix)
        except RefusedRecordError:
            # The archiver, which reads the same stream, refuses and keeps it; here it may still be a good row.
            return event
