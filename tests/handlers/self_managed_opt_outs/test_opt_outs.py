"""What texts do to endpoints, records, the opt-out list and other systems; who is answered, and how often."""

from __future__ import annotations

import json

import boto3
import pytest

from handlers.self_managed_opt_outs.numbers import Numbers
from tests.handlers.self_managed_opt_outs.world import OURS, PERSON, envelope

REMOVED = "You have successfully been removed. Reply START to come back."
BACK = "You will receive our messages again. Reply STOP to leave."
EARLY, LATE, LATEST = (f"2030-01-02T03:04:0{second}.000Z" for second in (1, 2, 3))


def endpoint(world, identifier, address=PERSON, opt_out="NONE"):
    world.endpoints[identifier] = {"Id": identifier, "Address": address, "ChannelType": "SMS", "OptOut": opt_out}


def test_stop_opts_all_endpoints_out_is_answered_listed_and_announced(world):
    endpoint(world, "one")
    endpoint(world, "two")
    endpoint(world, "other", "+14155550199")
    assert world.handle(world.text("STOP", EARLY)) == []
    assert {name: one["OptOut"] for name, one in world.endpoints.items()} == {
        "one": "ALL",
        "two": "ALL",
        "other": "NONE",
    }
    assert world.replies() == [REMOVED]
    assert world.listed() == {PERSON}
    known = {
        "Address": PERSON,
        "Status": "OUT",
        "Since": EARLY,
        "Keyword": "STOP",
        "Language": "en",
        "InboundMessageId": "in-1",
        "DestinationNumber": OURS,
    }
    assert world.record() == known
    [(status, message)] = world.changes()
    assert status == "OUT" and len(message.pop("Id")) == 32 and message == known


def test_the_answer_to_stop_goes_out_after_the_endpoints_are_out(world):
    endpoint(world, "one")
    text = world.text("STOP", EARLY)
    world.fail_every = 1
    assert world.handle(text) == ["m0"]
    assert (world.endpoints["one"]["OptOut"], world.replies()) == ("NONE", [])
    world.fail_every = 0
    assert world.handle(text) == []
    assert (world.endpoints["one"]["OptOut"], world.replies()) == ("ALL", [REMOVED])


def test_start_brings_back_and_is_answered_listed_and_announced(world):
    endpoint(world, "one")
    world.handle(world.text("stop", EARLY))
    world.handle(world.text("Unstop", LATE))
    assert world.endpoints["one"]["OptOut"] == "NONE"
    assert world.replies() == [REMOVED, BACK]
    assert world.listed() == set()
    assert [status for status, _ in world.changes()] == ["OUT", "IN"]
    record = world.record()
    assert (record["Status"], record["Since"], record["Keyword"]) == ("IN", LATE, "UNSTOP")


def test_a_second_stop_is_not_answered_and_keeps_since_when(world):
    world.handle(world.text("STOP", EARLY))
    world.handle(world.text("Arrêt", LATE))
    assert world.replies() == [REMOVED]
    assert len(world.changes()) == 1
    assert world.record()["Since"] == EARLY


def test_an_inbound_message_that_comes_twice_acts_once(world):
    text, question = world.text("STOP", EARLY), world.text("HELP", LATE)
    assert world.handle(text, text, question) == []
    assert world.handle(text, question, question) == []
    assert len(world.replies()) == 2
    assert len(world.changes()) == 1


def test_a_stop_that_comes_again_after_a_start_does_not_win(world):
    stop = world.text("STOP", EARLY)
    world.handle(stop)
    world.handle(world.text("START", LATE))
    world.handle(stop)
    assert world.record()["Status"] == "IN" and world.opted_out == set()


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "two batches"])
def test_an_older_stop_that_comes_after_a_newer_start_does_not_win(world, together):
    endpoint(world, "one")
    start, stop = world.text("START", LATE), world.text("STOP", EARLY)
    if together:
        world.handle(start, stop)
        assert world.replies() == [REMOVED, BACK]
    else:
        world.handle(start)
        world.handle(stop)
        assert world.replies() == []
    assert world.record()["Status"] == "IN"
    assert world.endpoints["one"]["OptOut"] == "NONE" and world.listed() == set()


def test_a_start_older_than_the_second_stop_does_not_win(world):
    world.handle(world.text("STOP", EARLY))
    world.handle(world.text("STOP", LATEST))
    world.handle(world.text("START", LATE))
    assert (world.record()["Status"], world.opted_out) == ("OUT", {PERSON})


def test_stop_and_start_of_one_moment_end_in_stop(world):
    world.handle(world.text("START", EARLY), world.text("STOP", EARLY))
    assert world.record()["Status"] == "OUT"


def test_a_number_without_endpoints_is_remembered(world):
    world.handle(world.text("STOP"))
    assert world.opted_out == {PERSON} and world.record()["Status"] == "OUT"


def test_a_first_yes_of_who_is_not_out_is_no_change(world):
    endpoint(world, "one")
    world.handle(world.text("Yes!"))
    assert (world.replies(), world.changes()) == ([], [])
    assert world.record()["Status"] == "IN"


def test_a_first_start_of_who_was_opted_out_otherwise_is_one(world):
    endpoint(world, "one", opt_out="ALL")
    world.handle(world.text("START"))
    assert world.endpoints["one"]["OptOut"] == "NONE"
    assert world.replies() == [BACK] and [status for status, _ in world.changes()] == ["IN"]


def test_help_is_answered_and_changes_nothing(world):
    world.handle(world.text("Aide"))
    assert world.replies()[0].startswith("Répondez ARRÊT")
    assert world.record() is None and world.changes() == []


