"""Architecture 9: endpoints become what their newest events say, in few calls, and no record holds up its shard."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from handlers.event_based_segmentation import segmentation as segmentation_module
from handlers.event_based_segmentation.function import NotParkedError, handler
from handlers.shared.project_endpoints import ProjectEndpoints
from tests.handlers.shared.fakes import sqs_event
from tests.handlers.suppression.world import APPLICATION, forget, kinesis_event, objects_in, world  # noqa: F401

OPENED = {"eventType": "_email.open", "attribute": "opened_email", "values": ["true"]}
JOINED = {"eventType": "joined", "attribute": "club", "values": ["gold"]}
LEFT = {"eventType": "left", "attribute": "club", "values": []}


@pytest.fixture
def rules(world, monkeypatch):  # noqa: F811
    def use(*given):
        monkeypatch.setenv("RULES", json.dumps(given))
        forget()

    use(OPENED, JOINED, LEFT, {**JOINED, "eventType": "bought", "where": {"kind": ["a", "b"]}, "attribute": "kind"})
    return use


def event(event_type, endpoint="e1", moment=1000, app=APPLICATION, **attributes):
    return {
        "event_type": event_type,
        "event_timestamp": moment,
        "arrival_timestamp": moment,
        "application": {"app_id": app},
        "client": {"client_id": endpoint},
        "attributes": attributes,
    }


def test_rules_set_clear_and_filter(world, rules):  # noqa: F811
    world.endpoint("E1", Attributes={"plan": ["free"]})
    handler(kinesis_event(event("_email.open"), event("joined"), event("bought", kind="z"), event("nothing")), None)
    assert world.endpoints["e1"]["Attributes"] == {"plan": ["free"], "opened_email": ["true"], "club": ["gold"]}
    handler(kinesis_event(event("left", moment=2000), event("bought", kind="b")), None)
    assert world.endpoints["e1"]["Attributes"]["club"] == []
    assert world.endpoints["e1"]["Attributes"]["kind"] == ["gold"]


def test_the_newest_event_wins_whatever_the_order_and_the_batches(world, rules):  # noqa: F811
    events = [event("joined", moment=1), event("left", moment=2), event("joined", moment=3), event("left", moment=4)]
    for number, order in enumerate(itertools.permutations(events)):
        endpoint = f"e{number}"
        world.endpoint(endpoint)
        for single in order:
            handler(kinesis_event({**single, "client": {"client_id": endpoint}}), None)
            handler(kinesis_event({**single, "client": {"client_id": endpoint.upper()}}), None)
        assert world.endpoints[endpoint]["Attributes"] == {"club": []}


def test_email_events_are_ordered_by_their_arrival_and_devices_are_not_ahead_of_it(world, rules):  # noqa: F811
    rules(
        {**OPENED, "eventType": "_email.open"}, {**OPENED, "eventType": "_email.complaint", "values": []}, JOINED, LEFT
    )
    world.endpoint("e1")
    handler(kinesis_event({**event("_email.complaint", moment=5), "arrival_timestamp": 90}), None)
    handler(kinesis_event({**event("_email.open", moment=5), "arrival_timestamp": 80}), None)
    assert world.endpoints["e1"]["Attributes"]["opened_email"] == []
    handler(kinesis_event({**event("joined", moment=10**13), "arrival_timestamp": 50}), None)
    handler(kinesis_event(event("left", moment=60)), None)
    assert world.endpoints["e1"]["Attributes"]["club"] == []


def test_no_endpoint_is_created_and_none_is_woken_up(world, rules):  # noqa: F811
    world.endpoint("asleep", EndpointStatus="INACTIVE")
    handler(kinesis_event(event("joined", "unknown"), event("joined", "asleep")), None)
    assert set(world.endpoints) == {"asleep"}
    assert world.endpoints["asleep"]["EndpointStatus"] == "INACTIVE"
    assert world.endpoints["asleep"]["Attributes"] == {"club": ["gold"]}


def test_on_the_hosted_platform_the_service_itself_is_asked_to_touch_existing_endpoints_only(monkeypatch):
    from handlers.shared import clients, project_endpoints

    monkeypatch.setenv("ENGAGEMENT_ENDPOINT_URL", "http://127.0.0.1:1/")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    clients.forget_clients()
    project_endpoints.forget_clients()
    seen = []

    def answer(request, **_):
        from botocore.awsrequest import AWSResponse

        seen.append(request)
        return AWSResponse(request.url, 202, {}, type("Raw", (), {"stream": lambda self: [b"{}"]})())

    project_endpoints._client().meta.events.register("before-send.pinpoint.*", answer)
    updates = ProjectEndpoints(APPLICATION).update([{"Id": f"e{n}", "OptOut": "ALL"} for n in range(250)])
    assert len(updates.done) == 250
    assert len(seen) == 3
    assert all(request.headers["x-engagement-existing-only"] in ("true", b"true") for request in seen)
    clients.forget_clients()
    project_endpoints.forget_clients()


def test_ten_thousand_events_take_a_hundred_updates_and_fewer_when_endpoints_repeat(world, rules, monkeypatch):  # noqa: F811
    for n in range(10_000):
        world.endpoint(f"e{n}")
    monkeypatch.setattr(
        ProjectEndpoints, "_existing", lambda self, items, *_: list(items)
    )  # as the hosted service does
    for start in range(0, 10_000, 1000):
        handler(kinesis_event(*(event("_email.open", f"e{start + n}") for n in range(1000))), None)
    assert world.calls["UpdateEndpointsBatch"] == 100
    assert all(held["Attributes"] == {"opened_email": ["true"]} for held in world.endpoints.values())
    world.calls.clear()
    for start in range(0, 10_000, 1000):
        handler(kinesis_event(*(event("_email.open", f"e{n % 50}", moment=start) for n in range(1000))), None)
    assert world.calls["UpdateEndpointsBatch"] == 10


@pytest.mark.parametrize("written", [float, str, int])
def test_a_time_is_read_as_the_event_database_reads_it(world, rules, written):  # noqa: F811
    world.endpoint("e1")
    handler(kinesis_event(event("left", moment=2000)), None)
    handler(kinesis_event(event("joined", moment=written(3000))), None)
    handler(kinesis_event(event("left", moment=written(2500))), None)
    assert world.endpoints["e1"]["Attributes"]["club"] == ["gold"]
    assert not objects_in(world, "errors/")


@pytest.mark.parametrize("member", ["event_timestamp", "arrival_timestamp"])
@pytest.mark.parametrize("moment", [1893456000, 1893456000.0, "1893456000"])
def test_an_event_with_a_time_in_seconds_is_set_aside(world, rules, member, moment):  # noqa: F811
    world.endpoint("e1")
    handler(kinesis_event({**event("joined", moment=1893456000123), member: moment}, event("_email.open")), None)
    [document] = (json.loads(body) for body in objects_in(world, "errors/").values())
    assert document["Reason"].startswith(f"{member} has 10 digits, as seconds have")
    assert world.endpoints["e1"]["Attributes"] == {"opened_email": ["true"]}


def test_what_can_never_be_handled_is_set_aside_with_its_place_in_the_stream(world, rules):  # noqa: F811
    world.endpoint("e1")
    world.endpoint("a$b")
    bad = [
        b"{", b"[1]", b"\xff", b"", "no base64!", {"event_type": 7}, {"event_type": "joined"},
        {**event("joined"), "client": 5}, {**event("joined"), "client": {"client_id": ""}},
        {**event("joined"), "attributes": "x"}, {**event("joined"), "event_timestamp": "x", "arrival_timestamp": None},
        event("joined", "a$b"), event("joined", "x" * 1001), b'{"event_type": "\\ud800"}', b"[" * 100_000,
        {"event_type": "joined", "client": {"client_id": "e1"}, "fill": "x" * 1_000_000},
    ]  # fmt: skip
    good = [event("joined"), event("_unheard"), event("joined", app="b" * 32), {"event_type": "_test.event_stream"}]
    batch = kinesis_event(*bad, *good, first=100)
    assert handler(batch, None) == {"batchItemFailures": []}
    found = {key: json.loads(body) for key, body in objects_in(world, "errors/").items()}
    assert set(found) == {f"errors/shardId-000000000000/{100 + at}-1.json" for at in range(len(bad))}
    for document in found.values():
        assert document["Reason"]
        assert document["Source"]["Stream"] == "events"
        assert len(document.keys() & {"Record", "RecordBase64"}) == 1
    assert found["errors/shardId-000000000000/100-1.json"]["Record"] == "{"
    assert found["errors/shardId-000000000000/102-1.json"]["RecordBase64"] == "/w=="
    assert world.endpoints["e1"]["Attributes"] == {"club": ["gold"]}
    handler(batch, None)
    assert len(objects_in(world, "errors/")) == len(bad)


def test_updates_that_cannot_be_made_now_wait_in_the_queue_and_no_record_is_lost(world, rules):  # noqa: F811
    for n in range(300):
        world.endpoint(f"e{n}")
    world.throttle_every = 3
    handler(kinesis_event(*(event("joined", f"e{n}") for n in range(300)), b"{"), None)
    parked = list(world.parked)
    assert parked
    done = sum(held.get("Attributes") == {"club": ["gold"]} for held in world.endpoints.values())
    assert done + len(parked) == 300
    assert len(objects_in(world, "errors/")) == 1
    world.throttle_every = 0
    assert handler(sqs_event(*parked, "{", '{"EndpointId": 5}'), None) == {"batchItemFailures": []}
    assert len(world.dead) == 2
    assert all(held["Attributes"] == {"club": ["gold"]} for held in world.endpoints.values())


def test_where_not_even_the_queue_answers_the_batch_is_read_again(world, rules, monkeypatch):  # noqa: F811
    world.endpoint("e1")
    world.throttle_every = 1
    monkeypatch.setattr(
        world, "send_message_batch", lambda **call: {"Failed": [{"Id": e["Id"], "Code": "x"} for e in call["Entries"]]}
    )
    with pytest.raises(NotParkedError):
        handler(kinesis_event(event("joined")), None)


@pytest.mark.parametrize("seed", range(5))
def test_killed_anywhere_and_read_again_it_ends_alike(world, rules, monkeypatch, seed):  # noqa: F811
    """Batches are cut off at a random call, older and newer ones mixed, then all are read again."""
    chance = random.Random(seed)

    class KilledError(BaseException):
        pass

    world.endpoint("e1")
    batches = [kinesis_event(event("joined" if n % 2 else "left", moment=n)) for n in range(8)]
    update = segmentation_module.ProjectEndpoints.update

    def sometimes(self, items):
        if chance.random() < 0.3:
            raise KilledError
        result = update(self, items)
        if chance.random() < 0.3:
            raise KilledError
        return result

    monkeypatch.setattr(segmentation_module.ProjectEndpoints, "update", sometimes)
    order = list(batches)
    chance.shuffle(order)
    while order:
        try:
            handler(order[0], None)
        except KilledError:
            order.append(order[0])
        order.pop(0)
    assert world.endpoints["e1"]["Attributes"] == {"club": ["gold"]}


def test_a_newer_event_of_another_batch_in_between_is_seen_and_written(world, rules, monkeypatch):  # noqa: F811
    world.endpoint("e1")
    update = ProjectEndpoints.update
    nested = iter([True])

    def between(self, items):
        if next(nested, False):
            handler(kinesis_event(event("left", moment=9)), None)  # the other batch runs to its end first
        return update(self, items)

    monkeypatch.setattr(segmentation_module.ProjectEndpoints, "update", between)
    handler(kinesis_event(event("joined", moment=5)), None)
    assert world.endpoints["e1"]["Attributes"] == {"club": []}


def test_in_equals_done_plus_errors_plus_dead_letters_throttled_and_killed_half_way(world, rules, monkeypatch):  # noqa: F811
    for n in range(250):
        world.endpoint(f"e{n}")
    good = [event("joined", f"e{n}") for n in range(250)]
    bad = [
        b"{", b"[1]", b"\xff", "no base64!", {"event_type": 7}, {**event("joined"), "client": 5}, event("joined", "a$b"),
        {"event_type": "joined", "client": {"client_id": "e1"}, "fill": "x" * 1_000_000},
    ]  # fmt: skip
    world.endpoint("a$b")
    batch = kinesis_event(*good, *bad, *good[:20], event("_unheard"))

    class KilledError(BaseException):
        pass

    update = ProjectEndpoints.update

    def killed(self, items):
        update(self, items[:100])
        raise KilledError

    with monkeypatch.context() as half_way:
        half_way.setattr(segmentation_module.ProjectEndpoints, "update", killed)
        with pytest.raises(KilledError):
            handler(batch, None)
    world.throttle_every = 3
    assert handler(batch, None) == {"batchItemFailures": []}
    waiting, rounds = list(world.parked), 0
    assert waiting
    while waiting and rounds < 5:
        answer = handler(sqs_event(*waiting), None)
        waiting = [waiting[int(failure["itemIdentifier"][1:])] for failure in answer["batchItemFailures"]]
        rounds += 1
    late = {json.loads(body)["EndpointId"] for body in waiting}
    done = {name for name, held in world.endpoints.items() if held.get("Attributes") == {"club": ["gold"]}}
    errors = objects_in(world, "errors/")
    refused = {json.loads(entry["MessageBody"])["EndpointId"] for entry in world.dead}
    assert late | done | refused >= {item["client"]["client_id"] for item in good}
    assert len(errors) + len(refused | (late & {"a$b"})) == len(bad)
