"""What campaigns call: endpoints become calls in the queue, with their message filled in."""

from __future__ import annotations

import json

import pytest

from handlers.custom_channel.channel import Call
from handlers.custom_channel.function import NotQueuedError
from handlers.custom_channel.message import LONGEST_BYTES, UnusableEventError
from tests.handlers.custom_channel.world import CALLS, event, whatsapp


def test_fifty_endpoints_go_into_the_queue_ten_a_call(world):
    assert world.hook(event(50)) == {"Queued": 50, "PassedOver": 0}
    assert world.queues.calls == 5
    assert [body["endpoint"] for body in world.queues.bodies(CALLS)] == [f"e{n}" for n in range(50)]
    assert not world.people.requests


def test_endpoints_of_other_channels_are_passed_over(world):
    given = event(3)
    given["Endpoints"]["e1"]["ChannelType"] = "EMAIL"
    given["Endpoints"]["e3"] = None
    assert world.hook(given) == {"Queued": 2, "PassedOver": 2}


def test_a_message_is_read_as_it_was_written():
    call = Call("app", "campaign", "activity", "0", "é", "SMS", "+12065550100", 1, "Olá \ud800", ("a", ""))
    assert Call.from_json(call.to_json()) == call


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Message": {"smsmessage": {"body": "Hi {{Attributes.Name}}"}}}, "Hi Ann"),
        ({"Message": {}, "MessageConfiguration": {"SMSMessage": {"Body": "{{Id}}"}}}, "e0"),
        ({"Message": {}, "Data": "Hi {{User.UserAttributes.Town}}"}, "Hi Ulm"),
        ({"Message": {}, "Data": json.dumps({"Message": "Hi {{Attributes.Name}}"})}, "Hi Ann"),
        ({"Message": {}, "Data": "[1]"}, "[1]"),
        ({"Message": {"smsmessage": {"body": "{{Attributes.Gone}}!"}}}, "!"),
    ],
)
def test_the_campaigns_text_is_filled_in_for_the_endpoint(world, given, message):
    whole = event(1, **given)
    whole["Endpoints"]["e0"] |= {"Attributes": {"Name": ["Ann"]}, "User": {"UserAttributes": {"Town": ["Ulm"]}}}
    world.hook(whole)
    [body] = world.queues.bodies(CALLS)
    assert (body["message"], body["problem"]) == (message, "")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"message": " "}, "the campaign has no text for it"),
        ({"Message": {}, "Data": '{"Message": 5}'}, "the campaign has no text for it"),
        ({"message": "{{nonsense 1}}"}, "cannot be filled in: line 1: there is no helper 'nonsense'"),
        ({"message": "ä" * LONGEST_BYTES}, "64,000 bytes; allowed are 32,000"),
        ({"Endpoints": {"e0": {"ChannelType": "SMS"}}}, "has no address"),
        ({"Endpoints": {"e0": {"ChannelType": "SMS", "Address": 12065550100}}}, "has no address"),
    ],
)
def test_what_cannot_be_called_is_told_so_and_not_dropped(world, given, problem):
    world.hook(event(1, **given))
    [body] = world.queues.bodies(CALLS)
    assert problem in body["problem"]
    assert body["message"] == ""


def test_a_channels_own_texts_are_filled_in_with_the_message(world):
    world.channel = whatsapp("order", "{{Attributes.Name}}", "{{Message}}")
    given = event(1, message="Hi {{Attributes.Name}}")
    given["Endpoints"]["e0"]["Attributes"]["Name"] = ["Ann"]
    world.hook(given)
    assert world.queues.bodies(CALLS)[0]["texts"] == ["Ann", "Hi Ann"]


def test_an_event_that_names_no_run_is_an_error(world):
    with pytest.raises(UnusableEventError, match="ActivityId"):
        world.hook({**event(1), "ActivityId": None})


def test_calls_that_the_queue_does_not_take_fail_the_batch(world):
    world.queues.refusing.add(CALLS)
    with pytest.raises(NotQueuedError, match="12 of 12 calls: InternalError"):
        world.hook(event(12))


def test_each_run_of_each_journey_reaches_a_person_once(world):
    given = {name: value for name, value in event(1).items() if name not in ("CampaignId", "ActivityId", "TreatmentId")}
    for journey, run, activity in (
        ("j1", "r1", "call"),
        ("j1", "r2", "call"),
        ("j2", "r1", "call"),
        ("j1", "r1", "call"),
    ):
        ids = {"JourneyId": journey, "JourneyRunId": run, "JourneyActivityId": activity}
        world.run({**given, **ids})
    assert world.people.reached == {"+12065550000": 3}
