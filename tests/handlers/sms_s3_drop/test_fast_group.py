"""Texts of a fast number: claimed, sent and settled together, and each has a result of its own."""

from __future__ import annotations

import itertools

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

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


def calls(drop):
    """The numbers of each call's texts, by their last digits."""
    grouped = itertools.groupby(drop.phones.sent, key=lambda sent: sent.call)
    return [[int(sent.number[-4:]) for sent in texts] for _, texts in grouped]


def test_ten_texts_of_a_short_code_are_one_call_and_three_of_the_ledger(drop):
    before = drop.drop(HEADER + rows(30))
    drop.poll(before)
    drop.dynamodb.calls.clear()
    while drop.send():
        pass
    assert calls(drop) == [list(range(at, at + 10)) for at in (0, 10, 20)]
    assert drop.dynamodb.calls["transact_write_items"] == 3 and drop.dynamodb.calls["batch_write_item"] == 3
    assert sum(drop.dynamodb.calls.values()) <= 5 * 3


def test_each_has_its_own_body_and_context(drop):
    drop.run(HEADER + row(1, "One", id_1="a") + row(2, "Two", id_1="b") + row(3, "One"))
    assert [(sent.message, sent.context, sent.call) for sent in drop.phones.sent] == [
        ("One", {"id_1": "a"}, 1),
        ("Two", {"id_1": "b"}, 1),
        ("One", {}, 1),
    ]


def test_a_number_of_ten_a_second_sends_one_text_a_call(drop):
    drop.run(HEADER + rows(12, origin=TEN_DLC))
    assert len(calls(drop)) == drop.phones.calls == 12


@pytest.mark.parametrize(("origin", "rate"), [(CODE, TYPES["SHORT_CODE"]), (TEN_DLC, TYPES["TEN_DLC"])])
def test_no_text_leaves_before_its_time(drop, origin, rate):
    drop.run(HEADER + rows(200, origin=origin))
    assert len(drop.phones.sent) == 200
    assert too_fast([(sent.at, 1) for sent in drop.phones.sent], rate) == []


def test_texts_to_one_number_and_of_another_type_are_calls_of_their_own(drop):
    drop.run(HEADER + row(1, "One") + row(2) + row(1, "Two") + row(3, kind="TRANSACTIONAL") + row(4))
    assert sorted(sent.message for sent in drop.phones.sent if sent.number.endswith("0001")) == ["One", "Two"]
    assert sorted(map(sorted, calls(drop))) == [[1], [1, 2], [3], [4]]


def test_a_call_that_is_refused_for_good_is_made_again_for_each(drop):
    bad = client_error("BadRequestException", 400)
    drop.phones._faults = itertools.chain([bad, None, bad], itertools.repeat(None))
    outcome = drop.run(HEADER + rows(4))
    assert outcome["Result"]["Statuses"] == {"SENT": 3, "FAILED": 1}
    assert [line["line"] for line in drop.errors()] == ["3"]
    assert drop.phones.calls == 5


@pytest.mark.parametrize(
    "fault",
    [
        ReadTimeoutError(endpoint_url="u"),
        client_error("BadGateway", 502),
        # The service's trouble may have begun behind the first of them.
        client_error("InternalServerErrorException", 500),
        client_error("ServiceUnavailable", 503),
    ],
)
def test_a_call_without_an_answer_leaves_its_texts_in_doubt_and_none_is_sent_again(drop, fault):
    drop.phones._faults = itertools.chain([None] * 10, [fault], itertools.repeat(None))
    outcome = drop.run(HEADER + rows(30))
    assert outcome["Result"]["Statuses"] == {"SENT": 20, "UNKNOWN": 10}
    assert sorted(int(line["line"]) for line in drop.errors()) == list(range(12, 22))
    assert drop.phones.calls == 3


@pytest.mark.parametrize(
    "fault", [client_error("TooManyRequestsException", 429), EndpointConnectionError(endpoint_url="u")]
)
def test_a_call_that_certainly_sent_nothing_is_made_again_for_each(drop, fault):
    drop.phones._faults = itertools.chain([fault], itertools.repeat(None))
    assert drop.run(HEADER + rows(3))["Result"]["Statuses"] == {"SENT": 3}
    assert sorted(map(sorted, calls(drop))) == [[0], [1], [2]]


def test_one_that_is_throttled_is_sent_again_alone_within_the_same_try(drop):
    drop.phones._faults = itertools.chain([None, "THROTTLED", None], itertools.repeat(None))
    assert drop.run(HEADER + rows(3))["Result"]["Statuses"] == {"SENT": 3}
    assert calls(drop) == [[0, 2], [1]]


def test_one_that_is_always_throttled_comes_again_until_it_is_reported_and_the_others_are_sent_once(drop):
    drop.phones._faults = itertools.chain([None, "THROTTLED", None], itertools.repeat("THROTTLED"))
    outcome = drop.run(HEADER + rows(3))
    assert outcome["Result"]["Statuses"] == {"SENT": 2, "FAILED": 1}
    assert calls(drop) == [[0, 2]]


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
    assert len({sent.number for sent in drop.phones.sent}) == len(drop.phones.sent) == 5


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
