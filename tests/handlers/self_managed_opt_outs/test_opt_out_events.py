"""Each text that opts its sender out is an event of the project, by the configured words and no others."""

import json

import pytest
from botocore.exceptions import ClientError

from components.building_blocks.opt_out_keywords import DEFAULT_LANGUAGES, keywords_json
from handlers.self_managed_opt_outs import function
from handlers.self_managed_opt_outs.keywords import Keywords
from handlers.shared import event_stream
from tests.handlers.self_managed_opt_outs.world import ACCOUNT, OURS, PERSON

AT, MILLISECONDS = "2030-01-02T03:04:05.678Z", 1893553445678
WORDS = sorted({word for language in DEFAULT_LANGUAGES.values() for word in (*language.stop, *language.start)})
WRITTEN = [
    *WORDS,
    *(f" {word.lower()}! " for word in WORDS),
    "my friend",
    "stop it",
    "don't stop",
    "HELP",
    "weekend",
    "🛑",
]


def test_a_stop_is_an_event_with_what_pinpoints_has(world):
    world.handle(world.text("Revoke.", AT, previousPublishedMessageId="sent-7"))
    (event,) = world.events()
    assert len(event.pop("event_id")) == 32 and len(event.pop("client")["client_id"]) == 36
    assert event == {
        "event_type": "_SMS.OPTOUT",
        "event_timestamp": MILLISECONDS,
        "arrival_timestamp": MILLISECONDS,
        "event_version": "3.1",
        "application": {"app_id": "a" * 32, "sdk": {}},
        "device": {"platform": {}},
        "session": {},
        "attributes": {
            "sender_request_id": "sent-7",
            "message_id": "sent-7",
            "record_status": "OPTED_OUT",
            "number_of_message_parts": "1",
            "destination_phone_number": PERSON,
            "origination_phone_number": OURS,
        },
        "awsAccountId": ACCOUNT,
    }


def test_the_service_is_told_which_texts_were_answered_by_a_stop_in_one_call(world):
    texts = [
        world.text("STOP", AT, sender=f"+1415555000{at}", previousPublishedMessageId=f"sent-{at}") for at in range(3)
    ]
    unknown = world.text("STOP", AT, sender="+14155550009")
    help_ = world.text("HELP", AT, sender="+14155550008", previousPublishedMessageId="sent-8")
    assert world.handle(*texts, unknown, help_) == []
    assert world.answered == {f"sent-{at}": AT for at in range(3)}
    assert world.calls["message-opt-outs"] == 1


def test_texts_that_opt_out_have_an_event_and_no_others_whatever_the_words(world, monkeypatch):
    languages = {"x": {**DEFAULT_LANGUAGES["en"].as_json(), "stop": ["Basta", "停止"]}}
    for document in (keywords_json(DEFAULT_LANGUAGES), json.dumps(languages)):
        monkeypatch.setenv("KEYWORDS", document)
        function.forget()
        bodies = [*WRITTEN, "basta", "停止。"]
        texts = {body: world.text(body, sender=f"+1415555{at:04d}") for at, body in enumerate(bodies)}
        before, keywords = len(world.events()), Keywords(document)
        assert world.handle(*texts.values()) == []
        told = [event["attributes"]["destination_phone_number"] for event in world.events()[before:]]
        stops = [
            f"+1415555{at:04d}"
            for at, body in enumerate(bodies)
            if (found := keywords.find(body)) and found.action == "STOP"
        ]
        assert stops and sorted(told) == stops


def test_a_second_stop_is_another_event_and_one_that_comes_twice_is_not(world):
    first, second = world.text("STOP"), world.text("QUIT", "2030-01-02T03:05:05.000Z")
    world.handle(first, first)
    world.handle(first, second)
    assert len({event["event_id"] for event in world.events()}) == len(world.events()) == 2


def test_a_text_whose_event_the_stream_does_not_take_is_tried_again_and_told_once_more(world, monkeypatch):
    text, real = world.text("STOP"), event_stream.aws_client

    def refusing(service, **options):
        if service == "kinesis":
            raise ClientError({"Error": {"Code": "LimitExceededException"}}, "PutRecords")
        return real(service, **options)

    monkeypatch.setattr(event_stream, "aws_client", refusing)
    assert world.handle(text) == ["m0"]
    monkeypatch.setattr(event_stream, "aws_client", real)
    assert world.handle(text) == []
    assert len(world.events()) == len(world.changes()) == len(world.replies()) == 1


def test_without_a_stream_name_nothing_is_written(world, monkeypatch):
    monkeypatch.setenv("EVENT_STREAM_NAME", "")
    function.forget()
    assert world.handle(world.text("STOP")) == []
    assert world.events() == [] and world.record()["Status"] == "OUT"


@pytest.mark.parametrize("body", ["START", "HELP", "hello"])
def test_no_other_text_is_an_event(world, body):
    world.handle(world.text(body))
    assert world.events() == []
