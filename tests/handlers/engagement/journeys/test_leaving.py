"""Who leaves a journey behind a message that was sent, by a worker that died before it made their step: the message counts."""

from __future__ import annotations

import pytest

from handlers.engagement.journeys.participants import Participants
from handlers.engagement.store import leases
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages


class Kill(BaseException):
    """The worker's process dies."""


def deleted(runner, journey):
    runner.pinpoint.delete_endpoint(ApplicationId=APPLICATION, EndpointId="a")


def cancelled(runner, journey):
    runner.set_state(journey, "CANCELLED")


@pytest.fixture
def dies(runner, monkeypatch):
    """Lets a worker die behind what it sends, and its leases end."""
    move = Participants.move

    def work():
        def die(*_arguments):
            raise Kill

        monkeypatch.setattr(Participants, "move", die)
        with pytest.raises(Kill):
            runner.work()
        monkeypatch.setattr(Participants, "move", move)
        monkeypatch.setattr(leases.time, "time", lambda now=leases.time.time: now() + leases.LEASE_SECONDS + 1)

    return work


@pytest.mark.parametrize("leaves", [deleted, cancelled])
@pytest.mark.parametrize(
    ("hours", "activity"), [(0, "hello"), (73, "again")], ids=["at its beginning", "behind a wait"]
)
def test_a_message_that_was_sent_counts_though_who_got_it_leaves(runner, dies, leaves, hours, activity):
    runner.endpoints("a")
    journey = two_messages(runner)
    if hours:
        runner.work()
        runner.clock.turn(hours * HOUR)
    before = len(runner.sent())
    dies()
    assert len(runner.sent()) == before + 1
    leaves(runner, journey)
    runner.work()
    assert len(runner.sent()) == before + 1
    assert runner.metrics(journey, activity) == {"SUCCESS": 1}
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 1


@pytest.mark.parametrize("leaves", [deleted, cancelled])
def test_a_message_that_was_not_sent_does_not_count(runner, leaves):
    runner.endpoints("a")
    journey = two_messages(runner)
    runner.work()
    runner.clock.turn(73 * HOUR)
    leaves(runner, journey)
    runner.work()
    assert len(runner.sent()) == 1
    assert runner.metrics(journey, "again") == {}


def test_who_waits_still_when_a_journey_is_cancelled_counts_for_no_later_message(runner):
    runner.endpoints("a")
    journey = two_messages(runner)
    runner.work()
    cancelled(runner, journey)
    runner.work()
    assert runner.metrics(journey, "again") == {}
    assert runner.metrics(journey)["CANCELLED"] == 1
