"""Addresses go onto every list that holds a message back, and are found there."""

from __future__ import annotations

from math import ceil

import pytest

from handlers.shared.suppression_lists.entries import Entry
from handlers.shared.suppression_lists.lists import SuppressionLists
from tests.handlers.shared.fakes import client_error

APP = "a" * 32
ADA, NUMBER = Entry("EMAIL", "ada@example.com", 1), Entry("SMS", "+12065550100", 2)


def test_addresses_go_onto_every_list_and_off_again(account):
    lists = SuppressionLists(APP, ["Default", "out"])
    assert lists.add([ADA, NUMBER, ADA], "ana").done(3) == [0, 1, 2]
    assert account.ses == {"ada@example.com": "COMPLAINT"}
    assert set(account.numbers) == {("Default", "+12065550100"), ("out", "+12065550100")}
    numbers = {(channel, "+12065550100") for channel in ("SMS", "VOICE", "CUSTOM")}
    assert set(account.by_address) == {("EMAIL", "ada@example.com"), ("CUSTOM", "ada@example.com"), *numbers}
    assert lists.remove([ADA, NUMBER, Entry("EMAIL", "other@example.com")]).done(3) == [0, 1, 2]
    assert not account.ses and not account.numbers and not account.by_address


def test_one_answer_says_where_an_address_is_who_asked_and_when(account):
    lists = SuppressionLists(APP)
    assert lists.find(ADA) == lists.find(NUMBER) == []
    lists.add([ADA, NUMBER], "ana")
    lists.add([ADA, NUMBER], "somebody later")
    assert [found.public() for found in lists.find(ADA)] == [
        {"List": "ses-suppression-list COMPLAINT", "Since": "2030-01-02T00:00:00+00:00"},
        {"List": "address-opt-outs EMAIL", "Since": "2030-01-01T00:00:00.000Z", "By": "ana"},
        {"List": "address-opt-outs CUSTOM", "Since": "2030-01-01T00:00:00.000Z", "By": "ana"},
    ]
    assert [found.place for found in lists.find(NUMBER)] == [
        "opt-out-list Default", "address-opt-outs SMS", "address-opt-outs VOICE", "address-opt-outs CUSTOM",
    ]  # fmt: skip
    assert {(found.channel, found.address) for found in lists.all()} == {
        ("EMAIL", "ada@example.com"), ("SMS", "+12065550100"),
    }  # fmt: skip
    assert len(list(lists.all())) == 7


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (client_error("BadRequestException", 400), "refused"),
        (client_error("AccessDeniedException", 403), "failed"),
        (client_error("TooManyRequestsException", 429), "failed"),
        (client_error("InternalError", 500), "failed"),
    ],
)
def test_an_address_that_a_list_does_not_take_stops_no_other(account, error, kind):
    account.refuse = {"bad@example.com": error}
    changes = SuppressionLists(APP).add([Entry("EMAIL", "bad@example.com"), ADA, NUMBER], "ana")
    assert list(getattr(changes, kind)) == [0]
    assert changes.done(3) == [1, 2]
    assert "bad@example.com" not in str(changes)


def test_a_service_that_is_down_is_told_of_every_address(account):
    account.down = {"address-opt-outs"}
    changes = SuppressionLists(APP).add([ADA, NUMBER], "ana")
    assert list(changes.failed) == [0, 1]
    assert account.ses and account.numbers, "what could be done was"


def test_without_a_hosted_project_the_accounts_lists_are_all(account, monkeypatch):
    monkeypatch.delenv("ENGAGEMENT_ENDPOINT_URL")
    assert SuppressionLists(APP).add([ADA, NUMBER], "ana").done(2) == [0, 1]
    assert SuppressionLists("").find(NUMBER)[0].place == "opt-out-list Default"
    assert not account.by_address


def test_a_hundred_thousand_addresses_take_the_calls_that_the_batches_allow(account):
    entries = [
        Entry("EMAIL", f"p{at}@example.com") if at % 3 else Entry("SMS", f"+1206{at:07d}") for at in range(100_000)
    ]
    lists = SuppressionLists(APP)
    for start in range(0, len(entries), 2000):
        assert not lists.add(entries[start : start + 2000], "ana").failed
    emails = sum(entry.channel == "EMAIL" for entry in entries)
    numbers = len(entries) - emails
    floor = emails + numbers + 2 * ceil(emails / 100) + 3 * ceil(numbers / 100)
    assert sum(account.calls.values()) <= 1.01 * floor
    assert len(account.ses) == emails and len(account.numbers) == numbers
