"""The ledger's claims of endpoints and addresses: what is entered, who may be sent to, and who waits."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns.address_claims import address_digest
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.caps.definitions import Cap
from handlers.shared.claims import ContendedError
from tests.handlers.engagement.campaigns.ledger_world import CHUNK, RUN, known, people, person

EXPIRES = 90 * 24 * 3600
STEP_SECONDS = 15 * 60


def test_a_claim_is_entered_with_all_that_is_known_of_it(sends):
    sends.clock.now += 0.25
    recipient = person("E1", treatment="t1")
    assert sends.ledger().claim([recipient], CHUNK) == [recipient]
    assert recipient.at == sends.now
    assert sends.entry("e1") == sends.entry("E1") == {
        "id": "E1",
        "status": "CLAIMED",
        "changed": sends.now,
        "waits": False,
        "treatment": "t1",
        "chunk": CHUNK,
        "at": sends.now,
        "address": address_digest(recipient),
        "expires": int(sends.clock.now) + EXPIRES,
    }  # fmt: skip
    key = sends.ledger().address_key(recipient)
    address = sends.table.get(*key)
    assert address == {"pk": key[0], "sk": key[1], "owner": "E1", "expires": int(sends.clock.now) + EXPIRES}
    counters = sends.table.get(f"RUN#{RUN}", "C#000007") or {}
    assert (counters["n_t1_CLAIMED"], counters["expires"]) == (1, int(sends.clock.now) + EXPIRES)


def test_who_is_not_to_be_sent_to_is_entered_for_good_without_an_address(sends):
    book, out = sends.ledger(), person("a", status="OPT_OUT")
    assert book.claim([out], CHUNK) == []
    entry = sends.entry("a")
    assert (entry["status"], entry["waits"], "address" in entry) == ("OPT_OUT", False, False)
    other = person("b", "a")
    assert book.claim([other], CHUNK) == [other], "the address is free"
    assert not WaitingList(book, CHUNK).first()
    assert book.totals().counts == {"0": {"OPT_OUT": 1, "CLAIMED": 1}} and not book.totals().missing["0"]


@pytest.mark.parametrize("due", [0, 2_000_000_000_000])
def test_who_waits_is_entered_in_the_list_for_when_it_is_due_or_now(sends, due):
    book, waiting = sends.ledger(), person("A", status="QUIET_TIME" if due else "THROTTLED", again=True, due=due)
    if due:
        assert book.claim([waiting], CHUNK) == []
        [entry] = WaitingList(book, CHUNK).first()
        assert (entry.endpoint_id, entry.treatment_id, entry.status, entry.tries) == ("A", "0", "QUIET_TIME", 0)
        assert (entry.due, entry.key) == (due, f"{due:015d}#a")
        assert sends.entry("A")["waits"] is True
        assert book.totals().missing["0"] == 1
    else:
        assert book.claim([waiting], CHUNK) == [waiting], "its address is free, so it waits no more"


def test_a_duplicate_waits_from_the_moment_of_its_claim(sends):
    book = sends.ledger()
    book.claim([person("a", "1"), person("B", "1")], CHUNK)
    [entry] = WaitingList(book, CHUNK).first()
    assert (entry.due, entry.endpoint_id, entry.status) == (sends.now, "B", "DUPLICATE_ADDRESS")
    item = sends.table.get(book.waiting_pk(CHUNK), entry.key) or {}
    assert (item["tries"], item["expires"]) == (0, book.expires)


@pytest.mark.parametrize(
    ("owners", "sizes"), [((), [97, 97, 9]), (("c",), [97, 97, 97, 13]), (("c", "d"), [97] * 4 + [17])]
)
def test_a_transaction_has_as_many_claims_as_go_with_their_counters(sends, owners, sizes):
    caps = [Cap(owner, 5, None, "CAMPAIGN_CAP") for owner in owners]
    assert len(sends.ledger(*caps).claim(people(100), CHUNK)) == 100
    assert sends.client.transactions == sizes
    assert sends.ledger().totals().counts == {"0": {"CLAIMED": 100}}


def test_a_claim_is_made_once_and_tells_later_steps_what_the_ledger_has(sends):
    book = sends.ledger()
    book.claim([person("a", treatment="t1")], CHUNK)
    first = sends.now
    sends.clock.now += 5
    again, new = person("A"), person("b")
    assert book.claim([again, new], CHUNK) == [new]
    assert (again.status, again.treatment_id, again.at, again.again) == ("CLAIMED", "t1", first, False)
    assert new.at == sends.now
    book.record([Outcome("a", "t1", "SUCCESS")], CHUNK)
    again = person("a")
    assert book.claim([again], CHUNK) == [] and again.status == "SUCCESS"
    assert book.totals().counts == {"t1": {"CLAIMED": 0, "SUCCESS": 1}, "0": {"CLAIMED": 1}}


def test_an_entry_without_its_time_and_whether_it_waits_tells_neither(sends):
    book = sends.ledger()
    pk, sk = book.endpoint_key("a")
    sends.table.put({"pk": pk, "sk": sk, "id": "a", "status": "CLAIMED", "treatment": "0", "chunk": CHUNK})
    found = person("a", at=5)
    assert book.claim([found], CHUNK) == []
    assert (found.at, found.again) == (0, False)
    assert [claim.at for batch, _ in book.open_claims() for claim in batch] == [0]


def test_one_of_a_batch_that_is_known_keeps_nobody_else_from_theirs(sends):
    book = sends.ledger()
    book.claim(people(3), 0)
    later = [*people(6), person("x", "e5"), person("y", "e0")]
    assert [one.id for one in book.claim(later, 1)] == ["e3", "e4", "e5"]
    assert known(later[6]) == known(later[7]) == ("DUPLICATE_ADDRESS", True)


def test_claims_that_others_are_in_the_way_of_for_ever_are_an_error(sends):
    sends.client._conflicts = 1
    with pytest.raises(ContendedError, match="claims of a batch"):
        sends.ledger().claim(people(2), CHUNK)
    assert len(sends.client.transactions) == 10


def test_a_conflict_changes_nothing_but_that_it_is_tried_again(sends):
    sends.client._conflicts = 2
    book = sends.ledger(Cap("c", 5, None, "CAMPAIGN_CAP"))
    for at in range(3):
        assert len(book.claim(people(2, f"p{at}"), CHUNK)) == 2
        book.record(
            [Outcome(f"p{at}0", "0", "SUCCESS"), Outcome(f"p{at}1", "0", "DROPPED", uncounted=sends.now)], CHUNK
        )
    assert len(sends.client.transactions) > 6
    assert book.totals().counts == {"0": {"CLAIMED": 0, "SUCCESS": 3, "DROPPED": 3}}


def test_of_recipients_with_one_address_one_is_claimed_and_the_others_wait_for_its_result(sends):
    book = sends.ledger()
    same = [person(name, "1") for name in "abc"]
    alone = person("d", "2")
    assert book.claim([*same, alone], CHUNK) == [same[0], alone]
    assert [known(one) for one in same] == [("CLAIMED", False), *[("DUPLICATE_ADDRESS", True)] * 2]
    assert book.totals().missing["0"] == 2


@pytest.mark.parametrize(("seconds", "waits"), [(0, True), (STEP_SECONDS, True), (STEP_SECONDS + 1, False)])
def test_an_owner_without_a_result_is_waited_for_as_long_as_its_step_may_live(sends, seconds, waits):
    book = sends.ledger()
    book.claim([person("A", "1")], 0)
    sends.clock.now += seconds
    second = person("b", "1")
    assert book.claim([second], 1) == []
    assert known(second) == ("DUPLICATE_ADDRESS", waits)
    assert len(WaitingList(book, 1).first()) == waits


def test_an_owner_that_was_erased_is_not_waited_for(sends):
    book = sends.ledger()
    book.claim([person("a", "1")], 0)
    sends.table.delete(*book.endpoint_key("a"))
    second = person("b", "1")
    book.claim([second], 1)
    assert known(second) == ("DUPLICATE_ADDRESS", False)


def test_an_address_is_claimed_anew_by_its_own_endpoint(sends):
    book = sends.ledger()
    book.claim([person("a", "1")], 0)
    sends.table.delete(*book.endpoint_key("a"))  # the entry was erased, the address's claim was not
    again = person("a", "1")
    assert book.claim([again], 0) == [again]


def test_who_waits_is_claimed_from_the_list_with_the_address(sends):
    book, first = sends.ledger(), person("A", "1")
    book.claim([first], CHUNK)
    book.record([Outcome("A", "0", "THROTTLED", due=123, free=book.address_key(first))], CHUNK)
    sends.clock.now += 60
    waiting = WaitingList(book, CHUNK)
    [entry] = waiting.first()
    assert waiting.claim([(entry, person("A", "1"))])
    found = sends.entry("A")
    assert (found["status"], found["changed"], found["waits"]) == ("CLAIMED", sends.now, False)
    assert found["address"] == address_digest(first)
    assert (sends.table.get(*book.address_key(first)) or {})["owner"] == "A"
    assert book.totals().missing["0"] == 0


def test_an_entry_that_waits_says_so_to_who_asks_for_it_again(sends):
    book = sends.ledger()
    pk, sk = book.endpoint_key("a")
    item = {"pk": pk, "sk": sk, "id": "a", "status": "THROTTLED", "treatment": "0", "chunk": CHUNK, "waits": True}
    sends.table.put(item)
    found = person("a")
    assert book.claim([found], CHUNK) == [] and known(found) == ("THROTTLED", True)


@pytest.mark.parametrize(("given", "kept"), [({"address": "digest"}, "digest"), ({}, "former")])
def test_a_changed_entry_keeps_the_address_that_was_claimed_last(sends, given, kept):
    book = sends.ledger()
    pk, sk = book.endpoint_key("a")
    sends.table.put({"pk": pk, "sk": sk, "id": "a", "status": "THROTTLED", "address": "former"})
    sends.table.transact([book.change_action("a", "THROTTLED", "CLAIMED", waits=False, **given)])
    assert sends.entry("a")["address"] == kept
