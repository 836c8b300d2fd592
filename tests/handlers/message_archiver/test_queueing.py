from __future__ import annotations

import json
from collections import Counter

import pytest

from handlers.message_archiver import transformation
from handlers.message_archiver.location import LOCATION
from handlers.message_archiver.sending import QueueSender, batches
from tests.handlers.event_database import events
from tests.handlers.event_database.events import batch, delivered, record
from tests.handlers.shared.fakes import Context, client_error


class Queue:
    """Takes what it is sent; every third call is throttled if it is `busy`, every message of `faulty` refused."""

    def __init__(self, *, busy: bool = False, faulty: str = "") -> None:
        self.calls = 0
        self.taken: list[str] = []
        self.busy = busy
        self.faulty = faulty

    def send_message_batch(self, QueueUrl, Entries):
        self.calls += 1
        assert len(Entries) <= 10
        assert sum(len(entry["MessageBody"]) for entry in Entries) <= 1_048_576
        if self.busy and self.calls % 3 == 0:
            raise client_error("RequestThrottled", 400)
        failed = []
        for entry in Entries:
            if self.faulty and self.faulty in entry["MessageBody"]:
                failed.append({"Id": entry["Id"], "Code": "InvalidMessageContents", "SenderFault": True})
            else:
                self.taken.append(entry["MessageBody"])
        return {"Failed": failed}


def use(monkeypatch, queue) -> None:
    other = transformation.aws_client
    monkeypatch.setattr(transformation, "aws_client", lambda service: queue if service == "sqs" else other(service))
    monkeypatch.setattr("handlers.message_archiver.sending.time.sleep", lambda seconds: None)


def test_sends_are_located_queued_and_delivered_and_the_rest_is_left_out(world):
    answer = transformation.handler(
        batch(events.campaign_send(), events.email("open"), events.journey_send(), events.custom()), Context()
    )
    assert [entry["result"] for entry in answer["records"]] == ["Ok", "Dropped", "Ok", "Dropped"]
    lines = delivered(answer)
    queued = [json.loads(message["Body"]) for message in world.messages()]
    assert sorted(queued, key=str) == sorted(lines, key=str)
    for line, sent in zip(lines, (events.campaign_send(), events.journey_send()), strict=True):
        location = line["client_context"]["custom"].pop(LOCATION)
        assert location.startswith("archive/ep-bo/2030/01/01/00/")
        assert line == sent


def test_ten_thousand_events_are_a_thousand_calls(world, monkeypatch):
    queue = Queue()
    use(monkeypatch, queue)
    for start in range(0, 10_000, 1_000):
        sends = [events.campaign_send(f"ep-{at}") for at in range(start, start + 1_000)]
        transformation.handler(batch(*sends), Context())
    assert len(queue.taken) == 10_000
    assert queue.calls <= 1_010


def test_a_queue_that_throttles_every_third_call_loses_nothing(world, monkeypatch):
    queue = Queue(busy=True)
    use(monkeypatch, queue)
    answer = transformation.handler(batch(*(events.campaign_send(f"ep-{at}") for at in range(500))), Context())
    assert {entry["result"] for entry in answer["records"]} == {"Ok"}
    assert len(set(queue.taken)) == len(queue.taken) == 500


def test_what_the_queue_never_takes_is_kept_as_an_error(world, monkeypatch):
    use(monkeypatch, Queue(faulty='"ep-7"'))
    answer = transformation.handler(batch(*(events.campaign_send(f"ep-{at}") for at in range(12))), Context())
    assert Counter(entry["result"] for entry in answer["records"]) == {"Ok": 11, "Dropped": 1}
    (error,) = world.errors()
    assert error["reason"] == "queue: InvalidMessageContents"
    assert error["source"]["recordId"] == "r-7"


def test_a_queue_that_is_down_makes_errors_and_not_losses(world, monkeypatch):
    class Down:
        def send_message_batch(self, **_):
            raise client_error("ServiceUnavailable", 503)

    use(monkeypatch, Down())
    answer = transformation.handler(batch(*(events.campaign_send(f"ep-{at}") for at in range(3))), Context())
    assert {entry["result"] for entry in answer["records"]} == {"Dropped"}
    assert [error["reason"] for error in world.errors()] == ["queue: ServiceUnavailable"] * 3


BROKEN = [
    record(b"\xff", "b-1"),
    record(b"{", "b-2"),
    record({"no": "type"}, "b-3"),
    record(events.campaign_send("x" * 2000), "b-4"),
    record({**events.campaign_send(), "attributes": [1]}, "b-5"),
    record(events.campaign_send(record="x" * 1_048_000), "b-6"),
    {"recordId": "b-7", "approximateArrivalTimestamp": events.TIME, "data": "!"},
]


def test_a_bad_record_fails_alone_with_its_reason(world):
    answer = transformation.handler(batch(events.campaign_send(), *BROKEN, events.custom()), Context())
    assert Counter(entry["result"] for entry in answer["records"]) == {"Ok": 1, "Dropped": 8}
    errors = world.errors()
    assert [error["source"]["recordId"] for error in errors] == [found["recordId"] for found in BROKEN]
    assert all(error["reason"] and "x" * 50 not in error["reason"] for error in errors)
    assert len(world.messages()) == 1


def test_a_large_event_travels_alone(world, monkeypatch):
    queue = Queue()
    use(monkeypatch, queue)
    large = events.campaign_send("ep-large", record=json.dumps({"note": "y" * 900_000}))
    answer = transformation.handler(
        batch(*[events.campaign_send(f"ep-{at}") for at in range(5)], large, large), Context()
    )
    assert {entry["result"] for entry in answer["records"]} == {"Ok"}
    assert len(queue.taken) == 7


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (1, 1), (10, 1), (11, 2), (1000, 100)])
def test_messages_go_ten_at_a_time(count, calls):
    assert len(list(batches(["m"] * count))) == calls


def test_each_message_is_tried_again_alone(world):
    class Flaky:
        calls: list[int] = []

        def send_message_batch(self, QueueUrl, Entries):
            self.calls.append(len(Entries))
            if len(self.calls) == 1:
                return {"Failed": [{"Id": Entries[3]["Id"], "Code": "InternalError", "SenderFault": False}]}
            return {"Failed": []}

    assert QueueSender(Flaky(), "url", lambda seconds: None).send(["m"] * 10) == {}
    assert Flaky.calls == [10, 1]
