from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.file_trigger import object_event, starter
from handlers.shared import queues, state_machines
from handlers.shared.queues import RejectedMessageError
from tests.handlers.shared.fakes import Context, FakeClient, client_error, s3_event, sqs_event


@pytest.fixture
def stepfunctions(monkeypatch):
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:machine")
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", "https://dead")
    starter._environment.cache_clear()
    client = FakeClient({"start_execution": {}, "send_message": {}})
    monkeypatch.setattr(state_machines, "aws_client", lambda service: client)
    monkeypatch.setattr(queues, "aws_client", lambda service: client)
    yield client
    starter._environment.cache_clear()


@given(st.text(min_size=1).filter(lambda key: not key.endswith("/")))
def test_any_key_is_taken_as_it_is(key):
    assert object_event.parse(s3_event(key)).url == f"s3://files/{key}"


@pytest.mark.parametrize(
    "key", ["import/a b.csv", "import/a+b.csv", "import/ü.csv", 'import/"q".csv', "import/1/2/3.csv"]
)
def test_a_file_starts_one_run_with_exactly_its_url(stepfunctions, key):
    assert starter.handler(sqs_event(s3_event(key)), Context()) == {"batchItemFailures": []}
    (call,) = stepfunctions.calls["start_execution"]
    assert call["stateMachineArn"] == "arn:machine"
    assert json.loads(call["input"]) == {"S3URL": f"s3://files/{key}"}


def test_the_same_event_twice_has_one_name_and_the_same_key_written_again_another(stepfunctions):
    bodies = [s3_event("import/a.csv", sequencer=mark) for mark in ("01", "01", "02")]
    starter.handler(sqs_event(*bodies), Context())
    first, again, rewritten = [call["name"] for call in stepfunctions.calls["start_execution"]]
    assert first == again != rewritten
    assert first.startswith("a-csv-")


def test_two_files_of_one_name_in_two_folders_both_run():
    names = {object_event.parse(s3_event(key)).execution_name for key in ("import/1/a.csv", "import/2/a.csv")}
    assert len(names) == 2


def test_a_run_that_exists_already_is_no_failure(stepfunctions):
    stepfunctions.answers["start_execution"] = client_error("ExecutionAlreadyExists", 400)
    assert starter.handler(sqs_event(s3_event("import/a.csv")), Context()) == {"batchItemFailures": []}


def test_a_folder_of_the_console_is_ignored(stepfunctions):
    starter.handler(sqs_event(s3_event("import/folder/")), Context())
    assert not stepfunctions.calls


def test_an_event_without_a_sequencer_is_told_apart_by_its_etag():
    assert object_event.parse(s3_event("import/a.csv", sequencer=None)).mark == "e"


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"detail": {"bucket": {"name": 1}, "object": {"key": "k", "etag": "e"}}}']
)
def test_what_is_no_object_event_is_rejected(body):
    with pytest.raises(RejectedMessageError):
        object_event.parse(body)


def test_a_message_that_is_rejected_does_not_hold_up_the_others(stepfunctions):
    response = starter.handler(sqs_event("what?", s3_event("import/a.csv")), Context())
    assert response == {"batchItemFailures": []}
    assert [call["MessageBody"] for call in stepfunctions.calls["send_message"]] == ["what?"]
    assert len(stepfunctions.calls["start_execution"]) == 1


def test_a_throttled_start_is_retried_by_the_queue(stepfunctions):
    stepfunctions.answers["start_execution"] = client_error("ThrottlingException", 400)
    response = starter.handler(sqs_event(s3_event("import/a.csv")), Context())
    assert response == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
