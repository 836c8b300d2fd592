"""Each endpoint is reached once for each run, at the channel's rate, or it is told why not."""

from __future__ import annotations

import itertools
import json
import threading
import time

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from handlers.connect_channel import channel as connect_channel
from handlers.custom_channel import sender
from handlers.custom_channel.claims import Claims
from handlers.custom_channel.sender import TRIES
from handlers.shared.claims import Standing
from handlers.shared.tables import Table, UnprocessedError
from handlers.whatsapp_channel import channel as whatsapp_channel
from tests.handlers.custom_channel.world import CALLS, CONNECT, DEAD, REFUSED, People, address, event, whatsapp
from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.world import Killed

THROTTLED = client_error("ThrottlingException", 429)
FAULT = client_error("InternalServiceException", 500)
TIMED_OUT = ReadTimeoutError(endpoint_url="https://service")
both = pytest.mark.parametrize("channel", [CONNECT, whatsapp()], ids=["connect", "whatsapp"])


def every_third(*faults):
    turns = itertools.cycle(faults)
    return (next(turns) if n % 3 == 0 else None for n in itertools.count(1))


@both
@pytest.mark.parametrize("count", [0, 1, 10, 51, 200])
def test_every_endpoint_is_reached_once(world, channel, count):
    world.channel = channel
    world.run(event(count))
    assert world.people.reached == {address(n): 1 for n in range(count)}
    assert not world.queues.messages[REFUSED] and not world.queues.messages[DEAD]


def test_connect_calls_with_the_message_and_the_token_of_run_and_endpoint(world):
    world.run(event(1))
    world.run(event(1, activity="another"))
    first, second = world.people.requests
    assert first | {"ClientToken": ""} == {
        "InstanceId": "instance",
        "ContactFlowId": "flow",
        "QueueId": "queue",
        "DestinationPhoneNumber": address(0),
        "Attributes": {"Message": "Hello"},
        "ClientToken": "",
    }
    assert first["ClientToken"] != second["ClientToken"]
    assert len(first["ClientToken"]) == 64


def test_whatsapp_writes_the_text_or_the_template(world):
    world.channel = whatsapp()
    world.run(event(1))
    world.channel = whatsapp("order_update", "{{Attributes.Name}}\n  twice")
    given = event(1, activity="another")
    given["Endpoints"]["e0"]["Attributes"]["Name"] = ["Ann"]
    world.run(given)
    text, template = [json.loads(request["message"]) for request in world.people.requests]
    common = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": address(0)}
    assert text == {**common, "type": "text", "text": {"body": "Hello"}}
    assert template == {
        **common,
        "type": "template",
        "template": {
            "name": "order_update",
            "language": {"code": "de"},
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ann twice"}]}],
        },
    }
    assert {request["originationPhoneNumberId"] for request in world.people.requests} == {"phone-number-id-1"}


def test_a_template_without_placeholders_needs_no_text(world):
    world.channel = whatsapp("order_update")
    world.run(event(1, message=""))
    [request] = world.people.requests
    assert "components" not in json.loads(request["message"])["template"]


@pytest.mark.parametrize(
    ("channel", "message", "reason"),
    [(whatsapp("order", "{{Attributes.Name}}"), "Hello", "text 1 of the template"), (whatsapp(), "x" * 4097, "4,097")],
)
def test_what_whatsapp_would_not_take_is_refused_without_a_call(world, channel, message, reason):
    world.channel = channel
    world.run(event(1, message=message))
    [told] = world.queues.bodies(REFUSED)
    assert reason in told["Reason"]
    assert not world.people.times


@both
def test_a_batch_that_comes_twice_is_called_once(world, channel):
    world.channel = channel
    world.run(event(20))
    world.run(event(20))
    assert world.people.reached == {address(n): 1 for n in range(20)}


def test_a_table_that_leaves_claims_unread_lets_the_batch_come_again(world, monkeypatch):
    world.run(event(20))
    read, unread = Table.batch_get, iter([True])

    def throttled(table, keys, **more):
        if next(unread, False):
            raise UnprocessedError("10 keys unread", "BatchGetItem")
        return read(table, keys, **more)

    monkeypatch.setattr(Table, "batch_get", throttled)
    world.run(event(20))
    assert next(unread, None) is None
    assert world.people.reached == {address(n): 1 for n in range(20)}


@both
def test_throttling_and_faults_on_every_third_call_change_nothing(world, channel):
    world.channel, world.people = channel, People(world.clock, every_third(THROTTLED, FAULT))
    world.run(event(200))
    assert world.people.reached == {address(n): 1 for n in range(200)}
    assert not world.queues.messages[REFUSED] and not world.queues.messages[DEAD]


