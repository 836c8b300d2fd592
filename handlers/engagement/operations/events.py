"""PutEvents: events that apps report, into the event stream, and to what they begin; endpoints that come with them are updated."""

from collections.abc import Mapping
from typing import Any

from handlers.engagement.api.call import Call
from handlers.engagement.errors import BadRequestError
from handlers.engagement.event_starts.taking import Reported, Taking
from handlers.engagement.events import custom_event
from handlers.engagement.journeys.message_events import note_events, reported_by_apps
from handlers.engagement.store.endpoint_rules import identifier_problems, to_json
from handlers.shared.event_stream import RECORD_BYTES

EVENTS = 100
KEYS = 40
NAME = 50
VALUE = 200


def put_events(call: Call) -> dict[str, Any]:
    """PutEvents. Each endpoint and event has its own status: 202, 400 with the reason, or 500: it is to be reported again.

    What an event begins is written before it goes into the stream: reported again, by the same id, it begins nothing twice.
    """
    batch = call.body["BatchItem"]
    count = sum(len(item["Events"]) for item in batch.values())
    if count > EVENTS:
        raise BadRequestError(f"The request has {count} events; at most {EVENTS} are allowed")
    store = call.service.endpoints(call.application_id)
    updates = [{**item["Endpoint"], "Id": identifier} for identifier, item in batch.items() if item["Endpoint"]]
    outcomes = {result.id: result for result in store.upsert(updates, request_id=call.request_id)}
    endpoints = store.get(identifier for identifier in batch if not identifier_problems("Id", identifier))
    results: dict[str, Any] = {}
    records: dict[tuple[str, str], dict[str, Any]] = {}
    for identifier, item in batch.items():
        outcome = outcomes.get(identifier)
        wrong = outcome.error if outcome else "; ".join(identifier_problems("Id", identifier))
        events: dict[str, Any] = {}
        for name, event in item["Events"].items():
            problem = "; ".join(identifier_problems("Id", identifier)) or _problem(event)
            if not problem:
                try:
                    record = custom_event(
                        application_id=call.application_id,
                        account_id=call.service.environment.account_id,
                        endpoint_id=identifier,
                        event=event,
                        endpoint=endpoints.get(identifier),
                    )
                except ValueError as error:
                    problem = f"a timestamp is not ISO 8601: {error}"
                else:
                    if len(to_json(record).encode()) > RECORD_BYTES:
                        problem = f"the event has more than {RECORD_BYTES:,} bytes"
                    else:
                        records[identifier, name] = record
            events[name] = {"StatusCode": 400 if problem else 202, "Message": problem or "Accepted"}
        results[identifier] = {
            "EndpointItemResponse": {"StatusCode": 400 if wrong else 202, "Message": wrong or "Accepted"},
            "EventsItemResponse": events,
        }
    reported = [Reported(*key, batch[key[0]]["Events"][key[1]]) for key in records]
    for key, reason in Taking(call.service.tables, call.application_id, endpoints).take(reported).items():
        del records[key]
        results[key[0]]["EventsItemResponse"][key[1]] = {"StatusCode": 500, "Message": reason}
    if call.service.environment.push_application_id:
        tables = call.service.tables
        note_events(tables.sends, reported_by_apps(tables.registry, call.application_id, records.values()))
    call.service.events(call.application_id).put(records.values())
    return {"Results": results}


def _problem(event: Mapping[str, Any]) -> str:
    attributes, metrics = event.get("Attributes") or {}, event.get("Metrics") or {}
    if not event["EventType"]:
        return "EventType is empty"
    if len(attributes) + len(metrics) > KEYS:
        return f"the event has {len(attributes) + len(metrics)} attributes and metrics; at most {KEYS} are allowed"
    for name in (*attributes, *metrics):
        if not 1 <= len(name) <= NAME:
            return f"the name {name[:60]!r} has {len(name)} characters; allowed are 1 to {NAME}"
    for name, value in attributes.items():
        if len(value) > VALUE:
            return f"Attributes.{name} has {len(value)} characters; at most {VALUE} are allowed"
    return ""
