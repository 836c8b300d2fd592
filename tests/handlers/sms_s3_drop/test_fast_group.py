"""Texts of a fast number: claimed, sent and settled together, and each has a result of its own."""

from __future__ import annotations

import itertools
import threading

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.conftest import TYPES
from tests.handlers.sms_s3_drop.test_pace import too_fast
from tests.handlers.sms_s3_drop.world import Killed

HEADER = "sms_number,message,short_code,message_type,id_1\n"
CODE, TEN_DLC = "12345", "+12065550103"
NUMBERS = [f"+1206555{number:04d}" for number in range(10)]
NO_ANSWER = ReadTimeoutError(endpoint_url="u")


def row(number, message="Hello", origin=CODE, kind="PROMOTIONAL", id_1=""):
    return f"+1206555{number:04d},{message},{origin},{kind},{id_1}\n"


def rows(count, **values):
    return "".join(row(number, id_1=f"i{number}", **values) for number in range(count))


def faults(drop, *answers):
    """What SendMessages answers first; then it takes everything."""
    drop.phones._faults = itertools.chain(answers, itertools.repeat(None))


def calls(drop):
    """The numbers of each call that somebody got a text by, in order."""
    return [
        list(request["Addresses"]) for request in {id(sent.request): sent.request for sent in drop.phones.sent}.values()
    ]


def statuses(drop, rows_):
    return drop.run(HEADER + rows_)["Result"]["Statuses"]


def test_ten_texts_are_one_call_and_three_of_the_ledger(drop):
    before = drop.drop(HEADER + rows(30))
    drop.poll(before)
    drop.dynamodb.calls.clear()
    while drop.send():
        pass
    assert drop.phones.calls == 3 and len(drop.phones.sent) == 30
    assert drop.dynamodb.calls["transact_write_items"] == 3 and drop.dynamodb.calls["batch_write_item"] == 3
    assert sum(drop.dynamodb.calls.values()) <= 5 * 3


def test_each_text_of_a_call_has_its_own_body_and_its_own_context(drop):
    content = row(0, "Hello", id_1="a") + row(1, "Hello you") + row(2, "👍", id_1="c")
    assert statuses(drop, content) == {"SENT": 3}
    assert drop.phones.calls == 1
    assert drop.phones.sent[0].request == {
        "Addresses": {
            NUMBERS[0]: {"ChannelType": "SMS", "BodyOverride": "Hello", "Context": {"id_1": "a"}},
            NUMBERS[1]: {"ChannelType": "SMS", "BodyOverride": "Hello you"},
            NUMBERS[2]: {"ChannelType": "SMS", "BodyOverride": "👍", "Context": {"id_1": "c"}},
        },
        "MessageConfiguration": {"SMSMessage": {"MessageType": "PROMOTIONAL", "OriginationNumber": CODE}},
    }
    assert {line["id_1"]: line["message_id"] for line in drop.results()} == {"a": "m-1", "": "m-2", "c": "m-3"}


def test_texts_of_another_type_have_a_call_of_their_own(drop):
    assert statuses(drop, row(0) + row(1) + row(2, kind="TRANSACTIONAL") + row(3)) == {"SENT": 4}
    assert sorted(calls(drop)) == [NUMBERS[:2], [NUMBERS[2]], [NUMBERS[3]]]


def test_two_texts_to_one_number_share_no_call_and_keep_their_order_though_the_first_is_slow_and_throttled(drop):
    faults(drop, "THROTTLED")
    send, other = drop.phones.send_messages, threading.Event()

    def slow(**request):
        if drop.phones.calls:
            answer = send(**request)
            other.set()
            return answer
        answer = send(**request)
        other.wait(0.2)
        return answer

    drop.phones.send_messages = slow
    assert statuses(drop, row(0, "first") + row(1) + row(0, "second") + row(2) + row(0, "third")) == {"SENT": 5}
    assert [sent.message for sent in drop.phones.sent if sent.number == NUMBERS[0]] == ["first", "second", "third"]
    assert calls(drop) == [NUMBERS[:2], [NUMBERS[0], NUMBERS[2]], [NUMBERS[0]]]


@pytest.mark.parametrize(("rate", "sizes"), [(10, [1] * 10), (20, [2] * 5), (45, [4, 4, 2]), (100, [10]), (1000, [10])])
def test_a_call_holds_what_the_number_may_send_in_a_tenth_of_a_second(drop, monkeypatch, rate, sizes):
    monkeypatch.setattr("handlers.shared.origination_rates.Rates.of", lambda *_: rate)
    drop.poll(drop.drop(HEADER + rows(10)))
    began = drop.clock()
    drop.send()
    found = sorted(calls(drop))
    assert list(map(len, found)) == sizes
    for call in found:
        # At the last one's time, or later: the fake clock moves on for each thread that sleeps.
        moments = {sent.at for sent in drop.phones.sent if sent.number in call}
        assert min(moments) >= began + NUMBERS.index(call[-1]) / rate - 1e-6


def test_texts_of_several_parts_share_a_call_as_far_as_their_parts_allow(drop):
    assert statuses(drop, rows(8, message="x" * 400)) == {"SENT": 8}  # three parts each
    assert sorted(map(len, calls(drop))) == [2, 3, 3]


