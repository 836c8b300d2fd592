"""What is noted of who leaves an address: found by the address and by the endpoint, while a run may ask for it, and forgotten whole."""

from __future__ import annotations

import hashlib

import pytest

from handlers.engagement.store.former_owners import ACTIONS, Former, FormerOwners
from handlers.engagement.store.shards import SHARDS, shard_of
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording

QUARTER, HOUR = 900_000, 3_600_000
NOON = 500_000 * HOUR
KEPT = 90 * 24 * 3600
ONE, OTHER = "SMS#+12065550100", "EMAIL#ada@example.com"


class Notes:
    """A table of endpoints in memory, and the former owners of one application's addresses."""

    def __init__(self):
        self.client = Recording()
        self.table = Table("endpoints", self.client)
        self.book = FormerOwners(self.table, "app")

    def leave(self, name, endpoint, moment):
        self.table.transact(self.book.left(name, endpoint, moment))

    def since(self, name, since, now=None):
        return self.book.since([name], since, since if now is None else now)[name]

    def held(self):
        """All items of the table, without their keys, by partition and sort key."""
        items = [item for shard in range(SHARDS) for item in self.table.all(f"L#app#{shard:02d}")]
        assert self.client.tables.count("endpoints") == len(items)
        return {(item.pop("pk"), item.pop("sk")): item for item in items}


@pytest.fixture
def notes():
    return Notes()


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_who_leaves_an_address_is_noted_for_the_address_and_for_the_endpoint(notes):
    notes.leave(ONE, "e1", NOON + 1_234)
    address, who, expires = digest(ONE), digest("e1"), (NOON + 1_234) // 1000 + KEPT
    by_address, by_endpoint = f"L#app#{shard_of(address):02d}", f"L#app#{shard_of(who):02d}"
    assert notes.held() == {
        (by_address, f"D#{address}"): {"last": NOON + 1_234, "expires": expires},
        (by_address, f"D#{address}#500000"): {f"o{who}": f"{NOON + 1_234} e1", "expires": expires},
        (by_endpoint, f"I#{who}#{address}#500000"): {"expires": expires},
    }
    assert len(notes.book.left(ONE, "e1", NOON)) == ACTIONS == 3


def test_who_left_is_told_by_address_with_when_whatever_the_hour(notes):
    left = [("a", NOON - 1), ("b c", NOON), ("d", NOON + HOUR - 1), ("e", NOON + 2 * HOUR)]
    for endpoint, moment in left:
        notes.leave(ONE, endpoint, moment)
    notes.leave(OTHER, "other", NOON)
    found = notes.book.since([ONE, OTHER, "SMS#nobody"], NOON - HOUR, NOON + 2 * HOUR)
    assert found == {ONE: [Former(*one) for one in left], OTHER: [Former("other", NOON)], "SMS#nobody": []}
    assert notes.book.since([], NOON, NOON) == {}


@pytest.mark.parametrize(("since", "found"), [(NOON + 5, ["a", "b"]), (NOON + 6, ["b"]), (NOON + 7, [])])
def test_who_left_at_the_moment_itself_left_since(notes, since, found):
    notes.leave(ONE, "a", NOON + 5)
    notes.leave(ONE, "b", NOON + 6)
    assert [one.id for one in notes.since(ONE, since)] == found


def test_another_function_may_stamp_a_quarter_of_an_hour_ahead(notes):
    notes.leave(ONE, "a", NOON + HOUR)
    assert [one.id for one in notes.since(ONE, NOON, NOON + HOUR - QUARTER)] == ["a"]


def test_of_two_functions_the_first_to_stamp_may_be_a_quarter_of_an_hour_later_to_write(notes):
    notes.leave(ONE, "b", NOON)
    notes.leave(ONE, "a", NOON - QUARTER)
    assert [one.id for one in notes.since(ONE, NOON)] == ["b"]


@pytest.mark.parametrize(
    ("last", "hours"), [(None, None), (NOON - QUARTER - 1, None), (NOON - QUARTER, [500000, 500001, 500002])]
)
def test_an_address_takes_a_key_an_hour_if_it_was_left_since(notes, last, hours):
    if last:
        notes.leave(ONE, "a", last)
    notes.client.asked.clear()
    notes.since(ONE, NOON, NOON + 3 * HOUR - QUARTER - 1)
    [first, *more] = [request["RequestItems"]["endpoints"]["Keys"] for _, request in notes.client.asked]
    assert [key["sk"]["S"] for key in first] == [f"D#{digest(ONE)}"]
    assert [[key["sk"]["S"] for key in keys] for keys in more] == (
        [[f"D#{digest(ONE)}#{hour}" for hour in hours]] if hours else []
    )


def test_an_endpoint_that_is_forgotten_left_no_address_and_others_did(notes):
    for name, endpoint, moment in ((ONE, "a", NOON), (ONE, "b", NOON + 1), (ONE, "a", NOON + HOUR), (OTHER, "a", NOON)):
        notes.leave(name, endpoint, moment)
    assert notes.book.forget(["A", "a", "nobody", "\ud800"]) == 3
    assert notes.book.since([ONE, OTHER], NOON, NOON + HOUR) == {ONE: [Former("b", NOON + 1)], OTHER: []}
    assert not [key for key, item in notes.held().items() if digest("a") in str(key) + str(item)]
    assert not [key for key in notes.held() if digest(OTHER) in str(key)]
    assert notes.book.forget(["a"]) == 0
    assert notes.book.forget(["b"]) == 1
    assert notes.held() == {}


def test_a_note_that_has_gone_by_itself_leaves_nothing_to_forget(notes):
    notes.leave(ONE, "a", NOON)
    for pk, sk in list(notes.held()):
        if sk.startswith("D#"):
            notes.table.delete(pk, sk)
    assert notes.book.forget(["a"]) == 1
    assert notes.held() == {}


def test_who_leaves_an_address_while_the_last_one_is_forgotten_stays_known(notes, monkeypatch):
    notes.leave(ONE, "a", NOON)
    read = notes.table.all

    def overtaken(pk, *, prefix=""):
        items = list(read(pk, prefix=prefix))
        if prefix.startswith("D#"):
            notes.leave(ONE, "b", NOON + 2000)
        return items

    monkeypatch.setattr(notes.table, "all", overtaken)
    assert notes.book.forget(["a"]) == 1
    assert notes.since(ONE, NOON) == [Former("b", NOON + 2000)]


def test_addresses_are_known_by_application(notes):
    notes.leave(ONE, "a", NOON)
    another = FormerOwners(notes.table, "another")
    assert another.since([ONE], NOON, NOON) == {ONE: []}
    assert another.forget(["a"]) == 0
    assert notes.since(ONE, NOON) == [Former("a", NOON)]
