"""Texts that were answered by an opt-out: they count for the campaign that sent them. Pinpoint has no such operation."""

from __future__ import annotations

from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.identifiers import parse_time
from handlers.engagement.metrics.counting import Metrics
from handlers.engagement.operations.endpoints import BATCH
from handlers.shared.event_stream import Event


def count_opt_outs(call: Call) -> dict[str, Any]:
    """CountOptOuts: which messages were answered by an opt-out, and when. Told again, or of a message of nobody's, it counts nothing."""
    items = call.body["Item"]
    if not 1 <= len(items) <= BATCH:
        raise BadRequestError(f"Item has {len(items)} entries; allowed are 1 to {BATCH}")
    Metrics(call.service.tables.sends).count(_event(call.application_id, item) for item in items)
    return call.accepted()


def _event(application: str, item: dict[str, str]) -> Event:
    """The event that the stream has of it, as far as it counts."""
    if not item["MessageId"]:
        raise BadRequestError("MessageId is empty; needed is the id of the message that was answered")
    try:
        moment = round(parse_time(item["Timestamp"]).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise BadRequestError(
            f"Timestamp is {item['Timestamp'][:60]!r}; needed is an ISO 8601 time such as 2030-01-02T00:00:00Z"
        ) from error
    return {
        "event_type": "_SMS.OPTOUT",
        "event_timestamp": moment,
        "application": {"app_id": application},
        "client": {"client_id": ""},
        "attributes": {"message_id": item["MessageId"]},
    }
