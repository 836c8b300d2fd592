"""Nothing is sent faster than its number may."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict

import pytest

from handlers.shared.message_parts import message_parts
from handlers.shared.origination_rates import Rates
from handlers.shared.pace import Pace
from handlers.shared.tables import Table
from sandbox.world.sms_voice.rates import too_fast
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.conftest import TYPES
from tests.handlers.sms_s3_drop.world import Clock, Numbers

HEADER = "sms_number,message,short_code,message_type\n"
LONG, FREE, UNKNOWN = "+12065550101", "+18005550102", "+447700900000"


def rates(**numbers: int) -> Rates:
    return Rates(
        json.dumps({"types": TYPES, "numbers": numbers}), Numbers({LONG: "LONG_CODE", "+12065550103": "TEN_DLC"})
    )


def rows(count: int, origin: str, message: str = "Hello") -> str:
    return "".join(f"+1206555{n:04d},{message} {n},{origin},PROMOTIONAL\n" for n in range(count))


@pytest.mark.parametrize(("origin", "rate"), [(LONG, 1), (FREE, 3), (UNKNOWN, 1)])
@pytest.mark.parametrize("answer_seconds", [0.0, 0.3])
def test_a_number_sends_no_faster_than_its_type_may_over_batches_and_files(drop, origin, rate, answer_seconds):
    drop.phones.seconds = answer_seconds
    starts = [drop.poll(drop.drop(HEADER + rows(25, origin), f"texts/{name}.csv")) for name in "ab"]
    for start in starts:
        drop.finish(start)
    times = [sent.at for sent in drop.phones.sent]
    assert len(times) == 50
    assert all(later - earlier >= 1 / rate - 1e-6 for earlier, later in itertools.pairwise(times))
    assert too_fast([(moment, 1) for moment in times], rate) == []


def test_a_text_of_several_parts_takes_the_time_of_each(drop):
    drop.run(HEADER + rows(12, LONG, "é" * 30 + "ж" * 100))
    sent = [(sent.at, message_parts(sent.message)) for sent in drop.phones.sent]
    assert {parts for _, parts in sent} == {2}
    assert too_fast(sent, 1) == []
    assert sent[-1][0] - sent[0][0] == pytest.approx(22, abs=0.1)


def test_a_throttled_text_is_tried_again_within_the_rate(drop):
    drop.phones._faults = itertools.cycle(["THROTTLED", None])
    calls = []
    send = drop.phones.send_messages
    drop.phones.send_messages = lambda **request: (calls.append(drop.clock()), send(**request))[1]
    drop.run(HEADER + rows(10, LONG))
    assert len(calls) == 20
    assert too_fast([(moment, 1) for moment in calls], 1) == []


def test_what_the_function_has_no_time_for_is_handed_out_again(drop):
    started = drop.poll(drop.drop(HEADER + rows(10, LONG)))
    began = drop.clock()

    def left() -> float:
        return 36 - (drop.clock() - began)

    from handlers.sms_s3_drop import sender

    def work(event):
        table = Table("ledger", drop.dynamodb)
        return sender.Batch(event["Records"], table, Pace(table, drop.clock, drop.clock.sleep), left).work()

    drop.queue.hand_out(work)
    assert 0 < len(drop.phones.sent) < 10
    assert drop.finish(started)["Result"]["Statuses"] == {"SENT": 10}


def test_reservations_follow_each_other_and_an_idle_number_starts_at_once():
    clock = Clock()
    pace = Pace(Table("ledger", DynamoDb()), clock, clock.sleep)
    first = pace.reserve(LONG, 10)
    assert first == clock.now
    assert pace.reserve(LONG, 5) == pytest.approx(first + 10, abs=0.002)
    assert pace.reserve(FREE, 1) == clock.now
    clock.sleep(100)
    assert pace.reserve(LONG, 1) == clock.now


def test_the_rate_follows_from_the_numbers_type_and_its_own_rate_overrules_it():
    made = rates(**{"12345": 7})
    assert [made.of(i) for i in (LONG, "+12065550103", FREE, UNKNOWN, "123456", "Shop", "12345")] == [
        1,
        10,
        3,
        1,
        100,
        10,
        7,
    ]


def test_the_list_of_numbers_is_read_once_in_a_while_and_its_failure_slows_down_only():
    numbers = Numbers({})
    clock = Clock()
    made = Rates(json.dumps({"types": TYPES, "numbers": {}}), numbers, clock)
    assert [made.of(UNKNOWN) for _ in range(5)] == [1] * 5
    assert numbers.listed == 1
    numbers.types = {UNKNOWN: "TEN_DLC"}
    clock.sleep(601)
    assert made.of(UNKNOWN) == 10

    class Refusing:
        def get_paginator(self, _name):
            raise client_error("AccessDeniedException", 400)

    assert Rates(json.dumps({"types": TYPES, "numbers": {}}), Refusing()).of(UNKNOWN) == 1


def test_fast_numbers_send_in_parallel_with_slow_ones(drop):
    drop.run(HEADER + rows(30, "12345") + rows(5, LONG))
    by_origin = defaultdict(list)
    for sent in drop.phones.sent:
        by_origin[sent.origination].append(sent.at)
    assert len(by_origin["12345"]) == 30 and len(by_origin[LONG]) == 5


@pytest.mark.parametrize(("message", "count"), [("👍" * 310, 125), ("ж" * 620, 66), ("Hello", 40)])
def test_texts_that_take_longer_than_a_function_runs_are_all_sent_within_the_rate(drop, message, count):
    outcome = drop.poll(drop.drop(HEADER + rows(count, LONG, message)))
    while drop.send(seconds=120):
        pass
    outcome = drop.finish(outcome)
    sent = [(sent.at, message_parts(sent.message)) for sent in drop.phones.sent]
    assert outcome["Result"]["Statuses"] == {"SENT": count}
    assert too_fast(sent, 1) == []
    assert sent[-1][0] - sent[0][0] < 1.1 * sum(parts for _, parts in sent)


def test_having_waited_behind_long_texts_costs_a_text_none_of_its_tries(drop):
    drop.phones._faults = itertools.cycle([None] * 45 + ["THROTTLED"] * 5)
    outcome = drop.poll(drop.drop(HEADER + rows(75, LONG, "👍" * 310)))
    while drop.send(seconds=120):
        pass
    assert drop.finish(outcome)["Result"]["Statuses"] == {"SENT": 75}


def test_a_sender_that_died_with_reserved_time_holds_its_number_up_for_that_time_alone(drop):
    started = drop.poll(drop.drop(HEADER + rows(12, LONG)))
    Pace(Table("ledger", drop.dynamodb), drop.clock, drop.clock.sleep).reserve(LONG, 85)
    began = drop.clock()
    while drop.send(seconds=120):
        pass
    assert drop.finish(started)["Result"]["Statuses"] == {"SENT": 12}
    assert drop.phones.sent[0].at - began == pytest.approx(85, abs=1)
    assert drop.phones.sent[-1].at - began == pytest.approx(96, abs=2)
