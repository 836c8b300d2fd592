"""The ledger's results, totals, chunks and plan: what is entered once, counted once, and told to who asks."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from handlers.engagement.campaigns.entries import OpenClaim, Outcome
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.caps.counters import counter_key
from handlers.engagement.caps.definitions import Cap
from handlers.engagement.store.shards import shard_of
from handlers.shared.claims import ContendedError
from handlers.shared.tables import Table
from tests.handlers.engagement.campaigns.ledger_world import CHUNK, RUN, SmallPages, known, people, person


def in_one_shard(count):
    names = (f"e{at}" for at in itertools.count())
    return list(itertools.islice((name for name in names if shard_of(name) == 5), count))


def test_results_change_the_entry_and_the_counts_once(sends):
    book = sends.ledger()
    book.claim([person("A", treatment="t1"), person("b")], CHUNK)
    sends.clock.now += 60
    outcomes = [Outcome("A", "t1", "FAILURE_PERMANENT"), Outcome("b", "0", "SUCCESS")]
    book.record(outcomes, CHUNK)
    book.record(outcomes, CHUNK)
    entry = sends.entry("a")
    assert (entry["status"], entry["changed"], entry["waits"]) == ("FAILURE_PERMANENT", sends.now, False)
    assert entry["at"] == sends.now - 60_000
    counts = book.totals().counts
    assert counts == {"t1": {"CLAIMED": 0, "FAILURE_PERMANENT": 1}, "0": {"CLAIMED": 0, "SUCCESS": 1}}
    book.record([Outcome("b", "0", "DROPPED"), Outcome("gone", "0", "DROPPED")], CHUNK)
    assert book.totals().counts == counts


def test_a_batch_of_results_of_which_one_is_known_enters_the_others(sends):
    book = sends.ledger()
    book.claim(people(3), CHUNK)
    book.record([Outcome("e1", "0", "SUCCESS")], CHUNK)
    book.record([Outcome(f"e{at}", "0", "DROPPED") for at in range(3)], CHUNK)
    assert [sends.entry(f"e{at}")["status"] for at in range(3)] == ["DROPPED", "SUCCESS", "DROPPED"]


def test_results_that_others_are_in_the_way_of_for_ever_are_an_error(sends):
    book = sends.ledger()
    book.claim(people(1), CHUNK)
    sends.client._conflicts = 1
    with pytest.raises(ContendedError, match="results of a batch"):
        book.record([Outcome("e0", "0", "SUCCESS")], CHUNK)


def test_who_is_tried_again_waits_with_its_tries_and_leaves_the_address(sends):
    book, first, second = sends.ledger(), person("A", "1"), person("b", "1")
    book.claim([first], CHUNK)
    book.record([Outcome("A", "0", "THROTTLED", due=123, tries=2, free=book.address_key(first))], CHUNK)
    [entry] = WaitingList(book, CHUNK).first()
    assert (entry.endpoint_id, entry.status, entry.due, entry.tries) == ("A", "THROTTLED", 123, 2)
    assert sends.entry("a")["waits"] is True
    totals = book.totals()
    assert (totals.missing["0"], totals.counts["0"]) == (1, {"CLAIMED": 0, "THROTTLED": 1})
    assert book.claim([second], CHUNK) == [second]


def test_a_result_that_may_be_a_message_keeps_the_address(sends):
    book, second = sends.ledger(), person("b", "1")
    book.claim([person("a", "1")], 0)
    book.record([Outcome("a", "0", "UNKNOWN")], 0)
    assert book.claim([second], 1) == []
    assert known(second) == ("DUPLICATE_ADDRESS", False) and not WaitingList(book, 1).first()


@pytest.mark.parametrize(
    ("members", "sizes"),
    [({}, [100, 100, 53]), ({"due": 5}, [99] * 5 + [11]), ({"uncounted": 1}, [99] * 5 + [11])],
)
def test_a_transaction_has_as_many_results_as_go_with_the_counter(sends, members, sizes):
    book = sends.ledger(Cap("c", 5, None, "CAMPAIGN_CAP"))
    names = [one.id for one in book.claim(people(250), CHUNK)]
    sends.client.asked.clear()
    book.record([Outcome(name, "0", "DROPPED", **members) for name in names], CHUNK)
    assert sends.client.transactions == sizes
    assert book.totals().counts == {"0": {"CLAIMED": 0, "DROPPED": 250}}


def test_a_message_that_was_not_sent_is_taken_back_from_what_caps_count(sends):
    cap = Cap("c", 1, None, "CAMPAIGN_CAP")
    first = sends.ledger(cap)
    [a, _] = first.claim(people(2), CHUNK)
    first.record([Outcome("e0", "0", "DROPPED", uncounted=a.at), Outcome("e1", "0", "SUCCESS")], CHUNK)
    assert (sends.table.get(*counter_key("c", "e0")) or {})["total"] == 0
    assert [one.status for one in _claimed(sends.ledger(cap, run="c#1#2"), people(2))] == ["CLAIMED", "CAMPAIGN_CAP"]


def _claimed(book, recipients):
    book.claim(recipients, CHUNK)
    return recipients


def test_entries_are_told_by_the_ids_that_were_asked_for(sends):
    book = sends.ledger()
    book.claim(people(2), CHUNK)
    found = book.entries(["E0", "e1", "gone"])
    assert {name: entry["id"] for name, entry in found.items()} == {"E0": "e0", "e1": "e1"}


def test_totals_are_over_all_chunks_and_who_was_not_reached_counts_unless_the_chunk_was_done_after_all(sends):
    book = sends.ledger()
    book.claim(people(2), 0)
    book.claim([person("x", status="FAILURE_PERMANENT", treatment="t1")], 1)
    book.note_missing(1, {"0": 3, "t1": 4})
    book.note_missing(2, {"0": 5})
    book.note_missing(3, {})
    assert sends.table.get(f"RUN#{RUN}", "C#000003") is None
    totals = book.totals()
    assert totals.missing == Counter({"0": 8, "t1": 4})
    assert totals.counts == {
        "0": {"CLAIMED": 2, "NOT_REACHED": 8}, "t1": {"FAILURE_PERMANENT": 1, "NOT_REACHED": 4}
    }  # fmt: skip
    book.close_chunk(1)
    totals = book.totals()
    assert totals.missing == Counter({"0": 5})
    assert totals.counts == {"0": {"CLAIMED": 2, "NOT_REACHED": 5}, "t1": {"FAILURE_PERMANENT": 1}}
    assert sends.ledger(run="c#1#2").totals().counts == {}


def test_chunks_are_done_or_lost_with_a_reason_or_did_not_finish(sends):
    book = sends.ledger()
    book.close_chunk(0)
    book.close_chunk(1, "killed")
    assert [book.is_done(chunk) for chunk in range(3)] == [True, False, False]
    assert book.unfinished([0, 1, 2]) == {1: "killed", 2: "its step did not finish"}
    for chunk, members in ((0, {"done": 1}), (1, {"lost": "killed"})):
        key = (f"RUN#{RUN}", f"C#{chunk:06d}")
        assert sends.table.get(*key) == {"pk": key[0], "sk": key[1], **members, "expires": book.expires}
    book.close_chunk(1)
    assert book.unfinished([1]) == {}


def claimed_in_one_shard(sends, count):
    """So many open claims in one shard, with two that have results before them, and one in the first shard."""
    first = next(name for name in (f"z{at}" for at in itertools.count()) if shard_of(name) == 0)
    names = in_one_shard(count + 2)
    book = sends.ledger()
    book.claim([person(name) for name in [*names, first]], CHUNK)
    book.record([Outcome(name, "0", "SUCCESS") for name in sorted(names)[:2]], CHUNK)
    return first, sorted(names)[2:]


@pytest.mark.parametrize("table", [Table, SmallPages])
def test_claims_without_a_result_are_told_shard_by_shard_at_most_48_at_a_time(sends, table):
    first, names = claimed_in_one_shard(sends, 60)
    book = sends.ledger(table=table("sends", sends.client))
    found = [batch for batch, _ in itertools.islice(book.open_claims(), 100)]
    assert [claim.endpoint_id for batch in found for claim in batch] == [first, *names]
    assert found[0] == [OpenClaim(first, "0", CHUNK, sends.now)]
    assert max(map(len, found)) == (48 if table is Table else 3)


@pytest.mark.parametrize("table", [Table, SmallPages])
def test_claims_are_told_on_after_each_cursor(sends, table):
    first, names = claimed_in_one_shard(sends, 50)
    book = sends.ledger(table=table("sends", sends.client))
    told = 0
    for batch, cursor in itertools.islice(book.open_claims(), 100):
        told += len(batch)
        rest = [claim.endpoint_id for later, _ in itertools.islice(book.open_claims(cursor), 100) for claim in later]
        assert rest == [first, *names][told:]
    assert told == 51


def test_parts_are_the_instants_that_were_noted_in_order(sends):
    book = sends.ledger()
    assert book.parts() == []
    book.note_parts([1_900_000_000_000, 5])
    assert book.parts() == [5, 1_900_000_000_000]
    [item, _] = sends.table.all(f"RUN#{RUN}", prefix="Z#")
    assert item["expires"] == book.expires


def test_the_plan_that_was_stored_first_counts_and_a_resumed_run_notes_when(sends):
    book, plan = sends.ledger(), {"Chunks": [0, 1]}
    assert book.plan() is None
    assert book.put_plan(plan) == plan
    assert book.put_plan({"Chunks": [9]}) == plan == book.plan()
    assert (sends.table.get(f"RUN#{RUN}", "PLAN") or {})["expires"] == book.expires
    book.resume_plan(plan, "2030-01-01T00:00:00.000Z")
    assert book.plan() == {**plan, "Resumed": "2030-01-01T00:00:00.000Z"}
    assert (sends.table.get(f"RUN#{RUN}", "PLAN") or {})["expires"] == book.expires
