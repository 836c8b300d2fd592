"""Of endpoints with one address one gets the message, whichever of them fail for good."""

from __future__ import annotations

import pytest

from handlers.engagement.campaigns import address_claims, dispatch, ledger, run
from handlers.engagement.campaigns import chunk as sending_step
from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.waiting import WaitingList
from handlers.engagement.store import upserts
from tests.handlers.engagement.campaigns import conftest

ADDRESS = "+14256790000"


@pytest.fixture(autouse=True)
def nobody_owns_an_address(monkeypatch):
    """Several active endpoints have one address, as a run sees them that reads one before and one after a takeover."""
    monkeypatch.setattr(upserts, "_target", lambda *_: "")


@pytest.fixture
def refusing(campaign):
    """A campaign of texts that only a template with the attribute Text fills; without it nothing is sent, for good."""
    message = {"Body": "{{Attributes.Text}}", "MessageType": "TRANSACTIONAL"}

    def create(**members):
        campaign.create(MessageConfiguration={"SMSMessage": message}, **members)

    campaign.create_refusing = create
    return campaign


def endpoint(identifier, *, good, address=ADDRESS):
    text = {"Attributes": {"Text": ["Hi"]}} if good else {}
    return {"Id": identifier, "ChannelType": "SMS", "Address": address, **text}


def metrics(campaign):
    return {
        status: int(count)
        for activity in campaign.activities()
        for status, count in activity["ExecutionMetrics"].items()
    }


@pytest.mark.parametrize("size", [48, 1], ids=["in one batch", "in batches of one"])
@pytest.mark.parametrize("good", [{5}, {0}, {2, 5}, {5, 6, 7}, set()])
def test_an_endpoint_that_fails_for_good_does_not_silence_another_with_its_address(refusing, monkeypatch, size, good):
    monkeypatch.setattr(sending_step, "BATCH", size)
    refusing.store([endpoint(f"e{at}", good=at in good) for at in range(8)])
    refusing.create_refusing()
    assert refusing.run()["Missing"] == 0
    assert sum(refusing.texted().values()) == bool(good)
    found = metrics(refusing)
    assert sum(found.values()) == 8
    assert found.get("SUCCESS", 0) == bool(good)
    assert all(len(statuses) == 1 for statuses in refusing.statuses().values())
    assert len(refusing.statuses()) == 8


def test_a_batch_full_of_pairs_that_fail_is_recorded_within_a_transactions_size(refusing):
    refusing.store([endpoint(f"e{at}", good=at >= 60, address=f"+1425679{at % 60:04d}") for at in range(120)])
    refusing.create_refusing()
    assert refusing.run()["Missing"] == 0
    assert sorted(refusing.texted().values()) == [1] * 60
    found = metrics(refusing)
    assert found["SUCCESS"] == 60
    assert sum(found.values()) == 120


def test_throttled_pairs_get_one_message_each(campaign, monkeypatch):
    monkeypatch.setattr(dispatch, "TRIES", 1)
    campaign.store([endpoint(f"e{at}", good=True, address=f"+1425679{at % 30:04d}") for at in range(60)])
    campaign.create()
    campaign.outbox.broken = 40
    assert campaign.run()["Missing"] == 0
    assert sorted(campaign.texted().values()) == [1] * 30
    assert metrics(campaign) == {"SUCCESS": 30, "DUPLICATE_ADDRESS": 30}


@pytest.mark.parametrize(
    ("after", "chunks"), [(False, 1), (True, 2)], ids=["before the call, in one chunk", "after the call, in two chunks"]
)
def test_a_step_killed_at_any_call_texts_a_shared_address_once_at_the_most(refusing, monkeypatch, after, chunks):
    monkeypatch.setattr(run, "CANDIDATES_PER_CHUNK", 2 if chunks > 1 else 250)
    monkeypatch.setattr(
        ledger, "STEP_MILLISECONDS", 0
    )  # the runner's chunks follow each other: a claim without a result is dead
    refusing.store([endpoint(f"e{at}", good=at > 0) for at in range(3)])
    for number in range(1, 80):
        monkeypatch.setattr(conftest, "CAMPAIGN", f"{number:032x}")
        refusing.create_refusing(Id=conftest.CAMPAIGN)
        refusing.outbox.sent.clear()
        refusing.forget_sends()
        counter = refusing.kill_at(number, after=after)
        assert refusing.run()["Missing"] == 0
        found = metrics(refusing)
        assert max(refusing.texted().values(), default=1) == 1, number
        assert sum(found.values()) == 3, (number, found)
        # Nobody is silenced but by a claim of which nobody knows what became of it.
        assert len(refusing.texted()) + found.get("UNKNOWN", 0) >= 1, (number, found)
        assert found.get("SUCCESS", 0) <= 1, (number, found)
        if next(counter) <= number:
            return
    pytest.fail("the run has more calls than were tried")


