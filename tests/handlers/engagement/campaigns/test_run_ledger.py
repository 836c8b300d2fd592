"""The ledger of a run claims by the batch whose address nobody else can claim, and no endpoint twice."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.address_claims import STEP_MILLISECONDS
from handlers.engagement.campaigns.chunk_counters import PASSED
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.caps.definitions import Cap
from handlers.engagement.store.shards import SHARDS
from tests.handlers.engagement.campaigns.ledger_world import CHUNK, RUN, SHARD, crowd, known, outcomes, person, puts


def test_a_batch_of_claims_and_their_results_are_two_items_and_two_transactions(sends):
    book, people = sends.run_ledger(), crowd(48)
    assert book.claim(people, CHUNK) == people
    sends.clock.now += 3
    book.record(outcomes(people), CHUNK)
    assert sends.client.transactions == [2, 2]
    assert book.totals().counts == {"0": {"CLAIMED": 0, "SUCCESS": 48}}
    entry = sends.run_ledger().entries([people[7].id.upper()])[people[7].id.upper()]
    assert entry == {
        "id": people[7].id,
        "status": "SUCCESS",
        "changed": sends.now,
        "waits": False,
        "treatment": "0",
        "chunk": CHUNK,
        "at": sends.now - 3000,
        "address": entry["address"],
    }


def test_a_process_that_begins_again_claims_nobody_twice_and_goes_on_behind(sends):
    people = crowd(10)
    sends.run_ledger().claim(people[:6], CHUNK)
    later = crowd(10)
    assert [one.id for one in sends.run_ledger().claim(later, CHUNK)] == [one.id for one in people[6:]]
    assert all(known(one) == ("CLAIMED", False) for one in later[:6])


def test_of_two_processes_at_one_shard_each_recipient_is_claimed_by_one(sends):
    one, other = sends.run_ledger(), sends.run_ledger()
    people = crowd(30)
    first = one.claim(people[:10], CHUNK)
    second = other.claim(crowd(30)[5:20], CHUNK)
    third = one.claim(people[10:25], CHUNK)
    claimed = [recipient.id for recipient in (*first, *second, *third)]
    assert claimed == [recipient.id for recipient in people[:25]]


def test_who_comes_behind_what_is_considered_is_claimed_alone_with_their_address(sends):
    book, people = sends.run_ledger(), crowd(5)
    book.claim([people[0], people[4]], CHUNK)
    assert book.claim(people[1:3], CHUNK) == people[1:3]
    assert len(puts(sends, "E#")) == len(puts(sends, "A#")) == 2
    book.record(outcomes(people[:3]), CHUNK)
    assert sends.run_ledger().totals().counts == {"0": {"CLAIMED": 1, "SUCCESS": 3}}
    later = crowd(5)
    assert sends.run_ledger().claim(later, CHUNK) == [later[3]], "who was never considered"


def test_who_is_not_sent_to_is_in_the_batch_and_whoever_waits_is_not(sends):
    book, people = sends.run_ledger(), crowd(4)
    people[1].status = "HOLDOUT"
    people[2].status, people[2].again, people[2].due = "WAITS", True, sends.now + 1000
    assert book.claim(people, CHUNK) == [people[0], people[3]]
    assert [len(puts(sends, prefix)) for prefix in ("B#", "E#", "A#")] == [1, 1, 0]
    found = book.entries([one.id for one in people])
    assert [found[one.id]["status"] for one in people] == ["CLAIMED", "HOLDOUT", "WAITS", "CLAIMED"]
    assert [found[one.id]["waits"] for one in people] == [False, False, True, False]
    assert not found[people[1].id]["address"]


def test_who_certainly_got_nothing_leaves_the_batch_for_the_waiting_list_and_is_tried_again(sends):
    book, people = sends.run_ledger(), crowd(48)
    book.claim(people, CHUNK)
    book.record(outcomes(people, "THROTTLED", due=5), CHUNK)
    assert sends.client.transactions == [2, 98]
    entries = WaitingList(book, CHUNK).first()
    assert len(entries) == 24
    again = [(entry, person(entry.endpoint_id, settled=True)) for entry in entries]
    later = sends.run_ledger()
    claimed = WaitingList(later, CHUNK).claim(again)
    assert len(claimed) == 24
    later.record(outcomes(claimed), CHUNK)
    assert later.totals().counts == {"0": {"CLAIMED": 0, "THROTTLED": 24, "SUCCESS": 24}}
    assert later.totals().missing == {"0": 24}
    assert sends.run_ledger().claim(crowd(48), CHUNK) == []


def test_results_that_another_process_has_entered_stay_as_they_are(sends):
    book, people = sends.run_ledger(), crowd(4)
    book.claim(people, CHUNK)
    settling = sends.run_ledger()
    [(claims, _)] = settling.open_claims()
    settling.record([Outcome(claim.endpoint_id, claim.treatment_id, "UNKNOWN") for claim in claims[:2]], CHUNK)
    book.record(outcomes(people), CHUNK)
    found = book.entries([one.id for one in people])
    assert [found[one.id]["status"] for one in people] == ["UNKNOWN", "UNKNOWN", "SUCCESS", "SUCCESS"]
    assert book.totals().counts == {"0": {"CLAIMED": 0, "UNKNOWN": 2, "SUCCESS": 2}}


def test_claims_without_a_result_are_found_whatever_items_they_are_in(sends):
    book, people = sends.run_ledger(), crowd(100)
    late, others = people[60], people[:60] + people[61:]
    book.claim(others, CHUNK)
    book.claim([late], CHUNK)
    book.record(outcomes(people[:10]), CHUNK)
    reading = sends.run_ledger()
    found, cursors = [], []
    for claims, cursor in reading.open_claims():
        found += [claim.endpoint_id for claim in claims]
        cursors.append((len(found), cursor))
    assert found == [one.id for one in others[10:]] + [late.id]
    for seen, cursor in cursors:
        rest = [claim.endpoint_id for claims, _ in sends.run_ledger().open_claims(cursor) for claim in claims]
        assert rest == found[seen:]


def test_a_transaction_has_room_for_all_that_goes_with_a_batch(sends):
    caps = [Cap("c", 5, None, "CAMPAIGN_CAP")]
    book, people = sends.run_ledger(*caps), crowd(48)
    for one in people[::2]:
        one.settled = False
    assert len(book.claim(people, CHUNK)) == 48
    settled = [Outcome(one.id, "0", "THROTTLED", 5, 1, None, one.at) for one in people]
    book.record(settled, CHUNK)
    assert max(sends.client.transactions) <= 100
    assert book.totals().counts == {"0": {"CLAIMED": 0, "THROTTLED": 48}}
    assert len([item for item in sends.table.all(f"CAP#c#{SHARD:02d}") if item["total"]]) == 0


@pytest.mark.parametrize("ids", [1, 3, 4, 40, 120])
def test_entries_are_found_for_few_and_for_many(sends, ids):
    book, people = sends.run_ledger(), crowd(200)
    book.claim(people, CHUNK)
    asked = [one.id for one in people[50 : 50 + ids]]
    assert list(book.entries([*asked, "nobody", "a"])) == asked
    before, behind = person("0"), person("zz")
    assert book.entries([before.id, behind.id]) == {}


def test_an_endpoint_that_is_forgotten_is_in_no_batch_any_more(sends):
    book, people = sends.run_ledger(), crowd(3)
    book.claim(people, CHUNK)
    gone = people[1].id
    assert sends.run_ledger().in_batches([one.id for one in people] + ["x"]) == 3
    assert sends.run_ledger().forget([gone, "x"]) == 1
    assert gone not in book.entries([gone])
    assert not [item for item in sends.table.all(f"RUN#{RUN}#{SHARD:02d}") if f'"{gone}"' in item["doc"]]
    book.record(outcomes(people), CHUNK)
    assert sorted(book.entries([one.id for one in people])) == [people[0].id, people[2].id]
    assert sends.run_ledger().totals().counts == {"0": {"CLAIMED": 1, "SUCCESS": 2}}


@pytest.mark.parametrize("gone", [[0], [1], [0, 1], [0, 1, 2], [2]])
def test_no_key_and_no_place_tells_of_an_endpoint_that_is_forgotten(sends, gone):
    people = crowd(5)
    sends.run_ledger().claim(people[:3], CHUNK)
    names = [people[at].id for at in gone]
    assert sends.run_ledger().forget([name.upper() for name in names]) == len(gone)
    items = [*sends.table.all(f"RUN#{RUN}#{SHARD:02d}"), *sends.table.all(f"RUN#{RUN}")]
    assert not [
        item for item in items for name in names if name in str(item["sk"]).split("#") or f'"{name}"' in str(item)
    ]
    assert not [item for item in items for name in names if name in item.values()]
    rest = [one.id for one in people[:3] if one.id not in names]
    assert list(sends.run_ledger().entries([one.id for one in people])) == rest
    assert people[4] in sends.run_ledger().claim(people[3:], CHUNK), "and the run may go on"


def test_the_place_of_a_chunk_is_forgotten_of_whoever_has_an_item_of_their_own(sends):
    last = crowd(1)[0]
    last.settled = False
    sends.run_ledger().claim([last], CHUNK)
    assert last.id in str(sends.table.get(f"RUN#{RUN}", "C#000007"))
    assert sends.run_ledger().forget([last.id]) == 0
    assert f"'{last.id}'" not in str(sends.table.get(f"RUN#{RUN}", "C#000007"))


def test_what_is_left_of_a_batch_goes_when_the_batch_was_to_go(sends):
    book, people = sends.run_ledger(), crowd(3)
    book.claim(people, CHUNK)
    sends.clock.now += 50 * 24 * 3600
    assert sends.run_ledger().forget([people[0].id, people[2].id]) == 2
    [batch] = sends.table.all(f"RUN#{RUN}#{SHARD:02d}")
    assert batch["expires"] == book.expires


def test_a_shard_that_is_done_has_passed_everybody(sends):
    book = sends.run_ledger()
    book.claim(crowd(2), CHUNK)
    last = crowd(2)[1].id
    others = [f"b{at}" for at in range(40)]
    assert book.passed([last, "zzz", *others]) == {last}
    book.close_chunk(CHUNK, passed=range(SHARDS))
    assert book.passed([last, "zzz", *others]) == {last, "zzz", *others}
    assert sends.table.get(f"RUN#{RUN}", "C#000007")["at_00"] == PASSED


class TestAddressesThatChangedHands:
    """`new` has an address that `former` had, or that another one has."""

    def claim(self, sends, recipient):
        [verdict] = [sends.run_ledger()]
        return verdict.claim([recipient], CHUNK) == [recipient]

    def former(self, sends, **members):
        one = crowd(1)[0]
        return one, person("new", one.id, **members)

    def test_nobody_had_it_before(self, sends):
        _, new = self.former(sends)
        sends.history.owns(new)
        assert self.claim(sends, new)

    @pytest.mark.parametrize("status", ["SUCCESS", "UNKNOWN", "FAILURE", "HOOK_FAILURE"])
    def test_the_former_owner_may_have_got_the_message(self, sends, status):
        former, new = self.former(sends)
        book = sends.run_ledger()
        book.claim([former], CHUNK)
        book.record(outcomes([former], status), CHUNK)
        sends.history.left(former, sends.now)
        assert not self.claim(sends, new)
        assert known(new) == ("DUPLICATE_ADDRESS", False)

    @pytest.mark.parametrize("status", ["FAILURE_PERMANENT", "OPT_OUT", "INACTIVE"])
    def test_the_former_owner_got_nothing(self, sends, status):
        former, new = self.former(sends)
        book = sends.run_ledger()
        book.claim([former], CHUNK)
        book.record(outcomes([former], status), CHUNK)
        sends.history.left(former, sends.now)
        assert self.claim(sends, new)

    def test_the_former_owner_has_no_result_yet_and_then_never_gets_one(self, sends):
        former, new = self.former(sends)
        sends.run_ledger().claim([former], CHUNK)
        sends.history.left(former, sends.now)
        assert not self.claim(sends, new)
        assert known(new) == ("DUPLICATE_ADDRESS", True), "it waits"
        sends.clock.now += STEP_MILLISECONDS / 1000 + 1
        [entry] = WaitingList(sends.run_ledger(), CHUNK).first()
        again = person("new", former.id)
        assert WaitingList(sends.run_ledger(), CHUNK).claim([(entry, again)]) == []
        assert known(again) == ("DUPLICATE_ADDRESS", False), "its step has died"

    def test_the_former_owner_was_not_considered_yet_but_may_be_by_who_read_it_before(self, sends):
        former, new = self.former(sends)
        sends.history.left(former, sends.now)
        assert not self.claim(sends, new)
        again = person("new", former.id)
        for claimed in ([], [again]):  # a step to write what it read, another one to send on it
            sends.clock.now += STEP_MILLISECONDS / 1000 + 1
            [entry] = WaitingList(sends.run_ledger(), CHUNK).first()
            assert WaitingList(sends.run_ledger(), CHUNK).claim([(entry, again)]) == claimed

    def test_the_former_owner_was_passed_without_an_entry(self, sends):
        former, new = self.former(sends)
        sends.history.left(former, sends.now)
        sends.run_ledger().close_chunk(CHUNK, passed=range(SHARDS))
        assert self.claim(sends, new)

    def test_the_former_owner_waits_and_is_somewhere_else_when_it_is_tried_again(self, sends):
        former, new = self.former(sends)
        book = sends.run_ledger()
        book.claim([former], CHUNK)
        book.record(outcomes([former], "THROTTLED", due=5), CHUNK)
        sends.history.left(former, sends.now)
        assert self.claim(sends, new)
        [entry] = WaitingList(sends.run_ledger(), CHUNK).first()
        stale = person(former.id, settled=True)
        assert WaitingList(sends.run_ledger(), CHUNK).claim([(entry, stale)]) == [], "its address has a claim"

    def test_another_one_owns_it_and_may_still_get_the_message(self, sends):
        owner, new = self.former(sends)
        sends.history.owns(owner)
        assert not self.claim(sends, new)
        assert known(new) == ("DUPLICATE_ADDRESS", True)
        sends.clock.now += STEP_MILLISECONDS / 1000 + 1
        [entry] = WaitingList(sends.run_ledger(), CHUNK).first()
        again = person("new", owner.id)
        assert WaitingList(sends.run_ledger(), CHUNK).claim([(entry, again)]) == [], "however long that takes"
        sends.run_ledger().close_chunk(CHUNK, passed=range(SHARDS))
        [entry] = WaitingList(sends.run_ledger(), CHUNK).first()
        assert WaitingList(sends.run_ledger(), CHUNK).claim([(entry, again)]) == [again]

    def test_the_owner_is_claimed_by_another_step_while_this_one_asks_what_became_of_it(self, sends):
        owner, new = self.former(sends)
        sends.history.owns(owner)
        book = sends.run_ledger()
        asked = book.entries

        def entries(ids):
            found = asked(ids)
            sends.run_ledger().claim([owner], CHUNK + 1)
            sends.run_ledger().close_chunk(CHUNK + 1, passed=[SHARD])
            return found

        book.entries = entries
        assert book.claim([new], CHUNK) == []
        assert known(new) == ("DUPLICATE_ADDRESS", True)

    def test_two_newcomers_to_one_address(self, sends):
        _, new = self.former(sends)
        other = person("newer", new.endpoint["Address"].removeprefix("+"))
        assert self.claim(sends, new)
        assert not self.claim(sends, other)
        assert known(other) == ("DUPLICATE_ADDRESS", True)

    def test_the_former_owner_was_claimed_at_another_address(self, sends):
        former, new = self.former(sends)
        elsewhere = person(former.id, "elsewhere", settled=True)
        book = sends.run_ledger()
        book.claim([elsewhere], CHUNK)
        book.record(outcomes([elsewhere]), CHUNK)
        sends.history.left(former, sends.now)
        assert self.claim(sends, new)
