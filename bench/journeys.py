"""What the rows of journeys share: a journey that runs, people who wait in it, of whom a tenth is due, and the worker's call."""

from __future__ import annotations

import time
from typing import Any

from bench.fakes.dynamodb import FakeDynamoDb
from bench.hosted_service import APPLICATION, SEGMENT, Seed, api_call
from bench.row import Context

JOURNEY = "5" * 32
RUN = "6" * 32
WAITING_FOR_EACH = 10
"""How many are in the journey for each who is due."""
MINUTE = 60.0
PAUSE: dict[str, Any] = {"WaitTime": {"WaitFor": "P30D"}}


def seed_journey(seed: Seed, activities: dict[str, Any], **members: Any) -> None:
    """A journey of a segment whose run was read; with a StartCondition of events, one that is ACTIVE."""
    start = {"SegmentStartCondition": {"SegmentId": SEGMENT}}
    journey = {
        "Id": JOURNEY,
        "ApplicationId": APPLICATION,
        "Name": "bench",
        "State": "CLOSED",
        "StartActivity": next(iter(activities)),
        "StartCondition": start,
        "Activities": activities,
        "_Starts": "2026-11-01T00:00:00.000Z",
        "_SegmentVersion": 1,
        "_Run": {"Number": 0, "Id": RUN, "Due": 1, "Version": 1, "Read": True},
        **members,
    }
    seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": []})
    seed.document(f"JOURNEYS#{APPLICATION}", JOURNEY, journey)
    seed.document(f"JOURNEYRUNS#{APPLICATION}#{JOURNEY}", RUN, {"Id": RUN, "_Segment": [SEGMENT, 1]})
    entry = {"Id": f"{APPLICATION}#{JOURNEY}", "ApplicationId": APPLICATION, "JourneyId": JOURNEY}
    seed.document("ACTIVEJOURNEYS", entry["Id"], entry)


def seed_template(seed: Seed, name: str) -> None:
    """A text's template, in its first version."""
    head = {"TemplateName": name, "TemplateType": "SMS", "Pinned": 0, "Latest": 1}
    seed.document("TEMPLATES", f"{name}#SMS", head)
    seed.document(f"TEMPLATE#{name}#SMS", f"{1:010d}", {**head, "Body": "Hello", "Version": "1"})


def seed_participants(tables: FakeDynamoDb, due: int, activity: str) -> None:
    """People who wait at an activity: so many who have been due for less than a minute, and nine times as many who are due in a month."""
    from botocore.client import BaseClient

    from handlers.engagement.journeys.engine import Position
    from handlers.engagement.journeys.participants import Participants
    from handlers.shared.attribute_values import to_wire
    from handlers.shared.tables import Table

    uncalled = BaseClient.__new__(BaseClient)  # the shared client is made when the row's wire is in place
    participants = Participants(Table("sends", client=uncalled), JOURNEY)
    now = int(time.time() * 1000)
    for number in range(WAITING_FOR_EACH * due):
        at = now - number % 60_000 if number < due else now + 30 * 24 * 3600 * 1000 + number
        position = Position(f"endpoint-{number}", RUN, 1, activity, at - 1, at, waiting=True)
        tables.store("sends", to_wire(participants._item(position)))
        pk, sk = participants.member_key(position.id)
        tables.store("sends", to_wire({"pk": pk, "sk": sk, "entries": 1, "last": at, "run": RUN}))


def work() -> dict[str, int]:
    """One call of the worker."""
    from handlers.engagement.journeys.function import handler

    return handler({}, Context())


def put_events(numbers: range) -> dict[str, Any]:
    """A PutEvents request in which endpoints report one event each."""
    event = {"EventType": "bought", "Timestamp": "2026-11-01T00:00:00Z"}
    batch = {f"endpoint-{number}": {"Endpoint": {}, "Events": {f"event-{number}": event}} for number in numbers}
    return api_call("POST", "/events", {"BatchItem": batch})
