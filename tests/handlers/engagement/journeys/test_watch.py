"""Whom the worker finds late, and which shards it leaves alone."""

from __future__ import annotations

import pytest

from handlers.engagement.journeys import worker
from tests.handlers.engagement.journeys.conftest import HOUR, TWO, two_messages


@pytest.fixture
def leased(runner, monkeypatch):
    """The shards that workers took."""
    taken = []
    lease = worker.Participants.lease

    def noted(participants, shards):
        taken.extend(shards)
        return lease(participants, shards)

    monkeypatch.setattr(worker.Participants, "lease", noted)
    return taken


def test_a_worker_counts_who_has_been_due_for_more_than_an_hour(runner):
    runner.endpoints(*(f"e{number}" for number in range(40)))
    two_messages(runner)
    assert runner.work()["Overdue"] == 0
    runner.clock.turn(72 * HOUR + HOUR / 2)
    assert runner.work(left=iter([1, 1, *[0] * 100]).__next__)["Overdue"] == 0
    runner.clock.turn(HOUR)
    late = runner.work()
    assert late["Overdue"] == 40
    assert len(runner.sent()) == 80
    assert runner.work()["Overdue"] == 0


def test_who_waits_while_a_journey_is_paused_is_not_late(runner):
    runner.endpoints("a")
    journey = two_messages(runner, RefreshFrequency="P30D")
    runner.work()
    runner.clock.turn(HOUR)
    runner.set_state(journey, "PAUSED")
    runner.clock.turn(100 * HOUR)
    assert runner.work()["Overdue"] == 0
    assert len(runner.sent()) == 1


def test_a_shard_in_which_nobody_is_due_is_not_taken(runner, leased):
    runner.endpoints("a")
    two_messages(runner)
    runner.work()
    assert sorted(leased) == list(range(16))
    leased.clear()
    runner.work()
    assert leased == []
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert len(leased) == 1
    assert [body for _, body in runner.sent()] == ["one", "two"]


def test_a_journey_that_fails_does_not_hide_who_is_late_in_it_or_in_another(runner, monkeypatch):
    runner.endpoints("a", "b")
    two_messages(runner)
    runner.create(TWO)
    runner.work()

    def fail(*_arguments):
        raise RuntimeError("broken")

    monkeypatch.setattr(worker.Walking, "walk", fail)
    runner.clock.turn(74 * HOUR)
    done = runner.work()
    assert (done["Failed"], done["Overdue"]) == (2, 4)
