"""What journeys hold of an endpoint that left them is deleted; who is inside stays until the next step."""

import json

from handlers.engagement.journeys.message_events import events_key
from handlers.engagement.journeys.participants import Participants
from handlers.engagement.store.registry import JourneyRuns
from handlers.engagement.store.shards import shard_of
from handlers.engagement.traces import Traces
from handlers.shared.tables import table_client
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages
from tests.handlers.engagement.journeys.test_event_entry import on_event


def test_who_left_is_gone_from_the_journey_and_who_is_inside_leaves_at_the_next_step(runner, world):
    runner.endpoints("ada", "bo")
    journey = two_messages(runner)
    runner.work()
    address = runner.pinpoint.get_endpoint(ApplicationId=APPLICATION, EndpointId="ada")["EndpointResponse"]
    addresses = [(address["ChannelType"], address["Address"])]
    traces = Traces(world.tables, APPLICATION, ["ADA"], addresses)
    inside = traces.of_journey(journey)
    assert inside.left == 1 and "RUN" in named(world, "ada")
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="ada")
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert traces.of_journey(journey).left == 0

    assert named(world, "ada") == set() and {"JP", "RUN"} <= named(world, "bo")
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 2, "ENDPOINT_LEFT": 2}
    assert traces.of_journey(journey).deleted == 0


def test_the_claims_of_each_time_that_somebody_entered_are_gone(runner, world):
    numbers = runner.endpoints("ada", "bo")
    journey = on_event(runner)
    for number in range(3):
        runner.put_events(ada=(str(number), "bought"), bo=(str(number), "bought"))
        runner.work()
    claims = [key for key in held(world) if key.startswith("RUN#J#") and "E#ada" in key]
    assert len(claims) == 3
    traces = Traces(world.tables, APPLICATION, ["ada"], [("SMS", numbers["ada"])])
    assert traces.of_journey(journey).left == 0
    assert [key for key, item in held(world).items() if key.startswith("RUN#J#") and '"ada"' in item] == []
    assert len([key for key in held(world) if key.startswith("RUN#J#") and "E#bo" in key]) == 3


def test_a_journey_that_a_segment_starts_has_one_walk_a_run_however_often_somebody_entered(runner, world):
    runner.endpoints("ada")
    journey = two_messages(runner)
    runner.work()
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="ada")
    runner.clock.turn(73 * HOUR)
    runner.work()
    participants = Participants(world.tables.sends, journey)
    world.tables.sends.set(*participants.member_key("ada"), {"entries": 50})
    runs = JourneyRuns(world.tables.registry, APPLICATION, journey)
    for number in range(50):
        runs.put({"Id": f"run-{number}", "RunId": f"run-{number}"})
    world.calls.clear()
    Traces(world.tables, APPLICATION, ["ada"], []).of_journey(journey)
    # Who entered, 102 claims of 51 runs of two messages, the address of the one there is, and the counter.
    assert world.calls["BatchGetItem"] == 5


def test_answers_of_an_endpoint_whose_id_begins_alike_stay(runner, world):
    journey = two_messages(runner)
    others = [f"ana#{number}" for number in range(400) if shard_of(f"ana#{number}") == shard_of("ana")]
    for name in ("ana", *others):
        pk, prefix = events_key(journey, "", name)
        world.tables.sends.put({"pk": pk, "sk": f"{prefix}run", "a|one": "yes"})
    assert others
    Traces(world.tables, APPLICATION, ["ana"], []).of_journey(journey)
    left = [key for key in held(world) if key.startswith("JE#")]
    assert len(left) == len(others) and not [key for key in left if key.endswith(" ana#run")]


def held(world):
    """All items of the sends table as text, by key as text."""
    items = table_client().scan(TableName=world.tables.sends.name)["Items"]
    return {f"{item['pk']['S']} {item['sk']['S']}": json.dumps(item) for item in items}


def named(world, identifier):
    """Of which kinds the items are that name an endpoint."""
    items = table_client().scan(TableName=world.tables.sends.name)["Items"]
    marks = (f'"{identifier}"', f"#{identifier}", f'"{identifier}#')
    return {item["pk"]["S"].partition("#")[0] for item in items if any(mark in json.dumps(item) for mark in marks)}
