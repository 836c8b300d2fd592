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
    """People who wait at an activity: so many who are due, and nine times as many who are due in a month.

    They came to it shard by shard, as many at a time as the worker steps.
    """
    from handlers.engagement.journeys.engine import Position
    from handlers.engagement.journeys.groups import group_item, grouped
    from handlers.engagement.journeys.shift import PEOPLE_AT_A_TIME
    from handlers.engagement.store.leases import FORM, SORT_KEY
    from handlers.engagement.store.shards import shard_of
    from handlers.shared.attribute_values import to_wire

    now = int(time.time() * 1000)
    month = 30 * 24 * 3600 * 1000
    positions: list[Position] = []
    names = [f"endpoint-{number}" for number in range(WAITING_FOR_EACH * due)]
    for moment, people in ((now, names[:due]), (now + month, names[due:])):
        for number, name in enumerate(sorted(people, key=shard_of)):
            at = moment - number // PEOPLE_AT_A_TIME
            positions.append(Position(name, RUN, 1, activity, at - 1, at, waiting=True))
    for name in names:
        shard = shard_of(name)
        member = {"pk": f"JP#{JOURNEY}#{shard:02d}", "sk": name}
        tables.store("sends", to_wire({**member, "entries": 1, "last": now, "run": RUN}))
    tables.store("sends", to_wire({"pk": f"JL#{JOURNEY}", "sk": SORT_KEY, **FORM}))  # as the call before left it
    for group in grouped(positions):
        pk = f"JD#{JOURNEY}#{shard_of(group[0].id):02d}"
        tables.store("sends", to_wire({"pk": pk, **group_item(group)}))


def work() -> dict[str, int]:
    """One call of the worker."""
    from handlers.engagement.journeys.function import handler

    return handler({}, Context())


def put_events(numbers: range) -> dict[str, Any]:
    """A PutEvents request in which endpoints report one event each."""
    event = {"EventType": "bought", "Timestamp": "2026-11-01T00:00:00Z"}
    batch = {f"endpoint-{number}": {"Endpoint": {}, "Events": {f"event-{number}": event}} for number in numbers}
    return api_call("POST", "/events", {"BatchItem": batch})
