"""What a run's ledger knows of how far it is, and what it does where another process is in the way."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.chunk_counters import PASSED
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.run_ledger import RunLedger
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.caps.definitions import Cap
from handlers.engagement.store.shards import SHARDS
from handlers.shared.claims import ContendedError
from tests.handlers.engagement.campaigns.ledger_world import (
    CHUNK,
    RUN,
    SHARD,
    crowd,
    known,
    outcomes,
    person,
    puts,
)

FAR = f"at_{SHARD:02d}"
ANOTHER = (SHARD + 1) % SHARDS


def ids(people):
    return [one.id for one in people]


def counters(sends, chunk=CHUNK):
    return sends.table.get(f"RUN#{RUN}", f"C#{chunk:06d}") or {}


class TestHowFarARunIs:
    def test_it_is_kept_with_the_counters_as_long_as_they_are(self, sends):
        book, [*some, held] = sends.run_ledger(), crowd(4)
        book.claim(some, CHUNK)
        assert (counters(sends)[FAR], counters(sends)["expires"]) == (some[2].key, book.expires)
        held.status = "HOLDOUT"
        assert book.claim([held], CHUNK) == []
        assert counters(sends)[FAR] == held.key

    def test_of_a_batch_that_overlaps_what_was_considered_the_rest_is_claimed(self, sends):
        book = sends.run_ledger()
        book.claim(crowd(10)[:6], CHUNK)
        later = crowd(10)[3:]
        assert ids(book.claim(later, CHUNK)) == ids(crowd(10)[6:])
        assert book.totals().counts == {"0": {"CLAIMED": 10}}
        assert not puts(sends, "E#"), "each is in one batch"

    def test_a_process_that_knows_it_asks_for_nothing_in_vain(self, sends):
        book = sends.run_ledger()
        book.claim(crowd(12)[:6], CHUNK)
        book.claim(crowd(12)[6:], CHUNK)
        assert sends.client.operations == ["transact_write_items"] * 2
        assert book.claim(crowd(12)[11:], CHUNK) == []
        assert len(sends.client.transactions) == 2

    def test_a_conflict_leaves_a_batch_a_batch(self, sends):
        sends.client._conflicts = 2
        sends.run_ledger(run="c#1#2").claim(crowd(1), CHUNK)
        assert len(sends.run_ledger().claim(crowd(5), CHUNK)) == 5
        assert sends.client.transactions == [2, 2, 2]

    def test_a_shard_that_nobody_was_considered_of_has_passed_nobody(self, sends):
        assert sends.run_ledger().passed(["a0", "~"]) == set()
        sends.run_ledger().claim(crowd(3), CHUNK)
        others = ids(crowd(3, ANOTHER))
        assert sends.run_ledger().passed([*ids(crowd(3)), *others]) == set(ids(crowd(3)))
        sends.run_ledger().claim(crowd(1, ANOTHER), CHUNK + 1)
        assert sends.run_ledger().passed([*ids(crowd(3)), *others]) == {*ids(crowd(3)), others[0]}

    def test_nobody_is_claimed_again_behind_an_endpoint_that_is_forgotten(self, sends):
        sends.run_ledger().claim(crowd(3), CHUNK)
        sends.run_ledger().claim(crowd(2, ANOTHER), CHUNK)
        sends.run_ledger().forget([crowd(3)[2].id])
        assert sends.run_ledger().claim(crowd(3)[1:2], CHUNK) == []
        far = counters(sends)
        assert (far[FAR], far[f"at_{ANOTHER:02d}"]) == ("a" + PASSED, crowd(2, ANOTHER)[1].key)
        assert far["expires"] == sends.run_ledger().expires


class TestWithoutOwners:
    """A run that began before there were batches."""

    def ledger(self, sends):
        return RunLedger(sends.table, RUN, clock=sends.clock)

    def test_every_recipient_is_claimed_with_items_of_its_own(self, sends):
        book, some = self.ledger(sends), [*crowd(3), person("a", "1"), person("b", "1")]
        book.settle(some)
        assert book.claim(some, CHUNK) == some[:4]
        assert [len(puts(sends, prefix)) for prefix in ("B#", "E#", "A#")] == [0, 5, 4]
        assert known(some[4]) == ("DUPLICATE_ADDRESS", True)
        assert FAR not in counters(sends)

    def test_who_has_an_entry_is_claimed_no_second_time(self, sends):
        self.ledger(sends).claim(crowd(5)[:3], CHUNK)
        assert ids(self.ledger(sends).claim(crowd(5), CHUNK)) == ids(crowd(5)[3:])
        self.ledger(sends).record(outcomes(crowd(5)), CHUNK)
        assert self.ledger(sends).totals().counts == {"0": {"CLAIMED": 0, "SUCCESS": 5}}


class TestWhoIsSettled:
    def test_who_is_to_be_sent_to_and_alone_has_the_address(self, sends):
        mine, taken, out = person("a"), person("b"), person("c", status="OPT_OUT")
        for one in (mine, out):
            sends.history.owns(one)
        sends.history.owns(person("other", "b"))
        sends.run_ledger().settle([mine, taken, out])
        assert [one.settled for one in (mine, taken, out)] == [True, False, False]

    def test_of_two_who_have_one_address_one_is_claimed(self, sends):
        [first, second] = crowd(2)
        second.endpoint["Address"] = first.endpoint["Address"]
        first.settled = second.settled = False
        assert sends.run_ledger().claim([first, second], CHUNK) == [first]
        assert [known(first), known(second)] == [("CLAIMED", False), ("DUPLICATE_ADDRESS", True)]

    def test_who_is_not_to_be_sent_to_takes_no_address_and_stays_as_it_is(self, sends):
        [out, new] = crowd(2)
        out.status, out.settled, new.settled = "OPT_OUT", False, False
        new.endpoint["Address"] = out.endpoint["Address"]
        assert sends.run_ledger().claim([out, new], CHUNK) == [new]
        assert known(out) == ("OPT_OUT", False)

    def test_who_is_not_to_be_sent_to_is_no_duplicate_of_another_owner(self, sends):
        [out, new] = crowd(2)
        out.status, out.settled, new.settled = "OPT_OUT", False, False
        sends.history.owns(person("other", out.id))
        assert sends.run_ledger().claim([out, new], CHUNK) == [new]
        assert known(out) == ("OPT_OUT", False)


class TestResults:
    @pytest.mark.parametrize(("caps", "sizes"), [("", [98]), ("c", [98, 50]), ("cd", [98, 98])])
    def test_those_of_a_batch_are_one_transaction_whatever_it_takes_to_try_everybody_again(self, sends, caps, sizes):
        book = sends.run_ledger(*(Cap(owner, 5, None, "CAMPAIGN_CAP") for owner in caps))
        claimed = book.claim(crowd(48), CHUNK)
        sends.client.asked.clear()
        book.record([Outcome(one.id, "0", "THROTTLED", 5, 1, None, one.at) for one in claimed], CHUNK)
        assert sends.client.transactions == sizes
        assert book.totals().counts == {"0": {"CLAIMED": 0, "THROTTLED": 48}}

    def test_they_may_come_in_parts(self, sends):
        book, some = sends.run_ledger(), crowd(4)
        book.claim(some, CHUNK)
        for part in (some[:1], some[1:3], some[3:]):
            book.record(outcomes(part), CHUNK)
        assert book.totals().counts == {"0": {"CLAIMED": 0, "SUCCESS": 4}}
        book.record(outcomes(some, "DROPPED"), CHUNK)
        assert book.totals().counts == {"0": {"CLAIMED": 0, "SUCCESS": 4}}

    def test_who_waits_has_an_entry_of_its_own_with_all_that_the_batch_knew(self, sends):
        book, [one] = sends.run_ledger(), crowd(1, treatment="t1")
        book.claim([one], CHUNK)
        sends.clock.now += 7
        book.record([Outcome(one.id, "t1", "THROTTLED", due=5, tries=2)], CHUNK)
        assert sends.entry(one.id) == {
            "id": one.id,
            "status": "THROTTLED",
            "changed": sends.now,
            "waits": True,
            "treatment": "t1",
            "chunk": CHUNK,
            "at": sends.now - 7000,
            "expires": book.expires,
        }
        [entry] = WaitingList(book, CHUNK).first()
        assert (entry.endpoint_id, entry.due, entry.tries) == (one.id, 5, 2)
        assert not sends.run_ledger().in_batches([one.id])

    def test_they_are_of_nobody_whose_batch_is_gone(self, sends):
        book, some = sends.run_ledger(), crowd(2)
        book.claim(some, CHUNK)
        sends.run_ledger().forget(ids(some))
        book.record(outcomes(some), CHUNK)
        assert book.entries(ids(some)) == {}
        assert book.totals().counts == {"0": {"CLAIMED": 2}}

    def test_others_in_the_way_for_ever_are_an_error(self, sends):
        book = sends.run_ledger()
        book.claim(crowd(2), CHUNK)
        sends.client._conflicts = 1
        with pytest.raises(ContendedError, match="results of a batch"):
            book.record(outcomes(crowd(2)), CHUNK)


class TestEntries:
    @pytest.mark.parametrize(("asked", "queries"), [(1, 1), (3, 3), (4, 2), (40, 2), (200, 2)])
    def test_few_are_looked_for_one_by_one_and_more_in_a_row(self, sends, asked, queries):
        sends.run_ledger().claim(crowd(200), CHUNK)
        sends.client.asked.clear()
        assert len(sends.run_ledger().entries(ids(crowd(200)[:asked]))) == asked
        assert sends.client.operations.count("query") == queries


class TestForgetting:
    def test_a_conflict_is_tried_again(self, sends):
        sends.client._conflicts = 2
        sends.run_ledger().claim(crowd(3), CHUNK)
        assert sends.run_ledger().forget([crowd(3)[1].id]) == 1
        assert list(sends.run_ledger().entries(ids(crowd(3)))) == ids(crowd(3)[::2])

    def test_others_in_the_way_for_ever_are_an_error(self, sends):
        sends.run_ledger().claim(crowd(3), CHUNK)
        sends.client._conflicts = 1
        with pytest.raises(ContendedError, match="claims that are forgotten"):
            sends.run_ledger().forget([crowd(3)[1].id])

    def test_of_two_who_erase_at_once_one_counts(self, sends):
        sends.run_ledger().claim(crowd(3), CHUNK)
        gone, book = crowd(3)[1].id, sends.run_ledger()
        places = book._forget_places

        def overtaken(found):
            assert sends.run_ledger().forget([gone]) == 1
            places(found)

        book._forget_places = overtaken
        assert book.forget([gone]) == 0
