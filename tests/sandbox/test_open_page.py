"""`sandbox open`: whatever a stack, a mail or an execution is called or holds, the page shows it and runs none of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sandbox import servers
from sandbox.command import open_page
from sandbox.deployer.state import STACK, Record
from sandbox.errors import SandboxError
from sandbox.folder import FOLDER_VARIABLE, REPOSITORY
from sandbox.page import page, runs
from sandbox.page.mails import LARGEST, seen
from sandbox.page.page import Content, html, latest
from sandbox.page.stacks import drawn
from sandbox.world.outbox import Message

EVIL = "</iframe><script>alert('x')</script><img src=x onerror=alert(1)>\"'&\x00\ud83d"
AT = "2026-11-29 12:00:00 UTC"


def mail(body: str, *, kind: str = "html", subject: str = "Hi", charset: str = "utf-8", more: str = "") -> Message:
    raw = f"From: Shop <shop@e.org>\nTo: ada@e.org\nSubject: {subject}\nMIME-Version: 1.0\n"
    raw += f"Content-Type: text/{kind}; charset={charset}\n{more}\n{body}"
    return Message("EMAIL", "shop@e.org", "ada@e.org", "", "m", "2026-11-29T12:00:00.000Z", raw=raw)


def text(body: str, **more: Any) -> Message:
    return Message("SMS", "+16045550101", "+12065550100", body, "t", "2026-11-29T12:00:00.000Z", **more)


def content(**more: Any) -> Content:
    nothing: dict[str, Any] = {
        "at": AT, "stacks": [], "runs": [], "more_runs": 0, "messages": [], "more_messages": 0, "places": [], "empty": 0,
    }  # fmt: skip
    return Content(**{**nothing, **more})


class Read(HTMLParser):
    """Elements that were opened, the attributes of frames, and the text."""

    def __init__(self, written: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.frames: list[dict[str, str]] = []
        self.handlers: list[str] = []
        self.text = ""
        self.feed(written)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        if tag == "iframe":
            self.frames.append({name: value or "" for name, value in attrs})

    def handle_data(self, data):
        self.text += data


def test_a_page_of_nothing_says_so():
    found = Read(html(content()))
    for said in (
        "No stack is up",
        "No state machine was started yet.",
        "Nothing was sent yet.",
        "0 other places are empty.",
    ):
        assert said in found.text


def test_nothing_that_a_message_a_name_or_a_reason_holds_is_markup_or_runs():
    execution = runs.Execution(EVIL, EVIL, "FAILED", EVIL, 1.0, [runs.State(EVIL, 2, 1)], EVIL)
    place = {
        "name": EVIL, "stack": EVIL, "what": EVIL, "count": 1, "oldest": None, "reasons": {EVIL: 2}, "sources": [EVIL], "problem": EVIL,
    }  # fmt: skip
    records = [
        Record("u:stack", STACK, EVIL, "", False, 0),
        Record("u:1", f"a:b:{EVIL}", EVIL, "u:stack", True, 1, EVIL),
    ]
    stacks = drawn({EVIL: (records, {"site": "http://127.0.0.1:1/", "x": "javascript:alert(1)", "y": EVIL})}, None)
    messages = [seen(mail(EVIL)), seen(mail(EVIL, kind="plain", subject=EVIL.replace("\x00", ""))), seen(text(EVIL))]
    written = html(content(stacks=stacks, runs=[execution], messages=messages, places=[place]))
    found = Read(written)
    assert not {"script", "img", "object", "embed", "link"} & set(found.tags)
    assert found.handlers == []
    assert len(found.frames) == 1 and found.frames[0]["sandbox"] == "" and "src" not in found.frames[0]
    assert "<script>alert('x')</script>" in found.frames[0]["srcdoc"], "the mail is whole, in its frame"
    assert "default-src 'none'" in written and "javascript:" not in written
    written.encode("utf-8")


def test_a_mail_is_seen_as_its_recipient_sees_it():
    raw = (
        "From: =?utf-8?q?K=C3=A4se?= <shop@e.org>\nTo: ada@e.org\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="b"\n\n--b\nContent-Type: text/plain\n\nplain\n'
        "--b\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n<b>K=C3=A4se</b>\n--b--\n"
    )
    found = seen(Message("EMAIL", "s", "ada@e.org", "", "m", "t", raw=raw))
    assert (found.subject, found.sender, found.html.strip(), found.text) == (
        "Grüße", "Käse <shop@e.org>", "<b>Käse</b>", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (mail("Hello", kind="plain", charset="no-such-charset"), "Hello"),
        (Message("EMAIL", "s", "a", "", "m", "t", raw="no mail at all"), "no mail at all"),
        (Message("EMAIL", "s", "a", "as sent", "m", "t"), "as sent"),
        (Message("WHATSAPP", "s", "a", "hi", "m", "t", raw='{"type": "text"}'), "hi"),
        (text("two\nlines"), "two\nlines"),
    ],
)
def test_a_message_that_is_odd_is_shown_all_the_same(message, shown):
    assert seen(message).text.strip() == shown
    assert html(content(messages=[seen(message)]))


def test_a_mail_of_a_megabyte_is_whole_and_a_larger_one_says_where_the_rest_is():
    whole = seen(mail("x" * 1_000_000))
    assert len(whole.html) >= 1_000_000 and whole.note == ""
    cut = seen(mail("x" * (LARGEST + 5)))
    assert len(cut.html) == LARGEST and "sandbox outbox --json has all" in cut.note


def test_only_the_latest_messages_are_shown_and_the_others_counted(monkeypatch):
    many = [text(str(number)) for number in range(page.MOST_MESSAGES + 7)]
    shown, more = latest(many)
    assert (shown[0].text, len(shown), more) == (str(len(many) - 1), page.MOST_MESSAGES, 7)
    monkeypatch.setattr(page, "MOST_CHARACTERS", 10)
    shown, more = latest([text("x" * 9), text("y" * 9), text("z" * 99)])
    assert ([each.text[0] for each in shown], more) == (["z"], 2)


def test_the_stacks_are_drawn_with_who_uses_whom_their_pages_and_addresses():
    def record(urn: str, kind: str, parent: str, custom: bool = True, **more: Any) -> Record:
        return Record(urn, kind, urn, parent, custom, 1, **more)

    arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events"
    records = [
        record("s", STACK, "", custom=False),
        record("project", "engagement:project:EngagementProject", "s", custom=False),
        record("stream", "aws:kinesis/stream:Stream", "project", outputs={"arn": arn}),
        record("db", "engagement:patterns:EventDatabase", "s", custom=False),
        record("firehose", "engagement:blocks:DeliveryStream", "db", custom=False),
        record(
            "delivery", "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream", "firehose", inputs={"source": arn}
        ),
    ]
    [stack] = drawn({"events": (records, {"siteUrl": "http://127.0.0.1:80/site/"})}, REPOSITORY / "docs")
    project, database = stack.parts
    assert database.name == "Event Database" and database.page.endswith("/docs/event-database.md")
    assert dict(database.made_of) == {"FirehoseDeliveryStream": 1}
    assert list(database.uses) == [("Engagement Project", project.anchor)] and not project.uses
    assert stack.links == {"siteUrl": "http://127.0.0.1:80/site/"}
    written = html(content(stacks=[stack]))
    assert set(re.findall(r'href="#([^"]+)"', written)) <= set(re.findall(r'id="([^"]+)"', written))


def test_an_execution_has_its_states_in_order_and_why_it_failed():
    began = datetime(2026, 11, 29, tzinfo=UTC)

    def entered(name: str) -> dict[str, Any]:
        return {"stateEnteredEventDetails": {"name": name}}

    events = [
        entered("Plan"), {"stateExitedEventDetails": {"name": "Plan"}}, entered("Send"), entered("Send"),
        {"stateExitedEventDetails": {"name": "Send"}}, {"executionFailedEventDetails": {"error": "E", "cause": "why"}},
    ]  # fmt: skip
    run = {
        "executionArn": "a", "name": "n", "status": "FAILED", "startDate": began, "stopDate": began + timedelta(seconds=2),
    }  # fmt: skip
    pages = {
        "list_state_machines": [{"stateMachines": [{"name": "m", "stateMachineArn": "m"}]}],
        "list_executions": [{"executions": [run] * (runs.MOST_RUNS + 3)}],
        "get_execution_history": [{"events": events}],
    }
    client = SimpleNamespace(get_paginator=lambda name: SimpleNamespace(paginate=lambda **_: pages[name]))
    found, more = runs.executions(client)
    assert (len(found), more) == (runs.MOST_RUNS, 3)
    assert [(state.name, state.times, state.done) for state in found[0].states] == [
        ("Plan", 1, True),
        ("Send", 2, False),
    ]
    assert (found[0].reason, found[0].seconds) == ("E: why", 2.0)


def test_the_end_of_a_history_of_thousands_of_events_is_shown():
    client = boto3.client("stepfunctions", "us-east-1", aws_access_key_id="x", aws_secret_access_key="y")
    began = datetime(2026, 11, 29, tzinfo=UTC)
    arn = "arn:aws:states:us-east-1:000000000000:execution:m:n"
    run = {"executionArn": arn, "stateMachineArn": "m", "name": "n", "status": "FAILED", "startDate": began}
    machine = {"stateMachineArn": "m", "name": "m", "type": "STANDARD", "creationDate": began}

    def told(number: int, kind: str, details: dict[str, Any]) -> dict[str, Any]:
        return {"timestamp": began, "type": kind, "id": number, **details}

    wait = [
        told(1, "WaitStateEntered", {"stateEnteredEventDetails": {"name": "Wait"}}),
        told(2, "WaitStateExited", {"stateExitedEventDetails": {"name": "Wait"}}),
    ]
    end = [
        told(3, "TaskStateEntered", {"stateEnteredEventDetails": {"name": "Count"}}),
        told(4, "ExecutionFailed", {"executionFailedEventDetails": {"error": "E", "cause": "why"}}),
    ]
    with Stubber(client) as stub:
        stub.add_response("list_state_machines", {"stateMachines": [machine]})
        stub.add_response("list_executions", {"executions": [run]})
        stub.add_response("get_execution_history", {"events": wait * 500, "nextToken": "two"})
        stub.add_response("get_execution_history", {"events": wait * 500, "nextToken": "three"})
        stub.add_response("get_execution_history", {"events": end})
        [found], _ = runs.executions(client)
    assert [(state.name, state.times, state.done) for state in found.states] == [
        ("Wait", 1000, True),
        ("Count", 1, False),
    ]
    assert found.reason == "E: why"


def test_a_sandbox_that_does_not_run_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(SandboxError, match="the sandbox is not running"):
        open_page(browser=False)
    assert list(tmp_path.iterdir()) == []


def test_the_page_is_written_and_only_shown_where_that_is_asked_for(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    opened: list[str] = []
    monkeypatch.setattr(servers, "running", lambda _: None)
    monkeypatch.setattr(page, "_read", lambda *_: content())
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    open_page(browser=False)
    assert opened == [] and "Nothing was sent yet." in (tmp_path / "page.html").read_text()
    open_page(browser=True)
    assert opened == [(tmp_path / "page.html").as_uri()]
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "page.html")] * 2
