"""An identity's time is taken once, to the millisecond, whoever else takes it at the same time."""

from __future__ import annotations

import pytest

from handlers.shared import claims
from handlers.shared.claims import ContendedError
from handlers.shared.pace import Pace
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.sms_s3_drop.world import Clock

NUMBER = "+12065550101"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(claims, "backoff", lambda _attempt: None)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    return Table("ledger", DynamoDb())


@pytest.fixture
def pace(table, clock):
    return Pace(table, clock, clock.sleep)


def kept(table, identity=NUMBER):
    return table.get(f"PACE#{identity}", "PACE")


def test_a_reservation_begins_now_and_says_from_when_on_the_identity_is_free_and_for_how_long_that_is_kept(
    pace, table, clock
):
    assert pace.reserve(NUMBER, 2.5) == clock.now
    free = {"free_ms": int(clock.now) * 1000 + 2501, "expires": int(clock.now) + 2 + 24 * 3600}
    assert kept(table) == {"pk": f"PACE#{NUMBER}", "sk": "PACE", **free}


def test_what_follows_begins_when_the_identity_is_free_and_others_wait_for_nothing(pace, clock):
    pace.reserve(NUMBER, 10)
    assert pace.reserve(NUMBER, 5) == clock.now + 10.001
    assert pace.reserve(NUMBER, 1) == clock.now + 15.002
    assert pace.reserve("+12065550102", 1) == clock.now


def test_an_identity_that_was_free_for_long_or_that_nobody_took_is_free_now(pace, clock):
    clock.now = 0.0
    assert pace.reserve("SHOP", 1) == 0.0
    clock.now = 7200.5
    assert pace.reserve("SHOP", 1) == 7200.5


@pytest.mark.parametrize(("within", "taken"), [(10, True), (9.99, False)])
def test_what_would_be_over_too_late_takes_nothing_and_is_told_when_it_could_begin(pace, table, clock, within, taken):
    assert pace.reserve(NUMBER, 10, within) == clock.now
    assert (kept(table) is not None) == taken


def test_the_time_that_others_have_taken_counts_for_what_would_be_too_late(pace, table, clock):
    pace.reserve(NUMBER, 10)
    before = kept(table)
    assert pace.reserve(NUMBER, 10, within=20) == clock.now + 10.001
    assert kept(table) == before
    assert pace.reserve(NUMBER, 10, within=20.002) == clock.now + 10.001
    assert kept(table) != before


@pytest.mark.parametrize("known", [False, True])
def test_of_two_that_reserve_at_the_same_time_one_comes_behind_the_other(pace, table, clock, known):
    if known:
        pace.reserve(NUMBER, 1)
        clock.sleep(60)
    others = iter([Pace(table, clock, clock.sleep)])
    get = table.get

    def read_and_overtaken(*key):
        item = get(*key)
        if other := next(others, None):
            other.reserve(NUMBER, 3)
        return item

    table.get = read_and_overtaken
    assert pace.reserve(NUMBER, 1) == clock.now + 3.001


def test_where_others_are_always_quicker_it_gives_up_and_says_at_what(pace, table):
    table.put = lambda *_, **__: False
    with pytest.raises(ContendedError, match=r"^the pace of an identity: others were in the way"):
        pace.reserve(NUMBER, 1)


def test_a_moment_is_waited_for_however_early_the_sleep_ends_and_one_that_is_over_is_not(table, clock):
    slept = []

    def sleep(seconds: float) -> None:
        assert seconds > 0 and len(slept) < 2
        slept.append(seconds)
        clock.sleep(min(seconds, 3))

    pace = Pace(table, clock, sleep)
    pace.wait_until(clock.now - 1)
    pace.wait_until(clock.now)
    assert slept == []
    pace.wait_until(clock.now + 3.5)
    assert slept == [3.5, 0.5]