@both
def test_what_is_refused_is_told_without_the_address_and_the_rest_goes_on(world, channel):
    world.channel = channel
    world.people.refused = {address(3), address(4)}
    world.people.refusal = lambda to: client_error(
        "DestinationNotAllowedException", 403, f"{to} ({to[2:]}) may not be reached with Hello"
    )
    world.run(event(12))
    assert sum(world.people.reached.values()) == 10
    told = world.queues.bodies(REFUSED)
    assert sorted(found["EndpointId"] for found in told) == ["e3", "e4"]
    assert "206555" not in json.dumps(told) and "Hello" not in json.dumps(told)
    assert told[0] | {"EndpointId": "", "Reason": ""} == {
        "Channel": channel.name,
        "Status": "REFUSED",
        "Reason": "",
        "EndpointId": "",
        "ApplicationId": "app",
        "CampaignId": "campaign",
        "ActivityId": "activity",
        "TreatmentId": "0",
    }
    assert told[0]["Reason"].startswith("DestinationNotAllowedException")


@both
def test_all_that_came_in_is_called_refused_or_a_dead_letter(world, channel):
    world.channel = channel
    world.people = People(world.clock, every_third(THROTTLED, FAULT))
    world.people.refused = {address(n) for n in range(0, 100, 7)}
    world.people.refusal = client_error("InvalidParameterException", 400)
    given = event(100)
    given["Endpoints"]["e50"]["Address"] = ""
    world.run(given)
    called, refused, dead = (
        sum(world.people.reached.values()),
        world.queues.bodies(REFUSED),
        world.queues.messages[DEAD],
    )
    assert (called, len(refused), len(dead)) == (100 - 15 - 1, 16, 0)
    assert len({found["EndpointId"] for found in refused}) == 16


@pytest.mark.parametrize(
    "error", [TIMED_OUT, ConnectionClosedError(endpoint_url="https://service"), OSError("cut"), KeyError("messageId")]
)
def test_an_answer_that_never_came_is_told_by_whatsapp_and_never_called_again(world, error):
    world.channel = whatsapp()
    world.people.after = error
    world.run(event(1))
    world.run(event(1))
    assert world.people.reached == {address(0): 1}
    [told] = world.queues.bodies(REFUSED)
    assert (told["Status"], told["EndpointId"]) == ("UNKNOWN", "e0")


@pytest.mark.parametrize("status", [502, 504])
def test_a_gateway_that_broke_off_counts_as_no_answer(world, status):
    world.channel = whatsapp()
    world.people = People(
        world.clock, itertools.chain([client_error("DependencyException", status)], itertools.repeat(None))
    )
    world.run(event(1))
    assert [found["Status"] for found in world.queues.bodies(REFUSED)] == ["UNKNOWN"]
    assert len(world.people.times) == 1


def test_an_answer_that_never_came_is_asked_again_of_connect_with_the_same_token(world):
    world.people.after = TIMED_OUT
    world.run(event(1))
    assert world.people.reached == {address(0): 1}
    assert len({request["ClientToken"] for request in world.people.requests}) == 1
    assert len(world.people.requests) == 2
    assert not world.queues.messages[REFUSED]


def test_a_channel_that_raises_holds_up_no_other_call(world, caplog):
    world.people = People(world.clock, itertools.chain([KeyError(address(0))], itertools.repeat(None)))
    world.run(event(10))
    assert world.people.reached == {address(n): 1 for n in range(10)}
    [logged] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert "start_outbound_voice_contact" in json.dumps(logged.__dict__, default=str)
    assert address(0) not in json.dumps(logged.__dict__, default=str)


@both
def test_a_service_that_cannot_be_reached_is_tried_again(world, channel):
    world.channel = channel
    faults = [EndpointConnectionError(endpoint_url="https://service")] * 3
    world.people = People(world.clock, itertools.chain(faults, itertools.repeat(None)))
    world.run(event(1))
    assert world.people.reached == {address(0): 1}


@both
def test_a_function_that_died_in_a_call_calls_nobody_twice(world, channel):
    world.channel = channel
    world.people.after = Killed()
    world.hook(event(1))
    world.send()
    assert world.people.reached == {address(0): 1}
    world.send()
    assert world.people.reached == {address(0): 1}, "the claim still held"
    world.clock.sleep(600)
    world.finish()
    assert world.people.reached == {address(0): 1}
    assert len(world.queues.bodies(REFUSED)) == (0 if channel.repeatable else 1)


@both
@pytest.mark.parametrize("error", [THROTTLED, client_error("AccessDeniedException", 403), FAULT])
def test_what_stays_in_vain_ends_as_a_dead_letter_and_is_tried_anew_when_it_is_moved_back(world, channel, error):
    world.channel, world.people = channel, People(world.clock, [error] * TRIES + [None])
    world.run(event(1))
    [dead] = world.queues.messages[DEAD]
    assert f"given up after {TRIES} tries" in dead["MessageAttributes"]["reason"]["StringValue"]
    world.queues.messages[CALLS] = [{"MessageBody": dead["MessageBody"]}]
    world.finish()
    assert world.people.reached == {address(0): 1}


def test_what_is_no_call_is_a_dead_letter_and_the_rest_goes_on(world):
    world.hook(event(2))
    world.queues.messages[CALLS] += [{"MessageBody": body} for body in ("no JSON", "[]", "{}", '{"texts": []}')]
    world.finish()
    assert len(world.queues.messages[DEAD]) == 4
    assert sum(world.people.reached.values()) == 2


