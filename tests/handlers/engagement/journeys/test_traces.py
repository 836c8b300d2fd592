"""What journeys hold of an endpoint that left them is deleted; who is inside stays until the next step."""

from handlers.engagement.traces import Traces
from handlers.shared.tables import table_client
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages


def test_who_left_is_gone_from_the_journey_and_who_is_inside_leaves_at_the_next_step(runner, world):
    runner.endpoints("ada", "bo")
    journey = two_messages(runner)
    runner.work()
    traces = Traces(world.tables.sends, world.tables.registry, APPLICATION, ["ADA"], [])
    inside = traces.of_journey(journey)
    assert inside.left == 1
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="ada")
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert traces.of_journey(journey).left == 0

    def named(identifier):
        items = table_client().scan(TableName=world.tables.sends.name)["Items"]
        own = [item for item in items if item["pk"]["S"][:2] in ("JP", "JD", "JE") and identifier in item["sk"]["S"]]
        return {item["pk"]["S"][:2] for item in own}

    assert named("ada") == set() and "JP" in named("bo")
    assert runner.metrics(journey) == {"ENDPOINT_ENTERED": 2, "ENDPOINT_LEFT": 2}
