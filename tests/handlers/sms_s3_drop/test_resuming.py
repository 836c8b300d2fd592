"""Readers that die, files that wait, and many rows."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter

import pytest

from handlers.sms_s3_drop import course, reading
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.outgoing import Outgoing, QueueRefusedError
from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.world import Killed, Queue

COLUMNS = ("sms_number", "message", "external_campaign_id", "short_code", "message_type", "id_1", "id_2")
ORIGINS = ("+12065550101", "+18005550102", "12345")
MESSAGES = ('He said "hi", then left', "two\nlines", "👍 and more", "plain", "line\r\nbreak", "comma, comma")


def content(count: int, bad_every: int = 0) -> bytes:
    """Rows with quotes, commas, line breaks, emoji, duplicate numbers and three origins; some of them bad."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for n in range(count):
        number = "bad" if bad_every and n % bad_every == 0 else f"+1206{n % (count // 3):07d}"
        message = f"{MESSAGES[n % len(MESSAGES)]} {n // 2}"
        writer.writerow((number, message, "spring", ORIGINS[n % 3], "PROMOTIONAL", n // 2, "x"))
    return text.getvalue().encode()


def check(drop, outcome, count: int) -> None:
    """All rows are accounted for, none is sent twice."""
    results = drop.results()
    assert len(results) == outcome["Result"]["Rows"] == count
    assert len({line["line"] for line in results}) == count
    statuses = Counter(line["status"] for line in results)
    assert statuses == outcome["Result"]["Statuses"]
    errors = drop.errors() if "errors/a.csv" in drop.bucket.objects else []
    assert statuses["SENT"] + len(errors) == count
    sent = Counter((sent.number, sent.message, sent.origination) for sent in drop.phones.sent)
    assert max(sent.values()) == 1
    assert sum(sent.values()) == statuses["SENT"] + statuses["UNKNOWN"]


@pytest.mark.parametrize("killed_at", [1, 37, 150, 270])
@pytest.mark.parametrize("window_is_over", [False, True])
def test_a_reader_that_dies_is_followed_by_one_that_sends_no_row_twice_and_leaves_none_out(
    drop, monkeypatch, killed_at, window_is_over
):
    started = drop.drop(content(3000, bad_every=11))
    calls = itertools.count(1)
    send = Outgoing._send

    def die(self, entries):
        if next(calls) == killed_at:
            raise Killed
        send(self, entries)

    monkeypatch.setattr(Outgoing, "_send", die)
    with pytest.raises(Killed):
        drop.poll(started)
    if window_is_over:
        drop.queue.forget()
    outcome = drop.finish(started)
    check(drop, outcome, 3000)
    assert "UNKNOWN" not in outcome["Result"]["Statuses"]


def test_a_reader_goes_on_where_it_stopped_and_not_at_the_beginning(drop):
    started = drop.drop(content(5000))
    drop.milliseconds = 1
    for _ in range(4):
        started = drop.poll(started)
    before = drop.queue.entries
    drop.milliseconds = 900_000
    outcome = drop.finish(started)
    assert before == 4000
    assert drop.queue.entries == 5000
    check(drop, outcome, 5000)


def test_a_state_machine_that_is_started_again_goes_on_with_the_same_run(drop):
    drop.poll(drop.drop(content(2000)))
    drop.send()
    check(drop, drop.finish(drop.start()), 2000)


def test_the_queue_is_not_given_more_than_its_groups_can_be_seen_in(drop, monkeypatch):
    monkeypatch.setattr(course, "ROWS_AHEAD", 2000)
    monkeypatch.setattr(course, "ROWS_BETWEEN_LOOKS", 1000)
    outcome = drop.drop(content(6000))
    deepest = 0
    while outcome["Status"] == "RUNNING":
        outcome = drop.poll(outcome)
        deepest = max(deepest, sum(map(len, drop.queue.waiting.values())))
        for _ in range(40):
            drop.send()
    assert deepest <= 3000
    check(drop, outcome, 6000)


def test_texts_that_the_queue_refuses_again_and_again_stop_the_reader(drop):
    drop.queue._refused = 1
    started = drop.drop(content(30))
    with pytest.raises(QueueRefusedError, match="InternalError"):
        drop.poll(started)
    drop.queue._refused = 0
    check(drop, drop.finish(started), 30)


def test_a_call_to_the_queue_that_fails_stops_the_reader_and_the_next_goes_on(drop, monkeypatch):
    started = drop.drop(content(300))
    with monkeypatch.context() as patched:
        patched.setattr(
            drop.queue,
            "send_message_batch",
            lambda **_: (_ for _ in ()).throw(client_error("ServiceUnavailable", 503)),
        )
        with pytest.raises(Exception, match="ServiceUnavailable"):
            drop.poll(started)
    check(drop, drop.finish(started), 300)


def test_each_number_keeps_the_order_of_its_rows(drop):
    drop.poll(drop.drop(content(900)))
    for messages in drop.queue.waiting.values():
        rows = [Text.from_json(message.body).row for message in messages]
        assert rows == sorted(rows) and len(rows) == 300


def test_a_hundred_thousand_rows_are_all_accounted_for_though_every_third_call_fails(drop):
    refusals = itertools.cycle(["THROTTLED", client_error("TooManyRequestsException", 429)])
    drop.phones._faults = iter(None if n % 3 else next(refusals) for n in itertools.count(1))
    outcome = drop.run(content(100_000, bad_every=1000))
    check(drop, outcome, 100_000)
    assert outcome["Result"]["Statuses"] == {"SENT": 99_900, "INVALID": 100}
    assert 9_990 <= drop.queue.calls <= 9_990 * 1.01


def test_rows_that_nobody_sends_do_not_hold_up_those_behind_them(drop, monkeypatch):
    monkeypatch.setattr(course, "ROWS_AHEAD", 2000)
    monkeypatch.setattr(course, "ROWS_BETWEEN_LOOKS", 1000)
    header, *good = content(300).splitlines(keepends=True)
    polls = drop.drop(header + b"no number,x,,,,,\r\n" * 6000 + b"".join(good))
    for _ in range(3):
        polls = drop.poll(polls)
        while drop.send():
            pass
    assert polls["Result"]["Statuses"] == {"SENT": 300, "INVALID": 6000}


def test_texts_that_the_queue_gave_up_do_not_hold_up_those_behind_them(drop, monkeypatch):
    monkeypatch.setattr(course, "ROWS_AHEAD", 1000)
    monkeypatch.setattr(course, "ROWS_BETWEEN_LOOKS", 1000)
    drop.queue = Queue(max_receives=1)
    outcome = drop.poll(drop.drop(content(1500)))

    def die(_event):
        raise Killed

    while drop.queue.hand_out(die):
        pass
    drop.bury()
    drop.queue._max_receives = 200
    for _ in range(3):
        outcome = drop.poll(outcome)
        while drop.send():
            pass
    assert outcome["Result"]["Statuses"] == {"FAILED": 1000, "SENT": 500}


def test_the_first_waits_for_room_are_short_since_nothing_says_yet_how_fast_texts_go_out(drop, monkeypatch):
    monkeypatch.setattr(course, "ROWS_AHEAD", 1000)
    monkeypatch.setattr(course, "ROWS_BETWEEN_LOOKS", 1000)
    assert drop.poll(drop.drop(content(3000)))["Wait"] <= 10


def test_a_row_that_waits_for_others_of_its_number_is_not_waited_for(drop, monkeypatch):
    monkeypatch.setattr(course, "ROWS_AHEAD", 10**9)
    header, lonely, *_ = content(3).splitlines(keepends=True)
    monkeypatch.setattr(reading, "ROWS_WAITING", 2000)
    places = []
    keep = reading.Reading._keep
    monkeypatch.setattr(
        reading.Reading, "_keep", lambda self, *given: (places.append(len(given[3])), keep(self, *given))[1]
    )
    drop.poll(drop.drop(header + lonely + b"no number,x,,,,,\r\n" * 20_000))
    assert len(places) > 10 and max(places) <= 4000
