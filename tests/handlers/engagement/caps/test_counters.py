"""The counters of caps: nobody gets one message too many, whoever sends at the same time; nobody is kept from theirs by others."""

from __future__ import annotations

import time
import zlib

import pytest

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.campaigns.entries import Outcome
from handlers.engagement.campaigns.ledger import Ledger
from handlers.engagement.campaigns.waiting import Entry, WaitingList
from handlers.engagement.caps.counters import FORGOTTEN_SECONDS, Counters, counter_key
from handlers.engagement.caps.definitions import CAMPAIGN, DAY_SECONDS, JOURNEY, Cap, CapSet

DAY = DAY_SECONDS


class Clock:
    def __init__(self):
        self.now = time.time()

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def recipient(name, status="CLAIMED"):
    endpoint = {"Id": name, "ChannelType": "SMS", "Address": f"+1206{zlib.crc32(name.encode()) % 10**7:07d}"}
    return Recipient(endpoint, "0", status)


def ledger(world, clock, run, *caps, kind=CAMPAIGN, owners=()):
    owners = tuple(dict.fromkeys([*(cap.owner for cap in caps), *owners]))
    return Ledger(world.tables.sends, run, Counters(world.tables.sends, CapSet(kind, caps, owners), clock), clock)


def claimed(book, *names):
    """What each gets: CLAIMED, or the status of the cap that it has reached."""
    recipients = [recipient(name) for name in names]
    book.claim(recipients, 0)
    return [one.status for one in recipients]


TWICE = Cap("c1", 2, None, "CAMPAIGN_CAP")


def test_a_total_holds_over_runs_for_each_endpoint_by_itself(world, clock):
    for run, expected in enumerate(["CLAIMED", "CLAIMED", "CAMPAIGN_CAP", "CAMPAIGN_CAP"]):
        names = ("a", "b") if run != 1 else ("a",)
        assert claimed(ledger(world, clock, f"c1#1#{run}", TWICE), *names)[0] == expected
        clock.now += 400 * DAY
    assert claimed(ledger(world, clock, "c1#2#9", TWICE), "A", "b", "c") == ["CAMPAIGN_CAP", "CAMPAIGN_CAP", "CLAIMED"]


def test_a_daily_cap_is_of_the_24_hours_before(world, clock):
    daily = Cap("c1", 2, DAY, "DAILY_CAP")
    found = []
    for run, hours in enumerate((0, 10, 10, 4.1, 10)):
        clock.now += hours * 3600
        found += claimed(ledger(world, clock, f"c1#1#{run}", daily), "a")
    assert found == ["CLAIMED", "CLAIMED", "DAILY_CAP", "CLAIMED", "CLAIMED"]


def test_journeys_and_campaigns_count_where_a_cap_says_so(world, clock):
    both = Cap("app", 2, DAY, "DAILY_CAP")
    journeys = Cap("app", 1, 7 * DAY, "DAILY_CAP", JOURNEY)
    assert claimed(ledger(world, clock, "c1", owners=["app"]), "a") == ["CLAIMED"]
    assert claimed(ledger(world, clock, "j1", journeys, kind=JOURNEY), "a") == ["CLAIMED"]
    assert claimed(ledger(world, clock, "j2", journeys, kind=JOURNEY), "a") == ["DAILY_CAP"]
    assert claimed(ledger(world, clock, "c2", both), "a") == ["DAILY_CAP"]
    clock.now += 2 * DAY
    assert claimed(ledger(world, clock, "c3", both), "a") == ["CLAIMED"]
    assert claimed(ledger(world, clock, "j3", journeys, kind=JOURNEY), "a") == ["DAILY_CAP"]
    clock.now += 5 * DAY
    assert claimed(ledger(world, clock, "j4", journeys, kind=JOURNEY), "a") == ["CLAIMED"]


@pytest.mark.parametrize("counters", [1, 2])
def test_a_whole_batch_is_claimed_with_its_counters_and_who_is_capped_keeps_nobody_from_theirs(world, clock, counters):
    caps = [Cap(f"c{at}", 1, None, "CAMPAIGN_CAP") for at in range(counters)]
    names = [f"e{at}" for at in range(48)]
    assert claimed(ledger(world, clock, "r1", *caps), *names[:20]) == ["CLAIMED"] * 20
    assert claimed(ledger(world, clock, "r2", *caps), *names) == ["CAMPAIGN_CAP"] * 20 + ["CLAIMED"] * 28


def test_a_capped_endpoint_leaves_its_address_to_another_one(world, clock):
    once = Cap("own", 1, None, "CAP")
    claimed(ledger(world, clock, "r1", once), "a")
    first, second = recipient("a"), recipient("b")
    second.endpoint["Address"] = first.endpoint["Address"]
    ledger(world, clock, "r2", once).claim([first, second], 0)
    assert (first.status, second.status) == ("CAP", "CLAIMED")


