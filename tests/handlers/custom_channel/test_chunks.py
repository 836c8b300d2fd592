"""Calls that are claimed together: as many as the queue hands out, and no more of them are in doubt."""

from __future__ import annotations

import pytest

from handlers.custom_channel import sender
from tests.handlers.custom_channel.world import REFUSED, address, event, whatsapp
from tests.handlers.sms_s3_drop.world import Killed


def test_a_whole_batch_that_there_is_no_time_for_comes_again_ten_a_call_and_has_lost_none_of_its_tries(world):
    world.hook(event(50))
    world.send(seconds=30)
    assert world.queues.pauses == [1] * 50
    assert not world.people.requests and not world.dynamodb.calls["transact_write_items"]
    world.finish()
    assert world.people.reached == {address(n): 1 for n in range(50)}


def test_a_function_that_dies_leaves_no_more_in_doubt_than_it_claimed_together(world):
    world.channel = whatsapp()
    world.people.after = Killed()
    for start in (0, 50):
        given = event(100)
        world.hook({**given, "Endpoints": dict(list(given["Endpoints"].items())[start : start + 50])})
    world.send()
    world.clock.sleep(600)
    world.finish()
    told = world.queues.bodies(REFUSED)
    assert [found["Status"] for found in told] == ["UNKNOWN"] * 50
    assert max(world.people.reached.values()) == 1
    assert {address(int(found["EndpointId"][1:])) for found in told} | world.people.reached.keys() == {
        address(n) for n in range(100)
    }


@pytest.mark.parametrize(("rate", "workers"), [(0.5, 10), (10, 10), (30, 30), (100, 50)])
def test_there_is_a_worker_for_each_call_of_a_second(world, monkeypatch, rate, workers):
    pools = []
    pool = sender.ThreadPoolExecutor
    monkeypatch.setattr(sender, "ThreadPoolExecutor", lambda size, **more: (pools.append(size), pool(size, **more))[1])
    world.rate(rate)
    world.run(event(1))
    assert pools == [workers]
