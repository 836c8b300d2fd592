"""Calls side by side: a task for each, or threads that take the next one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from handlers.shared.overlapped import taken_in_turn


@pytest.fixture
def sixteen():
    with ThreadPoolExecutor(16) as pool:
        yield pool


def test_each_is_taken_once_and_they_are_begun_in_order(sixteen):
    begun = []
    taken_in_turn(sixteen, begun.append, range(1000))
    assert sorted(begun) == list(range(1000))
    with ThreadPoolExecutor(1) as alone:
        begun.clear()
        taken_in_turn(alone, begun.append, range(100))
    assert begun == list(range(100))


def test_as_many_are_under_way_at_a_time_as_there_are_threads(sixteen):
    together = threading.Barrier(16)
    taken_in_turn(sixteen, lambda _: together.wait(10), range(32))


def test_nothing_takes_no_thread(sixteen):
    taken_in_turn(sixteen, None, [])
    assert not sixteen._threads


def test_after_one_that_fails_none_is_begun_and_its_error_is_raised():
    begun = []

    def call(argument):
        begun.append(argument)
        if argument == 3:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as alone, pytest.raises(KeyboardInterrupt):
        taken_in_turn(alone, call, range(1000))
    assert begun == [0, 1, 2, 3]
