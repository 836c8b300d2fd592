"""Claims of work, call by call: who gets it, what the table then says, and how many calls it took."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.shared import claims
from handlers.shared.claims import ATTEMPTS, UNCLAIMED, Attempts, Claims, ContendedError, Layout, Standing
from handlers.shared.tables import Table
from tests.handlers.shared.dynamodb import Recording
from tests.handlers.sms_s3_drop.world import Clock

KEY, OTHER = ("w", "1"), ("w", "2")
DAY = 24 * 3600
BARE = Layout(state="state", held="HELD")
OWNED = Layout(state="state", held="HELD", owner="owner", lease="until")
FREED = Layout(state="state", held="HELD", free="FREE", owner="owner", lease="until")
NOTHING_YET = Layout(state="result", held=None, free="LEFT")


class Client(Recording):
    """meanwhile: what another one does just before a write takes effect, once.

    lost: how many answers of writes do not arrive, so that boto3 writes again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Any = None
        self.lost = 0

    def __getattr__(self, operation: str) -> Any:
        answer = super().__getattr__(operation)

        def call(**request: Any) -> dict[str, Any]:
            if operation in ("update_item", "transact_write_items") and self.meanwhile:
                act, self.meanwhile = self.meanwhile, None
                act()
            if operation == "update_item" and self.lost:
                self.lost -= 1
                answer(**request)
            return answer(**request)

        return call


class Book:
    """A table with claims of one layout, and a clock."""

    def __init__(self, layout: Layout, days: float = 2) -> None:
        self.client, self.clock = Client(), Clock()
        self.table = Table("t", self.client)
        self.claims = Claims(self.table, layout, days, self.clock)

    @property
    def now(self) -> int:
        return int(self.clock.now)

    def item(self, key: tuple[str, str] = KEY) -> dict[str, Any] | None:
        item = self.table.get(*key)
        return None if item is None else {name: item[name] for name in item if name not in ("pk", "sk")}


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    made: list[int] = []
    monkeypatch.setattr(claims, "backoff", made.append)
    return made


