from __future__ import annotations

from handlers.shared import queues
from tests.handlers.shared.fakes import Context, FakeClient, sqs_event


def work_off(monkeypatch, handle, *bodies):
    sqs = FakeClient({"send_message": {}})
    monkeypatch.setattr(queues, "aws_client", lambda service: sqs)
    return queues.work_off(sqs_event(*bodies), Context(), handle, "https://dead"), sqs


def test_only_the_message_that_failed_comes_back(monkeypatch):
    def handle(body):
        if body == "b":
            raise RuntimeError("later")

    response, sqs = work_off(monkeypatch, handle, "a", "b", "c")
    assert response == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert not sqs.calls


def test_a_batch_of_nothing_but_failures_is_still_answered_message_by_message(monkeypatch):
    def handle(_body):
        raise RuntimeError("later")

    response, _ = work_off(monkeypatch, handle, "a", "b")
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}, {"itemIdentifier": "m1"}]}


def test_a_hopeless_message_is_dead_lettered_with_the_reason_and_not_retried(monkeypatch):
    def handle(_body):
        raise queues.RejectedMessageError("no JSON")

    response, sqs = work_off(monkeypatch, handle, "what?")
    assert response == {"batchItemFailures": []}
    assert sqs.calls["send_message"] == [
        {
            "QueueUrl": "https://dead",
            "MessageBody": "what?",
            "MessageAttributes": {"reason": {"DataType": "String", "StringValue": "no JSON"}},
        }
    ]


def test_a_hopeless_message_that_cannot_be_dead_lettered_stays_in_its_queue(monkeypatch):
    def handle(_body):
        raise queues.RejectedMessageError("no JSON")

    sqs = FakeClient({"send_message": RuntimeError("down")})
    monkeypatch.setattr(queues, "aws_client", lambda service: sqs)
    response = queues.work_off(sqs_event("what?"), Context(), handle, "https://dead")
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
