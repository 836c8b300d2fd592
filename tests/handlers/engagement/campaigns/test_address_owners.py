"""Whether a run's message may go to an address that others own or owned: what the run did for them decides."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.address_claims import address_digest
from handlers.engagement.campaigns.address_owners import AddressOwners
from handlers.engagement.store.former_owners import Former, Owners
from tests.handlers.engagement.campaigns.ledger_world import known, person

STEP = 15 * 60 * 1000
BEGAN, OLDEST = 1_900_000_000_000, 1_900_000_600_000
SINCE_LONG = OLDEST - STEP
"""Who left an address then is read by no step any more, and claimed by none that did."""


class History:
    """Who owns and owned the address `+1`. asked: which addresses, since when."""

    def __init__(self, current=(), former=()):
        self.had = Owners(list(current), [Former(*one) for one in former])
        self.asked = []

    def owners(self, addresses, since):
        self.asked.append((list(addresses), since))
        return {address: self.had if address == ("SMS", "+1") else Owners([], []) for address in addresses}


class Book:
    """What a run did: entries by endpoint id, and whom it has passed."""

    def __init__(self, entries=(), passed=()):
        self._entries, self._passed = dict(entries), set(passed)

    def passed(self, ids):
        return self._passed & set(ids)

    def entries(self, ids):
        return {identifier: self._entries[identifier] for identifier in ids if identifier in self._entries}


def entry(status, address="1", changed=OLDEST, chunk=1):
    """An entry that tells of a claim of an address, by as many digits as batches keep."""
    return {"status": status, "changed": changed, "chunk": chunk, "address": address_digest(person("x", address))[:22]}


def judged(history, book, idle=None):
    """What becomes of `new`, who is to be sent to at `+1`."""
    new = person("New", "1")
    AddressOwners(history, BEGAN).judge(book, [new], oldest=OLDEST, idle=idle)
    return known(new)


CLAIMED, WAITS, DUPLICATE = ("CLAIMED", False), ("DUPLICATE_ADDRESS", True), ("DUPLICATE_ADDRESS", False)


@pytest.mark.parametrize(
    ("current", "former", "settled"),
    [
        (["new"], [], True),
        (["new"], [("new", BEGAN)], True),
        (["new"], [("old", BEGAN)], False),
        (["new", "other"], [], False),
        (["other"], [], False),
        ([], [], False),
        ([], [("new", BEGAN)], False),
    ],
    ids=["alone", "came back", "after another", "with another", "not any more", "nobody has it", "left it"],
)
def test_settled_is_who_alone_owned_the_address_since_the_run_began(current, former, settled):
    history, new = History(current, former), person("New", "1", settled=not settled)
    AddressOwners(history, BEGAN).settle([new])
    assert new.settled is settled


def test_owners_are_asked_for_once_an_address_and_since_before_what_a_function_may_still_have_read():
    history = History()
    AddressOwners(history, BEGAN).settle([person("a", "1"), person("b", "1"), person("c", "2")])
    assert history.asked == [([("SMS", "+1"), ("SMS", "+2")], BEGAN - STEP)]


def test_an_address_that_nobody_else_had_gets_the_message():
    assert judged(History(["new"], [("new", OLDEST)]), Book({"new": entry("SUCCESS")})) == CLAIMED


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (entry("SUCCESS"), DUPLICATE),
        (entry("UNKNOWN"), DUPLICATE),
        (entry("CLAIMED"), WAITS),
        (entry("CLAIMED", changed=OLDEST - 1), DUPLICATE),
        (entry("FAILURE_PERMANENT"), CLAIMED),
        (entry("OPT_OUT"), CLAIMED),
        (entry("SUCCESS", address="2"), CLAIMED),
        (entry("THROTTLED") | {"address": None}, CLAIMED),
        (entry("HOLDOUT") | {"address": ""}, CLAIMED),
        ({"status": "HOLDOUT", "changed": OLDEST, "chunk": 1}, CLAIMED),
        (entry("SUCCESS") | {"address": address_digest(person("x", "1"))}, DUPLICATE),
    ],
)
@pytest.mark.parametrize("history", [History(["old"]), History(["new"], [("old", OLDEST)])], ids=["owner", "former"])
def test_what_the_run_did_for_another_owner_decides(history, found, verdict):
    assert judged(history, Book({"old": found})) == verdict


def test_a_claim_of_the_chunk_that_no_step_is_sending_to_is_dead():
    history = History(["old"])
    assert judged(history, Book({"old": entry("CLAIMED", chunk=1)}), idle=1) == DUPLICATE
    assert judged(history, Book({"old": entry("CLAIMED", chunk=1)}), idle=2) == WAITS


@pytest.mark.parametrize("passed", [False, True])
def test_an_owner_whom_the_run_has_not_passed_may_still_get_the_message(passed):
    assert judged(History(["old"]), Book(passed=["old"] if passed else [])) == (CLAIMED if passed else WAITS)


@pytest.mark.parametrize(("left", "waits"), [(SINCE_LONG, False), (SINCE_LONG + 1, True)])
def test_a_former_owner_may_get_it_from_who_read_it_before_and_lives(left, waits):
    history = History(["new"], [("old", left)])
    assert judged(history, Book()) == (WAITS if waits else CLAIMED)
    assert judged(history, Book(passed=["old"])) == CLAIMED


@pytest.mark.parametrize("order", [1, -1])
def test_a_former_owner_who_left_more_than_once_left_when_it_did_last(order):
    """One address has several names where earlier releases wrote it in another form: each name tells by itself who left it."""
    history = History(["new"], [("old", SINCE_LONG), ("old", SINCE_LONG + 1)][::order])
    assert judged(history, Book()) == WAITS


@pytest.mark.parametrize(
    ("entries", "passed", "verdict"),
    [
        ({"a": entry("SUCCESS"), "b": entry("CLAIMED")}, [], DUPLICATE),
        ({"a": entry("CLAIMED"), "b": entry("SUCCESS")}, [], DUPLICATE),
        ({"a": entry("SUCCESS")}, [], DUPLICATE),
        ({"b": entry("OPT_OUT")}, [], WAITS),
        ({"a": entry("CLAIMED"), "b": entry("OPT_OUT")}, ["b"], WAITS),
        ({"a": entry("OPT_OUT"), "b": entry("CLAIMED")}, ["a"], WAITS),
        ({"a": entry("OPT_OUT")}, ["b"], CLAIMED),
    ],
)
def test_of_several_owners_one_who_may_have_got_it_decides_and_then_one_who_may_get_it(entries, passed, verdict):
    assert judged(History(["new", "a"], [("b", OLDEST)]), Book(entries, passed)) == verdict


def test_each_recipient_is_judged_by_the_owners_of_its_own_address():
    first, second = person("New", "1"), person("newer", "2")
    AddressOwners(History(["old"]), BEGAN).judge(
        Book({"old": entry("SUCCESS")}), [first, second], oldest=OLDEST, idle=None
    )
    assert [known(first), known(second)] == [DUPLICATE, CLAIMED]
