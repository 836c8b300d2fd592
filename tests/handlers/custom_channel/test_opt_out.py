"""A person who opted out while the call waited in the queue is not called; one with a new number is called there."""

from __future__ import annotations

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from handlers.custom_channel.recipient import FRESH_SECONDS
from handlers.shared.project_endpoints import SearchFailedError
from tests.handlers.custom_channel.world import CONNECT, REFUSED, address, event, whatsapp
from tests.handlers.shared.fakes import client_error

both = pytest.mark.parametrize("channel", [CONNECT, whatsapp()], ids=["connect", "whatsapp"])


@both
def test_who_is_out_gone_inactive_or_elsewhere_by_the_time_of_the_call_is_told_and_not_called(world, channel):
    world.channel = channel
    world.hook(event(6))
    world.project.now = {
        "e0": {"OptOut": "ALL"},
        "e1": {"EndpointStatus": "INACTIVE"},
        "e2": {"ChannelType": "EMAIL"},
        "e3": {"Address": ""},
    }
    world.project.gone = {"e4"}
    world.finish()
    assert world.people.reached == {address(5): 1}
    told = {found["EndpointId"]: (found["Status"], found["Reason"]) for found in world.queues.bodies(REFUSED)}
    assert told == {
        "e0": ("REFUSED", "the endpoint has opted out"),
        "e1": ("REFUSED", "the endpoint is inactive"),
        "e2": ("REFUSED", "the endpoint's channel type is EMAIL by now"),
        "e3": ("REFUSED", "the endpoint has no address"),
        "e4": ("REFUSED", "the endpoint is gone, or was never registered"),
    }


@both
def test_a_person_with_a_new_number_is_called_there(world, channel):
    world.channel = channel
    world.hook(event(2))
    world.project.now = {"e0": {"Address": address(900)}}
    world.finish()
    assert world.people.reached == {address(900): 1, address(1): 1}


def test_who_may_have_been_called_before_opting_out_is_told_as_unknown(world):
    world.hook(event(1))
    world.people.after = ReadTimeoutError(endpoint_url="https://service")
    world.send()
    world.project.now = {"e0": {"OptOut": "ALL"}}
    world.finish()
    assert world.people.reached == {address(0): 1}
    [told] = world.queues.bodies(REFUSED)
    assert (told["Status"], told["Reason"]) == (
        "UNKNOWN",
        "the endpoint has opted out; whether an earlier call was carried out is not known",
    )


@pytest.mark.parametrize(
    "error",
    [
        client_error("TooManyRequestsException", 429),
        ConnectTimeoutError(endpoint_url="https://project"),
        SearchFailedError("503"),
    ],
)
def test_nobody_is_called_whose_endpoint_cannot_be_read_and_the_call_comes_again(world, error):
    world.hook(event(1))
    world.project.faults = [error]
    world.send()
    assert not world.people.requests
    assert world.queues.pauses == [2]
    world.finish()
    assert world.people.reached == {address(0): 1}


@pytest.mark.parametrize("rate", [0.5, 2, 30])
def test_an_endpoint_is_read_no_longer_before_its_call_than_the_bound(world, rate):
    world.rate(rate)
    read: dict[str, float] = {}
    read_all = world.project.by_id

    def noted(ids):
        read.update((address(int(id_[1:])), world.clock()) for id_ in ids)
        return read_all(ids)

    world.project.by_id = noted
    world.oversleep = [7, 0, 3]
    world.run(event(12))
    called = dict(
        zip((request["DestinationPhoneNumber"] for request in world.people.requests), world.people.times, strict=True)
    )
    assert len(called) == 12
    assert all(0 <= called[to] - read[to] <= FRESH_SECONDS + 1 / rate for to in called)


def test_those_who_are_called_together_are_read_claimed_and_settled_together(world):
    world.run(event(100))
    assert world.project.reads == 2
    assert world.dynamodb.calls["transact_write_items"] == 2 * 2


def test_a_slow_channel_s_calls_are_claimed_for_five_seconds_at_a_time(world):
    world.rate(2)
    world.run(event(20))
    assert world.dynamodb.calls["transact_write_items"] == 2 * 2


def test_a_call_that_waits_long_has_its_endpoint_read_again_and_those_that_are_over_are_not(world):
    world.rate(1)
    asked: list[int] = []
    read_all = world.project.by_id
    world.project.by_id = lambda ids: (asked.append(len(ids)), read_all(ids))[1]
    world.run(event(5))
    assert asked[0] == 5
    assert asked == sorted(asked, reverse=True)
    assert asked[-1] < 5
