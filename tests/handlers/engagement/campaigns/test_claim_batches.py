"""Claims of a batch in one item: what it holds and tells, who may write it, and which batch an endpoint is in."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.address_claims import address_digest
from handlers.engagement.campaigns.claim_batches import ClaimBatch, ClaimBatches
from handlers.shared.tables import TransactionCancelledError
from tests.handlers.engagement.campaigns.ledger_world import CHUNK, RUN, person

PK = f"RUN#{RUN}#05"
AT, EXPIRES = 1_900_000_000_000, 1_907_776_000


def batch_of(*names):
    return ClaimBatch.of(PK, [person(name, at=AT) for name in names], CHUNK, EXPIRES)


def store(sends, *batches):
    sends.table.transact([batch.put_action(sends.table) for batch in batches])


def stored(sends):
    """The batches of the table, by the keys of their items."""
    return {item["sk"]: ClaimBatch.read(item) for item in sends.table.all(PK)}


def test_an_item_is_as_runs_that_go_on_have_it_whatever_release_wrote_it():
    people = [person("B", treatment="t1", at=AT), person("a", status="HOLDOUT", at=AT), person("ç", at=AT)]
    digests = [address_digest(one)[:22] for one in people]
    assert ClaimBatch.of(PK, people, CHUNK, EXPIRES).item() == {
        "pk": PK,
        "sk": "B#a",
        "chunk": CHUNK,
        "at": AT,
        "revision": 1,
        "expires": EXPIRES,
        "doc": f'{{"treatments":["t1","0"],"results":[["CLAIMED",{AT}],["HOLDOUT",{AT}]],'
        f'"people":[["B",0,"{digests[0]}",0],["a",1,"",1],["ç",1,"{digests[2]}",0]]}}',
    }  # fmt: skip


def test_a_batch_is_read_as_it_was_written():
    batch = batch_of("A", "b").settled({"a": "SUCCESS"}, AT + 1)
    assert ClaimBatch.read(batch.item()) == batch.stored() != batch
    again = batch.stored().without(["b"])
    assert ClaimBatch.read(again.item()) == again.stored() != again


def test_a_batch_tells_entries_as_the_ledger_has_them():
    claimed, held = person("A", treatment="t1", at=AT), person("b", status="HOLDOUT", at=AT)
    batch = ClaimBatch.of(PK, [claimed, held], CHUNK, EXPIRES).settled({"A": "SUCCESS"}, AT + 5)
    told = {"waits": False, "chunk": CHUNK, "at": AT}
    assert batch.entry("a") == batch.entry("A") == {
        **told, "id": "A", "status": "SUCCESS", "changed": AT + 5, "treatment": "t1", "address": address_digest(claimed)[:22]
    }  # fmt: skip
    assert batch.entry("B") == {
        **told, "id": "b", "status": "HOLDOUT", "changed": AT, "treatment": "0", "address": None
    }  # fmt: skip
    assert batch.entry("c") is None


def test_whoever_is_claimed_is_open_until_there_is_a_result():
    held = person("c", status="HOLDOUT", at=AT)
    batch = ClaimBatch.of(PK, [person("A", at=AT), person("b", at=AT), held], CHUNK, EXPIRES)
    assert [one.id for one in batch.open()] == ["A", "b"]
    settled = batch.settled({"B": "SUCCESS"}, AT)
    assert [one.id for one in settled.open()] == ["A"]
    assert [settled.is_open(name) for name in ("a", "A", "b", "c", "d")] == [True, True, False, False, False]


def test_a_batch_is_entered_once_and_written_over_the_revision_that_was_read_alone(sends):
    batch = batch_of("a", "b")
    store(sends, batch)
    with pytest.raises(TransactionCancelledError):
        store(sends, batch.settled({"a": "SUCCESS"}, AT))
    [read] = stored(sends).values()
    store(sends, read.settled({"a": "SUCCESS"}, AT))
    with pytest.raises(TransactionCancelledError):
        store(sends, read.settled({"b": "UNKNOWN"}, AT))
    store(sends, read.stored().settled({"a": "SUCCESS", "b": "UNKNOWN"}, AT))
    [read] = stored(sends).values()
    assert [one.status for one in read.people.values()] == ["SUCCESS", "UNKNOWN"]


@pytest.mark.parametrize(
    ("gone", "left"),
    [("abc", {}), ("B", {"B#a": ["a", "c"]}), ("a", {"B#b": ["b", "c"]}), ("", {"B#a": ["a", "b", "c"]})],
)
def test_what_is_left_of_a_batch_is_under_the_first_id_of_its_own(sends, gone, left):
    batch = batch_of("a", "b", "c")
    store(sends, batch)
    former = batch.stored()
    actions = former.without(list(gone)).replacing(former, sends.table)
    assert not [action for action in actions if "Put" in action], "who erases may update and delete"
    sends.table.transact(actions)
    now = stored(sends)
    assert {key: list(found.people) for key, found in now.items()} == left
    assert all((found.revision, found.expires, found.at) == (2, EXPIRES, AT) for found in now.values())


@pytest.mark.parametrize("gone", ["abc", "b", "a"])
def test_a_batch_that_was_written_meanwhile_is_not_replaced(sends, gone):
    batch = batch_of("a", "b", "c")
    store(sends, batch)
    former = batch.stored()
    store(sends, former.settled({"c": "SUCCESS"}, AT))
    before = stored(sends)
    with pytest.raises(TransactionCancelledError):
        sends.table.transact(former.without(list(gone)).replacing(former, sends.table))
    assert stored(sends) == before


def test_what_is_left_of_a_batch_replaces_no_other_batch(sends):
    batch, other = batch_of("a", "b"), batch_of("b")
    store(sends, batch, other)
    before = stored(sends)
    with pytest.raises(TransactionCancelledError):
        sends.table.transact(batch.stored().without(["a"]).replacing(batch.stored(), sends.table))
    assert stored(sends) == before


@pytest.fixture
def batches(sends):
    """Batches of b, b\\0, b~; d, f; h; h\\0."""
    store(sends, batch_of("B", "b\0", "b~"), batch_of("d", "f"), batch_of("h"), batch_of("h\0"))
    return ClaimBatches(sends.table)


@pytest.mark.parametrize(
    ("identifier", "key"),
    [("b", "B#b"), ("B", "B#b"), ("b\0", "B#b"), ("b~", "B#b"), ("F", "B#d"), ("h", "B#h"), ("h\0", "B#h\0"), ("a", None), ("c", None), ("e", None), ("z", None)],
)  # fmt: skip
def test_an_endpoint_is_in_the_last_batch_that_begins_at_its_id_or_before_or_in_none(sends, batches, identifier, key):
    found = batches.of(PK, identifier)
    assert (found and found.sk) == key
    assert batches.of("RUN#another#05", identifier) is None
    limits = {request.get("Limit") for name, request in sends.client.asked if name == "query"}
    assert limits == {1}, "one item is read, of 48 people"


@pytest.mark.parametrize(
    ("first", "last", "keys"),
    [
        ("a", "z", ["B#b", "B#d", "B#h", "B#h\0"]),
        ("B", "C", ["B#b"]),
        ("c", "D", ["B#b", "B#d"]),
        ("d", "g", ["B#d"]),
        ("e", "H", ["B#d", "B#h"]),
        ("0", "a", []),
        ("i", "z", ["B#h\0"]),
    ],
)
def test_the_batches_that_may_have_a_row_of_endpoints_are_told_in_their_order(batches, first, last, keys):
    assert [batch.sk for batch in batches.between(PK, first, last)] == keys


@pytest.mark.parametrize("first", ["", "c"])
def test_a_batch_may_begin_with_the_id_that_sorts_right_after_another_one(sends, first):
    store(sends, batch_of("d\0", "e"), *([batch_of(first)] if first else []))
    found = list(ClaimBatches(sends.table).between(PK, "d", "f"))
    assert "d\0" in found[-1].people


def test_a_batch_is_read_again_as_it_is_now(sends, batches):
    [read] = batches.between(PK, "h", "h")
    store(sends, read.settled({"h": "SUCCESS"}, AT))
    assert batches.get(read) == read.settled({"h": "SUCCESS"}, AT).stored()
    assert batches.get(batch_of("x")) is None


def test_all_batches_after_a_key_are_told_in_their_order_however_many(sends):
    names = [f"n{at:02d}" for at in range(40)]
    store(sends, *map(batch_of, names))
    sends.table.put({"pk": PK, "sk": "A#another item"})
    sends.table.put({"pk": PK, "sk": "E#another item"})
    batches = ClaimBatches(sends.table)
    for after, expected in ((None, names), ("B#n00", names[1:]), ("B#n25", names[26:]), ("B#n39", [])):
        assert [batch.sk.removeprefix("B#") for batch in batches.after(PK, after)] == expected