def test_other_texts_are_left_alone(world):
    assert world.handle(world.text("weekend"), world.text("Please send it"), world.text("")) == []
    assert (world.replies(), world.changes(), world.dead(), world.record()) == ([], [], [], None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("no JSON", "no JSON object"),
        (envelope("[1]"), "no JSON object"),
        (envelope('{"messageBody": "STOP"}'), "originationNumber is missing"),
        (envelope('{"messageBody": "STOP", "originationNumber": "SHOP"}'), "originationNumber is no phone number"),
        (envelope('{"messageBody": "STOP", "originationNumber": 5}'), "originationNumber is no phone number"),
        (envelope('{"originationNumber": "+14155550161"}'), "messageBody is missing"),
    ],
)
def test_what_cannot_be_read_is_dead_lettered_with_the_reason(world, body, words):
    assert world.handle(body, world.text("STOP")) == []
    [reason] = world.dead()
    assert words in reason and "4155550161" not in reason
    assert world.record()["Status"] == "OUT"


def test_a_number_without_its_plus_and_a_text_without_ids_are_understood(world):
    text = envelope(json.dumps({"originationNumber": PERSON[1:], "messageBody": "stop"}))
    world.handle(text)
    world.handle(text)
    assert world.record()["Status"] == "OUT"
    assert world.replies() == []
    assert len(world.changes()) == 1


def test_a_batch_takes_one_call_for_endpoints_and_one_for_announcements(world, monkeypatch):
    from handlers.shared.clients import aws_client

    published = []
    sns = aws_client("sns")
    publish = sns.publish_batch
    monkeypatch.setattr(sns, "publish_batch", lambda **given: published.append(given) or publish(**given))
    assert world.handle(*(world.text("STOP", sender=f"+141555501{n:02d}") for n in range(10))) == []
    assert world.calls == {"address-opt-outs": 1}
    assert [len(one["PublishBatchRequestEntries"]) for one in published] == [10]
    assert len(world.changes()) == 10


def test_throttling_and_faults_on_every_third_call_change_nothing(world):
    world.fail_every = 3
    for operation in ("SendTextMessage", "PutOptedOutNumber", "DeleteOptedOutNumber"):
        world.backend.failing_every[operation] = 3
    people = [f"+141555501{n:02d}" for n in range(8)]
    for body, at in (("STOP", EARLY), ("STOP", LATE), ("START", LATEST)):
        texts = [world.text(body, at, sender=person) for person in people]
        for _ in range(5):
            left = world.handle(*texts)
            texts = [texts[int(name[1:])] for name in left]
            if not texts:
                break
        assert texts == []
    for person in people:
        assert world.replies(person) == [REMOVED, BACK]
        assert world.record(person)["Status"] == "IN"
    assert world.opted_out == set() and world.listed() == set() and world.dead() == []
    assert sorted(status for status, _ in world.changes()) == ["IN"] * 8 + ["OUT"] * 8


def test_a_message_that_failed_goes_on_where_it_stopped(world):
    world.backend.failing_every["PutOptedOutNumber"] = 1
    text = world.text("STOP")
    assert world.handle(text) == ["m0"]
    assert (world.replies(), world.listed(), world.changes()) == ([REMOVED], set(), [])
    world.backend.failing_every.clear()
    assert world.handle(text) == []
    assert (world.replies(), world.listed(), len(world.changes())) == ([REMOVED], {PERSON}, 1)


def test_a_list_that_refuses_is_dead_lettered_after_all_else_was_done(world):
    world.handle(world.text("STOP", EARLY))
    del world.backend.lists["out"]
    text = world.text("START", LATE)
    assert world.handle(text) == []
    assert world.opted_out == set() and world.replies() == [REMOVED, BACK]
    assert [status for status, _ in world.changes()] == ["OUT", "IN"]
    assert world.dead() == ["opt-out list out: ResourceNotFoundException opt-out-list"]
    boto3.client("pinpoint-sms-voice-v2").create_opt_out_list(OptOutListName="out")
    world.backend.lists["out"].add(PERSON)
    assert world.handle(text) == []
    assert world.listed() == set() and world.replies() == [REMOVED, BACK] and world.changes() == []


def test_an_answer_that_is_refused_is_dead_lettered_and_the_change_stands(world):
    assert world.handle(world.text("STOP", destinationNumber="phone-00000000000000000000000000000009")) == []
    assert world.opted_out == {PERSON} and world.listed() == {PERSON} and len(world.changes()) == 1
    [reason] = world.dead()
    assert reason.startswith("answer refused: ") and PERSON not in reason


def test_a_list_attached_to_our_number_does_not_block_the_answers(world):
    number = world.backend.phone_numbers["phone-00000000000000000000000000000001"]
    number["OptOutListName"] = "out"
    world.handle(world.text("STOP", EARLY))
    world.handle(world.text("START", LATE))
    assert world.replies() == [REMOVED, BACK]


def test_what_another_function_changed_meanwhile_is_carried_out(world, monkeypatch):
    endpoint(world, "one")
    raced, read = [], Numbers.read

    def racing(self, addresses):
        if world.replies() and not raced:
            raced.append(True)
            world.handle(world.text("START", LATE))
        return read(self, addresses)

    monkeypatch.setattr(Numbers, "read", racing)
    assert world.handle(world.text("STOP", EARLY)) == []
    assert raced and world.record()["Status"] == "IN"
    assert world.endpoints["one"]["OptOut"] == "NONE" and world.listed() == set()


def test_a_message_that_another_function_has_comes_back_later(world):
    from handlers.self_managed_opt_outs.memory import Memory

    text = world.text("STOP")
    begun = Memory("memory", 14).begin("in-1")
    assert begun
    assert world.handle(text) == ["m0"]
    assert world.record() is None
    Memory("memory", 14).leave(begun)
    assert world.handle(text) == []
    assert world.record()["Status"] == "OUT"