def test_attempts_pause_from_the_third_on_and_end_after_ten(pauses):
    attempts = Attempts("a claim")
    for _ in range(ATTEMPTS):
        attempts.another()
    with pytest.raises(ContendedError, match=r"^a claim: others were in the way in 10 attempts$"):
        attempts.another()
    assert pauses == [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_is_unclaimed_is_what_is_not_there():
    table = Book(BARE).table
    item = {"pk": "w", "sk": "1"}
    assert [table.put(item, condition=UNCLAIMED) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("layout", [BARE, OWNED], ids=["without a lease", "with a lease and an owner"])
def test_a_claim_is_written_with_what_the_layout_names_and_nothing_else(layout):
    book = Book(layout)
    book.clock.now += 0.5
    claim = book.claims.claim(KEY, 60, values=lambda before: {"tries": len(before)})
    assert (claim.standing, claim.key, claim.before, claim.seconds) == (Standing.CLAIMED, KEY, {}, 0)
    owned = {"owner": claim.owner, "until": book.now + 61} if layout is OWNED else {}
    assert book.item() == {"state": "HELD", "tries": 0, "expires": book.now + 2 * DAY, **owned}
    assert len(claim.owner) == 32
    assert book.client.operations[0] == "update_item" and "transact_write_items" not in book.client.operations


def test_a_claim_of_no_seconds_ends_within_one():
    book = Book(OWNED)
    book.claims.claim(KEY)
    assert (book.item() or {})["until"] == book.now + 1
    book.claims.claim_all([OTHER])
    assert (book.item(OTHER) or {})["until"] == book.now + 1


def test_a_held_claim_ends_with_its_lease_to_the_second_and_is_taken_only_by_who_may_repeat():
    book = Book(OWNED)
    first = book.claims.claim(KEY, 10)
    for passed, seconds in ((0, 11), (0.5, 11), (9.75, 1)):
        book.clock.now += passed
        held = book.claims.claim(KEY, 10, take_lost=True)
        assert (held.standing, held.owner, held.seconds, held.before["state"]) == (
            Standing.HELD, first.owner, seconds, "HELD"
        )  # fmt: skip
    book.clock.now += 0.75
    for lost in (book.claims.claim(KEY, 10), book.claims.claim_all([KEY], 10)[KEY]):
        assert (lost.standing, lost.owner, lost.seconds, lost.key) == (Standing.LOST, first.owner, 0, KEY)
    taken = book.claims.claim(KEY, 10, take_lost=True)
    assert taken.standing is Standing.CLAIMED and taken.owner != first.owner
    assert taken.before["owner"] == first.owner
    assert (book.item() or {})["owner"] == taken.owner


def test_a_claim_without_a_lease_is_lost_to_who_finds_it():
    book = Book(BARE)
    book.claims.claim(KEY, 1000)
    lost = book.claims.claim(KEY, 1000)
    assert (lost.standing, lost.owner, lost.before["state"]) == (Standing.LOST, "", "HELD")
    assert book.claims.claim(KEY, take_lost=True).standing is Standing.CLAIMED


def test_a_result_is_for_good_and_told_with_all_that_was_written():
    book = Book(OWNED)
    claim = book.claims.claim(KEY, 10)
    book.clock.now += 1000
    book.claims.settle(claim, "DONE", {"id": "m1"})
    assert (book.item() or {})["expires"] == book.now + 2 * DAY
    found = book.claims.claim(KEY, 10, take_lost=True)
    assert (found.standing, found.before["state"], found.before["id"]) == (Standing.SETTLED, "DONE", "m1")
    assert (found.key, found.owner) == (KEY, claim.owner)
    book.claims.settle(claim, "AGAIN")
    assert (book.item() or {})["state"] == "AGAIN", "the same owner may say more"


def test_a_result_has_no_owner_where_claims_have_none():
    book = Book(BARE)
    book.claims.settle(book.claims.claim(KEY), "DONE")
    assert book.claims.claim(KEY).owner == ""


def test_work_that_was_given_back_is_free_with_what_was_noted():
    book = Book(FREED)
    first = book.claims.claim(KEY, 1000)
    book.claims.release(first, {"tries": 3})
    assert (book.item() or {})["state"] == "FREE"
    second = book.claims.claim(KEY, 1000, values=lambda before: {"tries": before.get("tries", 0) + 1})
    assert (second.standing, second.before["tries"]) == (Standing.CLAIMED, 3)
    assert second.owner != first.owner
    item = book.item() or {}
    assert (item["state"], item["tries"], item["owner"]) == ("HELD", 4, second.owner)
    book.claims.release(second)
    assert (book.item() or {})["state"] == "FREE"


def test_work_that_is_given_back_where_nothing_says_free_has_a_lease_that_is_over():
    book = Book(OWNED)
    claim = book.claims.claim(KEY, 1000)
    book.claims.release(claim)
    assert (book.item() or {})["state"] == "HELD"
    assert book.claims.claim(KEY, 1000).standing is Standing.LOST
    assert book.claims.claim(KEY, 1000, take_lost=True).standing is Standing.CLAIMED


def test_a_state_that_is_not_there_while_work_is_held_is_removed_when_it_is_claimed_again():
    book = Book(NOTHING_YET)
    book.claims.release(book.claims.claim(KEY))
    claim = book.claims.claim(KEY)
    assert claim.standing is Standing.CLAIMED
    assert book.item() == {"expires": book.now + 2 * DAY}
    assert book.claims.claim(KEY).standing is Standing.LOST
    book.claims.settle(claim, 0)
    assert book.claims.claim(KEY).standing is Standing.SETTLED


def test_what_is_noted_stands_beside_the_claim_and_none_takes_it_away():
    book = Book(OWNED)
    claim = book.claims.claim(KEY, 10)
    book.claims.note(claim, {"part": 1, "more": 2})
    book.claims.note(claim, {"more": None})
    item = book.item() or {}
    assert (item["part"], item["state"], "more" in item) == (1, "HELD", False)


def test_work_that_is_forgotten_was_never_claimed_but_not_by_a_former_owner():
    book = Book(OWNED)
    first = book.claims.claim(KEY, 10)
    book.clock.now += 20
    second = book.claims.claim(KEY, 10, take_lost=True)
    book.claims.forget(first)
    assert (book.item() or {})["owner"] == second.owner
    book.claims.forget(second)
    assert book.item() is None
    bare = Book(BARE)
    bare.claims.forget(bare.claims.claim(KEY))
    assert bare.item() is None


def test_a_former_owner_changes_nothing():
    book = Book(OWNED)
    first = book.claims.claim(KEY, 10)
    book.clock.now += 20
    book.claims.claim(KEY, 10, take_lost=True)
    before = book.item()
    book.claims.settle(first, "DONE")
    book.claims.note(first, {"part": 1})
    book.claims.release(first)
    assert book.item() == before


def test_a_claim_whose_answer_was_lost_is_known_as_the_own_one_with_what_was_there_before():
    book = Book(FREED)
    book.claims.release(book.claims.claim(KEY, 10), {"tries": 3})
    book.client.lost = 1
    claim = book.claims.claim(KEY, 10)
    assert (claim.standing, claim.before["tries"], claim.key) == (Standing.CLAIMED, 3, KEY)
    assert (book.item() or {})["owner"] == claim.owner
    book.client.lost = 1
    assert book.claims.claim(OTHER, 10).before == {}


def test_who_is_overtaken_finds_the_other_one_at_it():
    book = Book(OWNED)
    other = Claims(book.table, OWNED, 1, book.clock)
    book.client.meanwhile = lambda: other.claim(KEY, 10)
    found = book.claims.claim(KEY, 10)
    assert (found.standing, found.seconds) == (Standing.HELD, 11)
    assert (book.item() or {})["owner"] == found.owner


def test_work_is_claimed_only_as_it_was_read(pauses):
    book = Book(FREED)
    other = Claims(book.table, FREED, 1, book.clock)
    book.claims.release(book.claims.claim(KEY, 10))
    book.client.asked.clear()
    real = book.claims._as_they_are

    def read_then_overtaken(keys):
        items = real(keys)
        book.client.meanwhile = lambda: other.settle(other.claim(KEY, 10), "DONE")
        return items

    book.claims._as_they_are = read_then_overtaken
    assert book.claims.claim(KEY, 10).standing is Standing.SETTLED
    assert pauses == [1]


def beside(book, condition="attribute_not_exists(pk)"):
    return [book.table.put_action({"pk": "beside", "sk": "-", "n": 1}, condition)]


def test_what_must_happen_with_a_claim_does_or_the_claim_is_blocked():
    book = Book(OWNED)
    assert book.claims.claim(KEY, 10, beside=beside(book)).standing is Standing.CLAIMED
    assert book.item(("beside", "-")) == {"n": 1}
    blocked = book.claims.claim(OTHER, 10, beside=beside(book))
    assert (blocked.standing, blocked.key, blocked.before) == (Standing.BLOCKED, OTHER, {})
    assert (blocked.owner, blocked.seconds, book.item(OTHER)) == ("", 0, None)


def test_a_claim_that_is_held_is_not_blocked_whatever_stands_beside_it():
    book = Book(OWNED)
    book.claims.claim(KEY, 10, beside=beside(book))
    assert book.claims.claim(KEY, 10, beside=beside(book)).standing is Standing.HELD


def test_a_conflict_is_no_refusal_and_tried_again():
    book = Book(OWNED)
    book.client._conflicts = 2
    for at in range(4):
        action = book.table.put_action({"pk": "beside", "sk": str(at)}, UNCLAIMED)
        assert book.claims.claim(("w", f"c{at}"), 10, beside=[action]).standing is Standing.CLAIMED


def test_several_pieces_of_work_are_claimed_in_one_call_and_each_only_once():
    book = Book(OWNED)
    found = book.claims.claim_all([KEY, OTHER, KEY], 10, values=lambda _: {"n": 7})
    assert [claim.standing for claim in found.values()] == [Standing.CLAIMED] * 2
    assert book.client.operations == ["transact_write_items"]
    assert [(book.item(key) or {})["n"] for key in (KEY, OTHER)] == [7, 7]


def test_of_several_pieces_of_work_those_that_are_taken_are_read_in_one_call_and_the_others_claimed():
    book = Book(OWNED)
    book.claims.settle(book.claims.claim(OTHER, 10), "DONE")
    book.client.asked.clear()
    found = book.claims.claim_all([KEY, OTHER, ("w", "3")], 10)
    assert [found[key].standing for key in (KEY, OTHER, ("w", "3"))] == [
        Standing.CLAIMED, Standing.SETTLED, Standing.CLAIMED
    ]  # fmt: skip
    assert book.client.operations == ["transact_write_items", "batch_get_item", "transact_write_items"]
    assert book.claims.claim_all([]) == {}


def test_one_piece_of_work_costs_one_write_and_one_read():
    book = Book(OWNED)
    book.claims.claim(KEY, 10)
    book.claims.claim_all([KEY], 10)
    assert book.client.operations == ["update_item", "update_item", "get_item"]


def test_lost_work_of_several_is_taken_only_where_it_may_be_repeated():
    book = Book(BARE)
    book.claims.claim_all([KEY, OTHER])
    assert {claim.standing for claim in book.claims.claim_all([KEY, OTHER]).values()} == {Standing.LOST}
    taken = book.claims.claim_all([KEY, OTHER], take_lost=True)
    assert {claim.standing for claim in taken.values()} == {Standing.CLAIMED}


def test_several_results_are_one_transaction_and_a_single_one_is_none():
    book = Book(OWNED)
    found = book.claims.claim_all([KEY, OTHER], 10)
    book.client.asked.clear()
    book.clock.now += 100
    book.claims.settle_all([(claim, "DONE", {"id": key[1]}) for key, claim in found.items()])
    assert book.client.operations == ["transact_write_items"]
    for key in (KEY, OTHER):
        item = book.item(key) or {}
        assert (item["state"], item["id"], item["expires"]) == ("DONE", key[1], book.now + 2 * DAY)
    book.client.asked.clear()
    book.claims.settle_all([(found[KEY], "MORE", {})])
    assert book.client.operations == ["update_item"] and (book.item() or {})["state"] == "MORE"


def test_who_lost_one_of_several_pieces_of_work_enters_the_others():
    book = Book(OWNED)
    ours = book.claims.claim_all([KEY, OTHER], 10)
    book.clock.now += 20
    theirs = book.claims.claim(OTHER, 10, take_lost=True)
    book.claims.settle_all([(claim, "OURS", {}) for claim in ours.values()])
    assert (book.item() or {})["state"] == "OURS"
    assert ((book.item(OTHER) or {})["state"], (book.item(OTHER) or {})["owner"]) == ("HELD", theirs.owner)


def test_work_that_is_contended_in_all_attempts_is_an_error():
    book = Book(OWNED)
    book.client._conflicts = 1
    with pytest.raises(ContendedError, match=r"^claims: others were in the way in 10 attempts$"):
        book.claims.claim_all([KEY, OTHER], 10)