@pytest.mark.parametrize("batches", [(10, 10, 10, 10, 10), (3, 10, 7, 1, 10, 10, 4, 10), (10, 1, 10, 1, 10, 1, 10)])
@pytest.mark.parametrize("rate", [10, 20, 45, 100])
def test_no_second_holds_more_than_the_number_may_however_its_batches_fall(drop, monkeypatch, rate, batches):
    monkeypatch.setattr("handlers.shared.origination_rates.Rates.of", lambda *_: rate)
    for at, size in enumerate(batches * 4):
        drop.poll(drop.drop(HEADER + rows(size, message=f"Hello {at}"), f"texts/{at}.csv"))
        drop.send()
    assert len(drop.phones.sent) == 4 * sum(batches)
    assert too_fast([(sent.at, 1) for sent in drop.phones.sent], rate) == []


@pytest.mark.parametrize(("origin", "rate"), [(CODE, TYPES["SHORT_CODE"]), (TEN_DLC, TYPES["TEN_DLC"])])
def test_no_text_leaves_before_its_time(drop, origin, rate):
    drop.run(HEADER + rows(200, origin=origin))
    assert len(drop.phones.sent) == 200
    assert too_fast([(sent.at, 1) for sent in drop.phones.sent], rate) == []


@pytest.mark.parametrize("status", ["THROTTLED", "TEMPORARY_FAILURE"])
def test_those_that_were_not_sent_are_tried_again_within_the_same_try_and_they_alone(drop, status):
    faults(drop, {NUMBERS[1]: status, NUMBERS[3]: status})
    assert statuses(drop, rows(5)) == {"SENT": 5}
    assert calls(drop) == [NUMBERS[:5], [NUMBERS[1], NUMBERS[3]]]


@pytest.mark.parametrize(
    "fault",
    [
        client_error("TooManyRequestsException", 429),
        client_error("SlowDown", 503),
        client_error("ForbiddenException", 403),
        ConnectTimeoutError(endpoint_url="u"),
    ],
)
def test_a_call_that_was_certainly_not_carried_out_is_made_again_for_all_of_its_texts(drop, fault):
    faults(drop, fault)
    assert statuses(drop, rows(5)) == {"SENT": 5}
    assert calls(drop) == [NUMBERS[:5]] and drop.phones.calls == 2


@pytest.mark.parametrize(
    "fault",
    [
        NO_ANSWER,
        client_error("InternalServerErrorException", 500),
        client_error("BadGateway", 502),
        client_error("ServiceUnavailable", 503),
        "UNKNOWN_FAILURE",
    ],
)
def test_the_texts_of_a_call_in_doubt_are_unknown_and_none_of_them_is_sent_again(drop, fault):
    faults(drop, fault)
    assert statuses(drop, rows(5)) == {"UNKNOWN": 5}
    assert drop.phones.calls == 1 and drop.phones.sent == []


def test_of_a_text_alone_the_services_own_trouble_says_that_it_was_not_sent(drop):
    faults(drop, client_error("InternalServerErrorException", 500))
    assert statuses(drop, row(0)) == {"SENT": 1}
    assert drop.phones.calls == 2


def test_after_a_call_in_doubt_the_batchs_later_texts_go_one_by_one(drop):
    faults(drop, NO_ANSWER, NO_ANSWER)
    # A number twice: the calls are made one after the other.
    assert statuses(drop, row(0) + row(1) + row(0, "again") + row(2) + row(3)) == {"UNKNOWN": 3, "SENT": 2}
    assert drop.phones.calls == 4
    assert calls(drop) == [[NUMBERS[2]], [NUMBERS[3]]]


def test_a_text_that_the_answer_does_not_name_is_unknown_and_the_others_have_their_results(drop):
    faults(drop, {NUMBERS[1]: "", NUMBERS[2]: "OPT_OUT", NUMBERS[3]: "PERMANENT_FAILURE"})
    assert statuses(drop, rows(5)) == {"SENT": 2, "UNKNOWN": 1, "OPTED_OUT": 1, "FAILED": 1}
    found = {line["id_1"]: (line["status"], line["reason"]) for line in drop.results()}
    assert found["i1"] == ("UNKNOWN", "the answer does not name the number")
    assert found["i2"] == ("OPTED_OUT", "OPT_OUT: about the number")
    assert found["i3"][0] == "FAILED" and drop.phones.calls == 1


@pytest.mark.parametrize("refusal", [client_error("BadRequestException", 400), client_error("PayloadTooLarge", 413)])
def test_a_call_that_is_refused_for_good_condemns_the_one_text_that_is_why_and_no_other(drop, refusal):
    send = drop.phones.send_messages

    def refusing(**request):
        if NUMBERS[2] in request["MessageRequest"]["Addresses"]:
            drop.phones.calls += 1
            raise refusal
        return send(**request)

    drop.phones.send_messages = refusing
    assert statuses(drop, rows(5)) == {"SENT": 4, "FAILED": 1}
    assert [line["line"] for line in drop.errors()] == ["4"]
    assert drop.phones.calls == 6


def test_what_is_left_of_a_refused_call_when_time_is_over_comes_again_and_is_sent(drop):
    faults(drop, client_error("BadRequestException", 400))
    drop.phones.seconds = 3.0
    started = drop.poll(drop.drop(HEADER + rows(5)))
    drop.send(seconds=36)  # two of three seconds, before what a call may take
    assert 0 < len(drop.phones.sent) < 5
    assert drop.finish(started)["Result"]["Statuses"] == {"SENT": 5}


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
    faults(drop, Killed())
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