def test_two_workers_with_one_endpoint_cannot_pass_a_cap(world, clock):
    cap = Cap("app", 1, DAY, "DAILY_CAP")
    other = []

    def first(**_):
        if not other:
            other.append("begun")
            other[:] = claimed(ledger(world, clock, "c2", cap), "a", "b")

    world.tables.sends.client.meta.events.register("before-call.dynamodb.TransactWriteItems", first)
    assert claimed(ledger(world, clock, "c1", cap), "a", "x", "b") == ["DAILY_CAP", "CLAIMED", "DAILY_CAP"]
    assert other == ["CLAIMED", "CLAIMED"]


def test_a_claim_that_is_made_again_is_counted_once(world, clock):
    for _ in range(3):
        assert claimed(ledger(world, clock, "c1#1#0", TWICE), "a") == ["CLAIMED"]
    assert claimed(ledger(world, clock, "c1#1#1", TWICE), "a") == ["CLAIMED"]
    assert claimed(ledger(world, clock, "c1#1#2", TWICE), "a") == ["CAMPAIGN_CAP"]


def test_a_campaign_counts_whom_it_targets_in_quiet_time_and_a_journey_does_not(world, clock):
    once = Cap("own", 1, None, "CAP")
    ledger(world, clock, "c1", once).claim([recipient("a", "QUIET_TIME")], 0)
    assert claimed(ledger(world, clock, "c2", once), "a") == ["CAP"]
    ledger(world, clock, "j1", once, kind=JOURNEY).claim([recipient("b", "QUIET_TIME"), recipient("a", "OPT_OUT")], 0)
    assert claimed(ledger(world, clock, "j2", once, kind=JOURNEY), "b") == ["CLAIMED"]


@pytest.mark.parametrize(
    ("kind", "status", "again", "counts"),
    [
        (JOURNEY, "SUCCESS", False, True),
        (JOURNEY, "UNKNOWN", False, True),
        (JOURNEY, "FAILURE_PERMANENT", False, False),
        (JOURNEY, "OPT_OUT", False, False),
        (JOURNEY, "THROTTLED", True, False),
        (CAMPAIGN, "FAILURE_PERMANENT", False, True),
        (CAMPAIGN, "THROTTLED", True, False),
    ],
)
def test_what_certainly_was_not_sent_is_taken_back(world, clock, kind, status, again, counts):
    once = Cap("own", 1, None, "CAP")
    book = ledger(world, clock, "r1", once, kind=kind)
    (one,) = book.claim([recipient("a")], 0)
    one.status, one.again = status, again
    due = int(clock.now * 1000) if again else None
    book.record([Outcome("a", "0", status, due, 1, book.address_key(one), book.caps.taken_back(one))], 0)
    assert claimed(ledger(world, clock, "r2", once, kind=kind), "a") == ["CAP" if counts else "CLAIMED"]


def test_who_waits_is_counted_when_it_is_claimed_again_and_capped_if_others_were_quicker(world, clock):
    once = Cap("own", 1, None, "CAP")
    book = ledger(world, clock, "r1", once)
    due = int(clock.now * 1000)
    names = [f"e{at}" for at in range(24)]
    ones = book.claim([recipient(name) for name in names], 0)
    for one in ones:
        one.status, one.again = "THROTTLED", True
    book.record([Outcome(one.id, "0", "THROTTLED", due, 1, book.address_key(one), one.at) for one in ones], 0)
    assert claimed(ledger(world, clock, "r2", once), "e0") == ["CLAIMED"]
    waiting = WaitingList(book, 0)
    pairs = [(entry, recipient(entry.endpoint_id)) for entry in waiting.due(due, 0)]
    assert len(waiting.claim(pairs)) == 23
    assert {one.id: one.status for _, one in pairs}["e0"] == "CAP"
    assert waiting.first() == [] and book.totals().counts["0"] == {"CLAIMED": 23, "CAP": 1, "THROTTLED": 0}
    assert claimed(ledger(world, clock, "r3", once), "e1") == ["CAP"]
    assert isinstance(pairs[0][0], Entry)


def test_a_counter_that_still_caps_is_not_forgotten(world, clock):
    once = Cap("own", 1, None, "CAP")
    claimed(ledger(world, clock, "r0", once), "a")
    for run in range(1, 6):
        clock.now += FORGOTTEN_SECONDS * 0.4
        assert claimed(ledger(world, clock, f"r{run}", once), "a") == ["CAP"]
        (item,) = world.tables.sends.batch_get([counter_key("own", "a")]).values()
        assert item["expires"] > clock.now + FORGOTTEN_SECONDS * 0.4


def test_marks_are_bounded(world, clock):
    many = Cap("own", 100, 30 * DAY, "CAP", JOURNEY)
    for run in range(110):
        clock.now += DAY // 2
        assert claimed(ledger(world, clock, f"r{run}", many, kind=JOURNEY), "a") == ["CLAIMED"]
    (item,) = world.tables.sends.batch_get([counter_key("own", "a")]).values()
    assert len(item["marks"].split()) == 60 and item["total"] == 110


def test_without_caps_nothing_is_read_or_written_for_them(world, clock):
    world.calls.clear()
    assert claimed(Ledger(world.tables.sends, "c1"), "a", "b") == ["CLAIMED", "CLAIMED"]
    assert world.calls == {"TransactWriteItems": 1}