def other(identifier):
    return Recipient(endpoint(identifier, good=True), "0")


def taken(campaign, recipient, chunk):
    waiting = WaitingList(campaign.step().ledger, chunk)
    [entry] = waiting.first()
    recipient.tries = entry.tries
    return waiting.claim([(entry, recipient)])


@pytest.mark.parametrize(
    ("result", "claimed"),
    [("FAILURE_PERMANENT", True), ("OPT_OUT", True), ("DROPPED", True), ("SUCCESS", False), ("UNKNOWN", False)],
)
def test_who_meets_a_claim_of_another_chunk_waits_for_its_result(campaign, result, claimed):
    book = campaign.step().ledger
    first, second = other("a"), other("b")
    assert book.claim([first], 0) == [first]
    assert book.claim([second], 1) == []
    assert (second.status, second.again) == ("DUPLICATE_ADDRESS", True)
    second = other("b")
    assert taken(campaign, second, 1) == []
    assert second.again, "it is on the list as before"
    free = book.address_key(first) if result in address_claims.NOT_SENT else None
    book.record([ledger.Outcome("a", "0", result, free=free)], 0)
    second = other("b")
    assert taken(campaign, second, 1) == ([second] if claimed else [])
    assert (second.status, second.again) == ("CLAIMED" if claimed else "DUPLICATE_ADDRESS", False)
    assert not WaitingList(book, 1).first()
    totals = book.totals()
    assert totals.missing["0"] == 0
    assert sum(totals.counts["0"].values()) == 2


def test_a_claim_whose_step_must_have_died_makes_a_duplicate_for_good(campaign, monkeypatch):
    book = campaign.step().ledger
    book.claim([other("a")], 0)
    book.claim([other("b")], 1)
    for _ in range(12):
        second = other("b")
        assert taken(campaign, second, 1) == []
        assert second.again
    monkeypatch.setattr(ledger, "STEP_MILLISECONDS", -1)
    second = other("b")
    assert taken(campaign, second, 1) == []
    assert (second.status, second.again) == ("DUPLICATE_ADDRESS", False)
    assert not WaitingList(book, 1).first()
    assert book.totals().counts["0"] == {"CLAIMED": 1, "DUPLICATE_ADDRESS": 1}


def test_a_dead_claim_of_the_own_chunk_makes_a_duplicate_at_once(campaign):
    book = campaign.step().ledger
    book.claim([other("a")], 0)
    book.claim([other("b")], 0)
    second = other("b")
    assert taken(campaign, second, 0) == []
    assert (second.status, second.again) == ("DUPLICATE_ADDRESS", False)


def test_a_step_that_repeats_a_batch_tells_nobody_who_waits(campaign):
    book = campaign.step().ledger
    first, second = other("a"), other("b")
    assert book.claim([first, second], 0) == [first]
    book.record([ledger.Outcome("a", "0", "THROTTLED", due=1, free=book.address_key(first))], 0)
    first, second = other("a"), other("b")
    assert book.claim([first, second], 0) == []
    assert [(item.status, item.again) for item in (first, second)] == [("THROTTLED", True), ("DUPLICATE_ADDRESS", True)]


def test_a_result_gives_free_only_a_claim_of_its_own(campaign):
    book = campaign.step().ledger
    first, second = other("a"), other("b")
    book.claim([first], 0)
    book.record([ledger.Outcome("a", "0", "INACTIVE", free=book.address_key(first))], 0)
    assert book.claim([second], 0) == [second]
    book.record([ledger.Outcome("a", "0", "INACTIVE", free=book.address_key(first))], 0)
    third = other("c")
    assert book.claim([third], 0) == []
    assert third.status == "DUPLICATE_ADDRESS"
