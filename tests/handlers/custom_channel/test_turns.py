"""Calls that were claimed together keep to the rate; those that are late take other times, by one reservation."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from handlers.custom_channel.turns import Turns
from tests.handlers.sms_s3_drop.world import Clock

START = 1_800_000_000.0


class Stage:
    """Turns on a clock that passes where somebody sleeps. left: seconds that can be reserved."""

    def __init__(self, count: int, each: float, left: float = 1000) -> None:
        self.clock = Clock()
        self.reserved: list[float] = []
        self.left = left
        self.free = START + count * each
        self.turns = Turns(range(count), START, each, self, self.reserve)  # pyright: ignore[reportArgumentType] all of a pace that they use

    def wait_until(self, moment: float) -> None:
        if moment > self.clock():
            self.clock.now = moment

    def reserve(self, seconds: float) -> float | None:
        self.reserved.append(seconds)
        if seconds > self.left:
            return None
        start = max(self.free, self.clock())
        self.free = start + seconds
        return start

    def times(self, *places: int) -> list[Any]:
        return [round(self.clock() - START, 6) if self.turns.wait(at) else None for at in places]


def test_each_call_waits_for_its_own_time():
    stage = Stage(4, 0.5)
    stage.turns.begin()
    assert stage.times(0, 1, 2, 3) == [0, 0.5, 1, 1.5]
    assert stage.reserved == []


@pytest.mark.parametrize(("late", "moved"), [(0.19, False), (0.21, True)])
def test_where_the_first_is_late_all_take_another_time(late, moved):
    stage = Stage(4, 0.01)
    stage.clock.sleep(late)
    stage.turns.begin()
    assert stage.reserved == ([0.04] if moved else [])


def test_a_call_that_is_late_takes_another_time_with_those_that_are_due_and_leaves_the_others_theirs():
    stage = Stage(10, 0.1)
    stage.clock.sleep(0.35)
    assert stage.times(0) == [1.0]
    assert stage.reserved == [pytest.approx(0.4)]  # of 0 to 3
    stage.clock.now = START + 0.4
    assert stage.times(4, 5) == [0.4, 0.5]
    assert stage.times(1, 2, 3) == [1.1, 1.2, 1.3]
    assert len(stage.reserved) == 1


def test_a_call_that_is_over_takes_no_time_of_the_others():
    stage = Stage(10, 0.1)
    stage.clock.sleep(0.35)
    stage.turns.over(1)
    stage.turns.over(2)
    assert stage.times(0, 3) == [1.0, 1.1]


def test_a_call_that_took_another_time_is_made_though_it_is_late_again():
    stage = Stage(1, 0.1)
    stage.wait_until = lambda moment: stage.clock.sleep(max(0, moment - stage.clock()) + 5)
    assert stage.turns.wait(0) and len(stage.reserved) == 1


def test_where_no_time_is_left_those_that_are_due_are_not_made_and_the_others_are():
    stage = Stage(10, 0.1, left=0)
    stage.clock.sleep(0.35)
    assert stage.times(0, 1, 2, 3) == [None] * 4
    assert stage.times(4) == [0.4]


def test_fifty_late_calls_of_many_threads_make_one_reservation():
    stage = Stage(50, 0.001)
    stage.clock.sleep(1)
    with ThreadPoolExecutor(50) as pool:
        assert all(pool.map(stage.turns.wait, range(50)))
    assert stage.reserved == [pytest.approx(0.05)]


def test_a_call_whose_time_was_moved_while_it_waited_waits_for_the_new_one():
    stage = Stage(2, 0.1)
    wait_until = stage.wait_until

    def while_another_is_late(_moment: float) -> None:
        stage.wait_until = wait_until
        stage.clock.sleep(0.5)
        assert stage.times(0) == [0.5]

    stage.wait_until = while_another_is_late
    assert stage.times(1) == [0.6]
    assert stage.reserved == [pytest.approx(0.2)]
