"""The `engagement` command against functions that answer in parts."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from commands import functions
from commands.command import run
from handlers.message_archiver import records_function
from tests.handlers.event_database import events
from tests.handlers.message_archiver.conftest import BUCKET, world  # noqa: F401
from tests.handlers.shared.fakes import Context


class Lambda:
    """Runs a handler, or gives answers one after the other, as Lambda would."""

    def __init__(self, handler: Any = None, answers: Any = ()) -> None:
        self.handler, self.answers = handler, list(answers)
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        event = json.loads(Payload)
        self.calls.append((FunctionName, event))
        if self.handler is None:
            answer = self.answers.pop(0)
            failed = {"FunctionError": "Unhandled"} if "errorType" in answer else {}
            return {"Payload": io.BytesIO(json.dumps(answer).encode()), **failed}
        return {"Payload": io.BytesIO(json.dumps(self.handler(event, Context())).encode())}


@pytest.fixture
def use(monkeypatch):
    def install(**given: Any) -> Lambda:
        made = Lambda(**given)
        monkeypatch.setattr(functions, "client", lambda: made)
        return made

    return install


def progress(done: bool, cursor: Any, number: int) -> dict[str, Any]:
    return {"Done": done, "Cursor": cursor, "Objects": number, "Rewritten": 1, "Deleted": 0, "Lines": 2}


def test_an_erasure_goes_on_with_the_cursor_until_it_is_done_and_adds_up(use, capsys):
    cursor = {"place": 0, "key": "k", "version": ""}
    made = use(answers=[progress(False, cursor, 1000), progress(True, None, 7)])
    assert run(["event-database", "erase", "ada-1", "ada@example.com", "--function", "f", "--yes", "--json"]) == 0
    identifiers = ["ada-1", "ada@example.com"]
    assert made.calls == [
        ("f", {"Identifiers": identifiers, "Cursor": None}),
        ("f", {"Identifiers": identifiers, "Cursor": cursor}),
    ]
    assert json.loads(capsys.readouterr().out) == {"Objects": 1007, "Rewritten": 2, "Deleted": 0, "Lines": 4}


def test_a_deletion_that_has_no_cursor_yet_is_not_taken_for_done(use):
    first = {**progress(False, None, 0), "Messages": 1000}
    made = use(answers=[first, {**progress(True, None, 0), "Messages": 3}])
    assert run(["archive", "delete", "ada-1", "--function", "f", "--yes"]) == 0
    assert len(made.calls) == 2


def test_the_archive_lists_every_message_and_deletes_them_with_what_lies_beside(use, world, capsys):  # noqa: F811
    for number in range(3):
        world.s3.put_object(Bucket=BUCKET, Key=f"archive/ep-bo/2030/01/01/00/{number}", Body=b"m")
    world.s3.put_object(Bucket=BUCKET, Key="archive/ep-ada/2030/01/01/00/0", Body=b"m")
    world.s3.put_object(Bucket=BUCKET, Key="sends/a", Body=events.line(events.campaign_send()))
    use(handler=records_function.handler)
    assert run(["archive", "list", "ep-bo", "--function", "f"]) == 0
    assert [line.split()[0][-1] for line in capsys.readouterr().out.splitlines()] == ["0", "1", "2"]
    assert run(["archive", "list", "ep-bo", "--function", "f", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[0])["Size"] == 1
    assert run(["archive", "delete", "ep-bo", "--also", "bo@example.org", "--function", "f", "--yes"]) == 0
    assert "3 versions of messages deleted, 1 lines" in capsys.readouterr().out
    assert list(world.objects()) == ["archive/ep-ada/2030/01/01/00/0"]
    assert world.objects("sends/") == {}


def test_an_error_of_the_function_is_one_line_and_exit_code_1(use, capsys):
    use(answers=[{"errorType": "ValueError", "errorMessage": "EndpointId must be a text that is not empty"}])
    assert run(["archive", "list", "x", "--function", "f"]) == 1
    assert capsys.readouterr().err == "error: f: ValueError: EndpointId must be a text that is not empty\n"


def test_nothing_is_deleted_by_somebody_who_says_no(use, monkeypatch):
    made = use()
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(["event-database", "erase", "ada-1", "--function", "f"]) == 130
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["archive", "delete", "ada-1", "--function", "f"]) == 130
    assert made.calls == []


@pytest.mark.parametrize("arguments", [["archive", "list", "x"], ["archive", "burn"], ["event-database", "erase"]])
def test_wrong_arguments_are_exit_code_2(arguments, capsys):
    assert run(arguments) == 2
    assert capsys.readouterr().err.startswith("error: ")
