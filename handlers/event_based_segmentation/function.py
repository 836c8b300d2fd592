"""Reads the project's event stream, and the queue of updates that could not be made when their events came.

No record holds up its shard: one that can never be handled becomes an error object with its source, one whose update
fails now waits in the queue, and goes to the dead-letter queue after the last attempt. Only where neither can be written
does the batch fail, and Lambda reads it again, in halves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from handlers.event_based_segmentation.environment import SegmentationEnvironment
from handlers.event_based_segmentation.memory import Memory
from handlers.event_based_segmentation.rules import InvalidEventError, Rules, Wish, Wishes, add
from handlers.event_based_segmentation.segmentation import Segmentation
from handlers.shared.letters import Letters, send
from handlers.shared.logging import logger
from handlers.shared.project_endpoints import ProjectEndpoints
from handlers.shared.stream_records import BadRecord, Source, events_of, set_aside

_environment = cache(SegmentationEnvironment.read)


class NotParkedError(Exception):
    """The queue did not take updates that could not be made: their batch must be read again."""


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Batch of the stream or of the queue -> partial batch response (all of a stream's batch, or an error)."""
    records = event["Records"]
    if records and records[0].get("eventSource") == "aws:sqs":
        return _from_queue(records)
    _from_stream(records)
    return {"batchItemFailures": []}


def _from_stream(records: Sequence[Mapping[str, Any]]) -> None:
    wishes: Wishes = {}
    origins: dict[str, list[tuple[Source, dict[str, Any]]]] = {}
    bad: list[BadRecord] = []
    events = 0
    for found in events_of(records):
        if isinstance(found, BadRecord):
            bad.append(found)
            continue
        source, event = found
        events += 1
        try:
            wanted = _rules().read(event)
        except InvalidEventError as error:
            bad.append(_bad(source, event, str(error)))
            continue
        if wanted is None:
            continue
        endpoint_id, attributes = wanted
        origins.setdefault(endpoint_id, []).append((source, event))
        for attribute, wish in attributes.items():
            add(wishes, endpoint_id, attribute, wish)
    if wishes:
        outcome = _segmentation().apply(wishes)
        for key, reason in outcome.refused.items():
            bad += [_bad(source, event, reason) for source, event in origins[key]]
        _park({key: wishes[key] for key in outcome.failed}, outcome.failed)
    if bad:
        set_aside(bad, _environment().errors_bucket, _environment().errors_prefix)
    logger.info("batch", extra={"records": len(records), "events": events, "errors": len(bad)})


def _bad(source: Source, event: Mapping[str, Any], reason: str) -> BadRecord:
    return BadRecord(source, reason, json.dumps(event, ensure_ascii=False))


def _park(wishes: Wishes, reasons: Mapping[str, str]) -> None:
    """Puts updates into the queue that reads them later."""
    entries = [
        {"Id": str(position), "MessageBody": json.dumps({"EndpointId": key, "Wishes": _as_json(attributes)})}
        for position, (key, attributes) in enumerate(wishes.items())
    ]
    refused = send(_environment().later_queue_url, entries)
    if entries:
        logger.warning("updates wait", extra={"updates": len(entries), "reason": next(iter(reasons.values()))})
    if refused:
        raise NotParkedError(f"{len(refused)} of {len(entries)} updates: {next(iter(refused.values()))}")


def _from_queue(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    letters = Letters(records, _environment().dead_letter_queue_url)
    wishes: Wishes = {}
    positions: dict[str, list[int]] = {}
    for position, record in enumerate(records):
        try:
            endpoint_id, attributes = _from_json(record["body"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            letters.rejected[position] = f"no update of an endpoint: {type(error).__name__}"
            continue
        positions.setdefault(endpoint_id, []).append(position)
        for attribute, wish in attributes.items():
            add(wishes, endpoint_id, attribute, wish)
    outcome = _segmentation().apply(wishes)
    for key, reason in outcome.refused.items():
        letters.rejected |= dict.fromkeys(positions[key], reason)
    for key, reason in outcome.failed.items():
        letters.failed |= dict.fromkeys(positions[key], reason)
    return letters.finish()


def _as_json(attributes: Mapping[str, Wish]) -> dict[str, Any]:
    return {name: [wish.moment, list(wish.values)] for name, wish in attributes.items()}


def _from_json(body: str) -> tuple[str, dict[str, Wish]]:
    document = json.loads(body)
    wishes = {name: Wish(int(moment), tuple(values)) for name, (moment, values) in document["Wishes"].items()}
    return str(document["EndpointId"]), wishes


@cache
def _rules() -> Rules:
    return Rules(_environment().rules, _environment().application_id)


@cache
def _segmentation() -> Segmentation:
    environment = _environment()
    memory = Memory(environment.memory_table, environment.application_id, environment.memory_days)
    return Segmentation(_rules(), memory, ProjectEndpoints(environment.application_id))
