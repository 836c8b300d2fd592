"""Texts of a fast number: claimed and settled together, and each has a result of its own."""

from __future__ import annotations

import itertools

import pytest

from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.conftest import TYPES
from tests.handlers.sms_s3_drop.test_pace import too_fast
from tests.handlers.sms_s3_drop.world import Killed

HEADER = "sms_number,message,short_code,message_type,id_1\n"
CODE, TEN_DLC = "12345", "+12065550103"


def row(number, message="Hello", origin=CODE, kind="PROMOTIONAL", id_1=""):
    return f"+1206555{number:04d},{message},{origin},{kind},{id_1}\n"


def rows(count, **values):
    return "".join(row(number, id_1=f"i{number}", **values) for number in range(count))


def test_ten_texts_are_ten_calls_and_three_of_the_ledger(drop):
    before = drop.drop(HEADER + rows(30))
    drop.poll(before)
    drop.dynamodb.calls.clear()
    while drop.send():
        pass
    assert drop.phones.calls == len(drop.phones.sent) == 30
    assert drop.dynamodb.calls["transact_write_items"] == 3 and drop.dynamodb.calls["batch_write_item"] == 3
    assert sum(drop.dynamodb.calls.values()) <= 5 * 3


@pytest.mark.parametrize(("origin", "rate"), [(CODE, TYPES["SHORT_CODE"]), (TEN_DLC, TYPES["TEN_DLC"])])
def test_no_text_leaves_before_its_time(drop, origin, rate):
    drop.run(HEADER + rows(200, origin=origin))
    assert len(drop.phones.sent) == 200
    assert too_fast([(sent.at, 1) for sent in drop.phones.sent], rate) == []


@pytest.mark.parametrize("fault", ["THROTTLED", client_error("InternalServerErrorException", 500)])
def test_one_that_was_not_sent_is_tried_again_within_the_same_try(drop, fault):
    drop.phones._faults = itertools.chain([None, fault, None], itertools.repeat(None))
    assert drop.run(HEADER + rows(3))["Result"]["Statuses"] == {"SENT": 3}
    assert drop.phones.calls == 4


def test_one_that_is_always_throttled_comes_again_until_it_is_reported_and_the_others_are_sent_once(drop):
    drop.phones.always = {"+12065550001": "THROTTLED"}
    outcome = drop.run(HEADER + rows(3))
    assert outcome["Result"]["Statuses"] == {"SENT": 2, "FAILED": 1}
    assert sorted(sent.number[-1] for sent in drop.phones.sent) == ["0", "2"]


def test_a_row_that_equals_one_of_a_former_batch_is_reported_and_the_others_of_its_batch_are_sent(drop):
    outcome = drop.run(HEADER + rows(10) + row(3, id_1="i3") + "".join(row(number) for number in range(20, 25)))
    assert outcome["Result"]["Statuses"] == {"SENT": 15, "DUPLICATE": 1}
    assert [(line["line"], line["reason"]) for line in drop.errors()] == [
        ("12", "is equal in every column to the row in line 5")
    ]


def test_texts_whose_sender_died_are_in_doubt_and_the_next_batch_is_sent(drop):
    drop.phones._faults = itertools.chain([Killed()], itertools.repeat(None))
    outcome = drop.run(HEADER + rows(15))
    assert outcome["Result"]["Statuses"] == {"UNKNOWN": 10, "SENT": 5}
    assert len({sent.number for sent in drop.phones.sent}) == len(drop.phones.sent)


def test_a_result_that_cannot_be_stored_keeps_no_other_from_it(drop):
    failing = iter([client_error("ProvisionedThroughputExceededException", 400)])
    put = drop.dynamodb.put_item

    def once_refused(**request):
        if request["Item"]["pk"]["S"].startswith("R#") and (error := next(failing, None)):
            raise error
        return put(**request)

    drop.dynamodb.put_item = once_refused
    drop.phones.opted_out = {"+12065550001", "+12065550002"}
    outcome = drop.run(HEADER + rows(4))
    assert outcome["Result"]["Statuses"] == {"SENT": 2, "OPTED_OUT": 1, "UNKNOWN": 1}
    assert len(drop.phones.sent) == 2
