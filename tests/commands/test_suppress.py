"""`engagement suppress` over the lists of an account."""

from __future__ import annotations

import json

import pytest

from commands.command import run
from tests.handlers.shared.suppression_lists.conftest import account  # noqa: F401

APP = "a" * 32


@pytest.fixture
def suppress(account, monkeypatch, capsys):  # noqa: F811
    monkeypatch.setenv("APPLICATION_ID", APP)

    def call(*arguments):
        code = run(["suppress", *arguments])
        return code, capsys.readouterr().out

    call.account = account
    return call


def test_files_and_addresses_are_added_and_bad_lines_are_told(suppress, tmp_path):
    path = tmp_path / "no.csv"
    path.write_text("Name,Address\nAda,Ada@example.com\nBo,nobody\n")
    code, out = suppress("add", str(path), "+1 206 555 0100", "nothing", "--by", "ana", "--json")
    answer = json.loads(out)
    assert code == 1 and answer["Done"] == 2
    assert [(one["Source"], one["Line"]) for one in answer["NotDone"]] == [(str(path), 3), ("nothing", 0)]
    assert suppress.account.ses == {"ada@example.com": "COMPLAINT"}
    assert set(suppress.account.by_address.values()) == {"ana"}
    code, out = suppress("add", "bo@example.com")
    assert (code, out) == (0, "1 suppressed, 0 not\n")


def test_a_check_says_on_which_lists_who_asked_when_and_which_endpoints_have_it(suppress):
    suppress.account.endpoints = [
        {"Id": "e1", "Address": "ada@example.com", "ChannelType": "EMAIL", "EndpointStatus": "ACTIVE", "OptOut": "ALL"}
    ]
    assert json.loads(suppress("check", "ada@example.com", "--json")[1])["Suppressed"] is False
    suppress("add", "ada@example.com", "--by", "ana")
    code, out = suppress("check", " Ada@Example.com ", "--json")
    answer = json.loads(out)
    assert code == 0 and answer["Suppressed"] is True
    assert answer["Endpoints"] == [{"Id": "e1", "ChannelType": "EMAIL", "EndpointStatus": "ACTIVE", "OptOut": "ALL"}]
    assert {(item["List"], item.get("By", "")) for item in answer["Lists"]} == {
        ("ses-suppression-list COMPLAINT", ""), ("address-opt-outs EMAIL", "ana"), ("address-opt-outs CUSTOM", "ana"),
    }  # fmt: skip
    table = suppress("check", "ada@example.com")[1]
    assert "ada@example.com is suppressed" in table and "ana" in table and "e1" in table


def test_a_list_shows_everything_and_removing_takes_it_off(suppress):
    suppress("add", "ada@example.com", "+12065550100", "--opt-out-list", "out")
    rows = [json.loads(line) for line in suppress("list", "--opt-out-list", "out", "--json")[1].splitlines()]
    assert len(rows) == 7 and {row["Address"] for row in rows} == {"ada@example.com", "+12065550100"}
    assert "+12065550100" in suppress("list", "--opt-out-list", "out")[1]
    assert suppress("remove", "ada@example.com", "+12065550100", "--opt-out-list", "out", "--yes")[0] == 0
    assert suppress("list", "--opt-out-list", "out", "--json")[1] == ""


def test_the_address_that_sdks_read_is_enough_and_a_project_left_out_is_told(suppress, monkeypatch, capsys):
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "https://engagement.example.com")
    suppress("add", "ada@example.com", "--by", "ana")
    assert set(suppress.account.by_address.values()) == {"ana"}
    monkeypatch.delenv("AWS_ENDPOINT_URL_PINPOINT")
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL")
    assert run(["suppress", "add", "bo@example.com"]) == 0
    assert "AWS's lists alone, no project's opt-outs: --endpoint-url not given" in capsys.readouterr().err
    assert len(suppress.account.by_address) == 2  # ada's, by email and custom channel


def test_what_is_no_address_is_an_error(suppress):
    assert suppress("check", "nobody")[0] == 1
    assert suppress("add", "a@example.com", "--by", "a\nb")[0] == 1