def test_a_refusal_that_cannot_be_told_comes_again_and_is_not_lost(world):
    world.hook(event(1, message=""))
    world.queues.refusing.add(REFUSED)
    world.send()
    world.clock.sleep(600)
    assert len(world.queues.messages[CALLS]) == 1
    world.queues.refusing.clear()
    world.finish()
    assert len(world.queues.bodies(REFUSED)) == 1


@pytest.mark.parametrize("rate", [0.5, 2, 30])
def test_no_call_is_made_sooner_than_the_rate_allows(world, rate):
    world.rate(rate)
    began = world.clock()
    world.run(event(40))
    assert sum(world.people.reached.values()) == 40
    # Threads that wait move the clock on for each other, so that a call can be later than its time and never sooner.
    assert all(at >= began + n / rate - 1e-3 for n, at in enumerate(sorted(world.people.times)))


def test_a_call_that_is_late_takes_another_time_and_not_that_of_the_next_process(world):
    world.rate(1)
    world.oversleep = [10]
    world.run(event(5))
    pace = Table("calls", world.dynamodb).get(f"PACE#{CONNECT.name}", "PACE")
    assert pace["free_ms"] / 1000 >= max(world.people.times)


@pytest.mark.parametrize(
    ("module", "variables"),
    [
        (connect_channel, ("CONNECT_INSTANCE_ID", "CONNECT_CONTACT_FLOW_ID", "CONNECT_QUEUE_ID")),
        (whatsapp_channel, ("WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_API_VERSION")),
    ],
)
def test_a_channels_client_makes_a_call_once(monkeypatch, module, variables):
    made = []
    monkeypatch.setattr(module, "aws_client", lambda service, **settings: made.append(settings))
    for name in variables:
        monkeypatch.setenv(name, "x")
    module.make()
    assert [settings["max_attempts"] for settings in made] == [1]


def test_what_there_is_no_time_for_comes_again_soon(world):
    world.rate(0.5)
    world.hook(event(10))
    world.send(seconds=45)
    assert 0 < sum(world.people.reached.values()) < 10
    assert world.queues.pauses and max(world.queues.pauses) <= 300
    world.finish()
    assert world.people.reached == {address(n): 1 for n in range(10)}


@both
def test_who_is_left_after_the_deadline_is_told_and_takes_no_time(world, channel):
    world.channel = channel
    world.rate(0.5)
    world.hook(event(30))
    world.clock.sleep(72 * 3600 + 1)
    before = world.clock()
    world.finish()
    assert world.clock() == before
    assert not world.people.requests
    assert [found["Status"] for found in world.queues.bodies(REFUSED)] == ["EXPIRED"] * 30


def test_who_was_called_before_the_deadline_is_not_told_after_it(world):
    given = event(1)
    world.hook(given)
    again = list(world.queues.messages[CALLS])
    world.finish()
    world.clock.sleep(100 * 3600)
    world.queues.messages[CALLS] = again
    world.finish()
    assert world.people.reached == {address(0): 1}
    assert not world.queues.messages[REFUSED]


def test_two_functions_with_the_same_call_do_not_both_make_it(world):
    world.hook(event(1))
    body = world.queues.messages[CALLS][0]["MessageBody"]
    claims = Claims(Table("calls", world.dynamodb), 30, world.clock)
    call = sender.Call.from_json(body)
    [first] = claims.claim([call], 60, take_lost=True).values()
    [second] = claims.claim([call], 60, take_lost=True).values()
    assert first.standing is Standing.CLAIMED
    assert (second.standing, second.owner, second.seconds) == (Standing.HELD, first.owner, 61)
    world.send()
    assert not world.people.requests
    assert world.queues.pauses == [61]


def test_logs_name_endpoints_and_no_addresses(world, caplog):
    world.people.refused = {address(0)}
    world.people.refusal = client_error("InvalidParameterException", 400, f"{address(0)} is wrong")
    world.run(event(2))
    logged = json.dumps([record.__dict__ for record in caplog.records], default=str)
    assert "e0" in logged
    assert address(0) not in logged and address(1) not in logged and "Hello" not in logged


class RealClock:
    """Of processes whose threads wait beside each other."""

    __call__ = staticmethod(time.time)
    sleep = staticmethod(time.sleep)


def test_claims_that_take_long_do_not_bunch_calls(world, monkeypatch):
    """As at a cold start, when the table's first answers are slow: whoever is late takes another time."""
    world.clock = world.people.clock = RealClock()
    world.rate(10)
    world.hook(event(30))
    claim, lock, slow = sender.Claims.claim, threading.Lock(), [0.05, 0.15, 0.25, 0.35, 0.45]

    def slowly(self, *arguments, **more):
        with lock:
            seconds = slow.pop() if slow else 0
        world.clock.sleep(seconds)
        return claim(self, *arguments, **more)

    monkeypatch.setattr(sender.Claims, "claim", slowly)
    world.finish()
    times = sorted(world.people.times)
    assert sum(world.people.reached.values()) == len(world.people.reached) == 30
    assert max(sum(at <= other < at + 1 for other in times) for at in times) <= 12
