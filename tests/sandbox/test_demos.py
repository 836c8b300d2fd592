"""What `sandbox demo` does around its demos. Needs no sandbox."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from sandbox import demos
from sandbox.demos import email, events, everything, findings, journeys
from sandbox.errors import SandboxError
from sandbox.folder import Folder
from sandbox.world.outbox import Message


@pytest.fixture
def shown(monkeypatch, tmp_path):
    """Runs `everything` on demos of which some fail; returns what was run, and what it raised."""

    def run(**outcomes):
        ran = []

        def demo(name, message):
            def run(folder, errors):
                """Does nothing."""
                ran.append(name)
                if message:
                    raise SandboxError(message)

            return SimpleNamespace(run=run)

        modules = {f"{demos.__name__}.{name}": demo(name, message) for name, message in outcomes.items()}
        monkeypatch.setattr(demos, "names", lambda: ["everything", *outcomes])
        monkeypatch.setattr(everything.importlib, "import_module", modules.__getitem__)
        try:
            everything.run(Folder(tmp_path), Console(file=io.StringIO()))
        except SandboxError as error:
            return ran, str(error)
        return ran, ""

    return run


def test_everything_runs_all_others_and_names_those_that_failed(shown):
    ran, said = shown(first="", second="a text is missing", third="")
    assert ran == ["first", "second", "third"]
    assert said == "1 of 3 demos did not end as they must: second: a text is missing"


def test_everything_says_nothing_is_wrong_where_nothing_is(shown):
    assert shown(first="", second="") == (["first", "second"], "")


def test_a_demo_that_is_none_is_told_with_those_that_are(tmp_path):
    with pytest.raises(SandboxError, match="demo 'nothing' does not exist") as told:
        demos.run("nothing", Folder(tmp_path), Console(file=io.StringIO()))
    assert set(told.value.hint.removeprefix("demos: ").split(", ")) >= {"everything", "events", "pipeline", "sms"}


def test_the_demo_of_events_fails_and_says_what_is_not_as_it_must(monkeypatch):
    monkeypatch.setattr(events, "DEADLINE_SECONDS", 0)
    for name in ("suppression", "database", "segment"):
        monkeypatch.setattr(events, f"{name}_problems", lambda _: [])
    monkeypatch.setattr(events, "archive_problems", lambda _: ["a message of 7, who was sent none"])
    scene: Any = SimpleNamespace(people=[])
    with pytest.raises(SandboxError, match="archive: a message of 7, who was sent none"):
        events._check_all(scene, Console(file=io.StringIO()), Console(file=io.StringIO()))


def mail(name, reason="", **sent):
    message = None
    if sent:
        headers = {"Subject": email.ANSWERED[name], "From": email.OURS, "Auto-Submitted": "auto-replied", **sent}
        raw = "".join(f"{key}: {value}\n" for key, value in headers.items())
        parts = "--b\nContent-Type: text/plain\n\nid-1\n--b\nContent-Type: text/html\n\nid-1\n--b--\n"
        raw += f"In-Reply-To: <{name}@e>\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n\n{parts}"
        message = Message("EMAIL", email.OURS, "a@e", "", "r", "t", raw=raw)
    return email.Brought(name, "id-1", reason, message)


@pytest.mark.parametrize(
    ("brought", "problem"),
    [
        (mail("no-subject", To="a@e"), None),
        (mail("no-subject", Subject="Hello"), "Subject 'Hello'"),
        (mail("no-subject", From="eve@e"), "From 'eve@e'"),
        (mail("no-subject"), "got no reply"),
        (mail("spam", "spam"), None),
        (mail("spam", "throttled"), "'throttled', not 'spam'"),
    ],
)
def test_the_demo_of_email_sees_what_is_wrong_with_a_reply(brought, problem):
    found = email._problems(brought)
    assert (problem in found[0] and len(found) == 1) if problem else found == []


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("Ann", lambda texts: texts, None),
        ("Ann", lambda texts: [*texts, texts[-1]], "Ann, who has gold, got"),
        ("Ben", lambda texts: texts[:1], "Ben, who has no gold, got ['Welcome, Ben!'], not ['Welcome, Ben!', 'Gold is"),
        ("Eli", lambda texts: ["Welcome, Eli!"], "Eli, who had opted out before, got ['Welcome, Eli!'], not []"),
    ],
)
def test_the_demo_of_journeys_sees_who_took_a_way_that_is_not_theirs(name, change, problem):
    sent = []
    for one in journeys.TRAVELLERS:
        texts = [text.format(one.name) for text in one.gets]
        texts = change(texts) if one.name == name else texts
        sent += [Message("SMS", "+1", one.address, text, "i", "t") for text in texts]
    found = journeys._problems(Console(file=io.StringIO()), sent)
    assert (problem in found[0] and len(found) == 1) if problem else found == []


def test_a_query_of_many_rows_is_read_page_by_page():
    def page(*values):
        return {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": value}]} for value in values]}}

    pages = [page("n", "1", "2"), page("3")]
    athena = SimpleNamespace(
        start_query_execution=lambda **_: {"QueryExecutionId": "q"},
        get_query_execution=lambda **_: {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}},
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: pages),
    )
    aws: Any = lambda _: athena  # noqa: E731 in the place of the sandbox's clients
    assert findings.rows(aws, "w", "d", "SELECT n FROM t") == [{"n": "1"}, {"n": "2"}, {"n": "3"}]
