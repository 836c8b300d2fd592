"""Events of every kind as the event database writes them, and what is odd: nulls, missing members, empty arrays, extreme
times, numbers of every size, context that is no JSON."""

import copy
import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from components.event_database_views.table import EVENT_COLUMNS
from handlers.event_database.transformation import Rows
from handlers.shared.delivery import RefusedRecordError
from tests.handlers.event_database import events
from tests.sandbox.conftest import Sandbox

TIMES = (
    0, -1, 1, events.TIME, events.TIME * 1000, events.TIME * 1_000_000, 2**62, -(2**62), 2**63 - 1, -(2**63),
    253_402_300_799_999, 253_402_300_800_000, -62_135_596_800_000, -62_135_596_800_001, str(events.TIME),
)  # fmt: skip
SESSION_TIMES = (
    "NaN", "Infinity", "-Infinity", "1_000", " 1000 ", "1e3", "1E400", "1.5d", "", "abc", "1000.4999", "+7", ".5", "5.", True,
    None, 12.75, 2**62,
)  # fmt: skip
NUMBERS = (0, -0.0, 1e-320, 5e-324, 0.1, 1 / 3, 100, 645.0, 1e7, 12345678.9, 1e16, 1e21, 1.7976931348623157e308, -2.5)
PARTS = ("2", "02", "1_000", " 3 ", "+4", "1.0", "1e2", "99999999999", "", "x", None, 7)
CONTEXTS = (
    "", "{", "[1]", "1", "null", '"text"', "{}", '{"a": null}', '{"a": "null"}', '{"a": {"b": [1, null]}, "c": "d"}', '{"a": []}',
    '{"n": 1.5, "i": 12345678901234567890, "t": true, "f": false}', '{"a": 1, "b": 2', '{"ä": "ö\\u00e9🎉"}',
)  # fmt: skip
MEMBERS = ("attributes", "client_context", "facets", "metrics", "client", "application", "session", "awsAccountId")


def trial() -> dict[str, Any]:
    """The event that the page's first query asks for."""
    return {**events.custom("trial.bought"), "attributes": {"item": "tea"}}


def odd() -> list[dict[str, Any]]:
    """Events that are accepted and are like no other."""
    found = [{**events.custom(f"times.{at}"), "event_timestamp": time} for at, time in enumerate(TIMES)]
    found += [{**events.email("send", f"t{at}"), "arrival_timestamp": time} for at, time in enumerate(TIMES)]
    for at, time in enumerate(TIMES):
        sent = events.email("open", f"sent{at}")
        sent["facets"]["email_channel"]["mail_event"]["mail"]["message_send_timestamp"] = time
        found.append(sent)
    for at, time in enumerate(SESSION_TIMES):
        session = {"session_id": f"s{at}", "start_timestamp": time, "stop_timestamp": time}
        metrics = {"x": NUMBERS[at % len(NUMBERS)], "none": None}
        found.append(events.custom("_session.stop", session=session, metrics=metrics))
    for at, number in enumerate(NUMBERS):
        found.append({**events.sms("SUCCESS", n=str(at)), "metrics": {"price_in_millicents_usd": number}})
    for at, parts in enumerate(PARTS):
        buffered = events.sms("BUFFERED", n=str(at))
        buffered["attributes"]["number_of_message_parts"] = parts
        found.append(buffered)
    found += [events.sms("FAILURE", customer_context=text, n=str(at)) for at, text in enumerate(CONTEXTS)]
    return found + _without_members() + _without_elements()


def _without_members() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in events.all_events():
        for member in MEMBERS:
            if member in event:
                found.append({key: value for key, value in event.items() if key != member})
                found.append({**event, member: None})
                found.append({**event, member: {} if isinstance(event[member], dict) else ""})
        attributes = {**event["attributes"], "campaign_id": None, "nested": {"a": [1, None]}, "n": 1.50}
        found.append({**event, "attributes": attributes})
    return found


def _without_elements() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    two = [{"email_address": None}, {"email_address": "b@example.org", "status": 5}]
    for kind, parent, array in (
        ("hardbounce", "bounce", "bounced_recipients"),
        ("softbounce", "bounce", "bounced_recipients"),
        ("complaint", "complaint", "complained_recipients"),
    ):
        for recipients in (None, [], [None], [{}], two):
            event = events.email(kind)
            event["facets"]["email_channel"]["mail_event"][parent][array] = copy.deepcopy(recipients)
            found.append(event)
    for destination in (None, [], [None], ["a@example.org", None, "ü@example.org"]):
        event = events.email("send", "ep-destination")
        event["facets"]["email_channel"]["mail_event"]["mail"]["destination"] = destination
        found.append(event)
    return found


def lines(found: list[dict[str, Any]]) -> bytes:
    """The events as the delivery's function writes them; what it refuses is not among them."""
    rows = Rows(EVENT_COLUMNS, "archive/")
    written = []
    for event in found:
        try:
            written.append(rows.outcome(json.dumps(event, ensure_ascii=False), event).data)
        except RefusedRecordError:
            continue
    return b"".join(written)


def fill(sandbox: Sandbox) -> None:
    """Writes objects of this hour, one of them twice, and of yesterday."""
    exports = json.loads(sandbox.run("outputs", "events").stdout)
    now = datetime.now(UTC)
    common, strange = [*events.all_events(), trial()], odd()
    for moment, name, found in (
        (now, "one.gz", common),
        (now, "again.gz", common),
        (now - timedelta(hours=25), "two", [*common, *strange]),
        (now - timedelta(hours=26), "three.gz", strange[::3]),
    ):
        body = lines(found)
        key = f"events/{moment:%Y/%m/%d/%H}/{name}"
        body = gzip.compress(body) if name.endswith(".gz") else body
        sandbox.aws("s3").put_object(Bucket=exports["eventBucketName"], Key=key, Body=body)
