"""What a counter notes of a message, how long, and what of it a cap asks for: on a shelf in memory, to the second."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.engagement.campaigns.audience import Recipient
from handlers.engagement.caps.counters import FORGOTTEN_SECONDS, KEPT_SECONDS, MARKS, Counters, counter_key
from handlers.engagement.caps.definitions import CAMPAIGN, DAY_SECONDS, JOURNEY, Cap, CapSet
from handlers.engagement.store.shards import shard_of

NOW = 1_800_000_000
DAY = DAY_SECONDS
EVER = Cap("own", 1, None, "CAMPAIGN_CAP")


class Shelf:
    """Holds items as a table does for counters: what is set is there where it was as known. asked: keys, in order."""

    def __init__(self) -> None:
        self.items: dict[Any, dict[str, Any]] = {}
        self.asked: list[Any] = []

    def batch_get(self, keys):
        self.asked += (keys := list(keys))
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def set_action(self, *key, known):
        *key, values = key
        return {"key": tuple(key), "values": values, "known": known}

    def set(self, *key, known):
        return self.do([self.set_action(*key, known=known)])

    def do(self, actions) -> bool:
        """All of a transaction's actions, or none."""
        held = [self.items.get(action["key"], {}) for action in actions]
        for action, item in zip(actions, held, strict=True):
            if any(item.get(name) != value for name, value in action["known"].items()):
                return False
        for action in actions:
            self.items.setdefault(action["key"], {}).update(action["values"])
        return True


@pytest.fixture
def shelf():
    return Shelf()


def counters(shelf, *caps, kind=CAMPAIGN, owners=("own",), now: float = NOW):
    return Counters(shelf, CapSet(kind, caps, owners), lambda: now)


def recipient(name="a", status="CLAIMED", at=NOW * 1000, due=0, again=False):
    return Recipient({"Id": name}, "0", status, at=at, due=due, again=again)


def counted(shelf, made, *recipients):
    return shelf.do(made.count(recipients, made.read([one.id for one in recipients])))


def judged(made, one):
    made.judge([one])
    return one.status


def held(shelf, owner="own", name="a"):
    return shelf.items[counter_key(owner, name)]


def test_the_first_message_makes_the_counter_and_each_further_one_adds_to_it(shelf):
    assert counted(shelf, counters(shelf), recipient(at=0xABCDEF * 1000 + 999)) and held(shelf)["marks"] == ""
    assert counted(shelf, counters(shelf), recipient(at=NOW * 1000 - 1))
    assert counted(shelf, counters(shelf), recipient(at=NOW * 1000 + 999))
    marks = f"c{NOW - 1:x} c{NOW:x}"
    assert held(shelf) == {"version": 3, "total": 3, "marks": marks, "expires": NOW + 800 * DAY}


def test_of_two_that_count_from_what_they_both_read_one_alone_is_counted(shelf):
    made = counters(shelf)
    for total in (1, 2):
        first, second = (made.count([recipient()], made.read(["a"])) for _ in range(2))
        assert shelf.do(first) and not shelf.do(second)
        assert held(shelf)["total"] == total


def test_a_counter_is_found_by_its_owner_and_the_id_whatever_its_case(shelf):
    assert counter_key("own", "Ab") == counter_key("own", "aB") == (f"CAP#own#{shard_of('ab'):02d}", "ab")
    assert len(counter_key("own", "a")[0]) == len("CAP#own#00")
    assert counter_key("own", "a") != counter_key("app", "a")


def test_a_message_counts_with_every_owner(shelf):
    made = counters(shelf, owners=("own", "app"))
    assert made.actions_each == 2 and counters(shelf, owners=()).actions_each == 0
    assert counted(shelf, made, recipient(), recipient("b"))
    assert [held(shelf, owner, name)["total"] for owner in ("own", "app") for name in "ab"] == [1] * 4


@pytest.mark.parametrize(
    ("kind", "one", "total"),
    [
        (CAMPAIGN, recipient(), 1),
        (CAMPAIGN, recipient(status="QUIET_TIME"), 1),
        (CAMPAIGN, recipient(status="OPT_OUT"), 0),
        (CAMPAIGN, recipient(due=1), 0),
        (CAMPAIGN, recipient(status="QUIET_TIME", due=1), 0),
        (JOURNEY, recipient(), 1),
        (JOURNEY, recipient(status="QUIET_TIME"), 0),
        (JOURNEY, recipient(status="OPT_OUT"), 0),
        (JOURNEY, recipient(due=1), 0),
    ],
)
def test_who_counts_is_judged_and_who_does_not_is_neither_counted_nor_asked_for(shelf, kind, one, total):
    made = counters(shelf, EVER, kind=kind)
    before = one.status
    assert judged(made, one) == before
    assert len(shelf.asked) == total
    assert counted(shelf, made, one)
    assert sum(item["total"] for item in shelf.items.values()) == total
    assert judged(made, one) == ("CAMPAIGN_CAP" if total else before)


def test_without_owners_nothing_is_asked_counted_or_taken_back(shelf):
    made = counters(shelf, owners=())
    assert made.judge([recipient()]) == {} and made.count([recipient()], {}) == []
    assert made.taken_back(recipient(again=True)) == 0
    assert made.take_back("a", NOW, {}) == [] and shelf.asked == []


@pytest.mark.parametrize("most", [1, 2])
def test_a_total_is_reached_by_as_many_messages_as_it_says_however_old(shelf, most):
    cap = Cap("own", most, None, "CAMPAIGN_CAP")
    for at in range(most):
        assert judged(counters(shelf, cap), recipient()) == "CLAIMED"
        assert counted(shelf, counters(shelf, cap), recipient(at=at))
    assert held(shelf)["marks"] == ""
    assert judged(counters(shelf, cap), recipient()) == "CAMPAIGN_CAP"


@pytest.mark.parametrize(("age", "status"), [(DAY - 1, "DAILY_CAP"), (DAY, "CLAIMED")])
@pytest.mark.parametrize("most", [1, 2])
def test_a_time_is_over_to_the_second(shelf, age, status, most):
    daily = Cap("own", most, DAY, "DAILY_CAP")
    for _ in range(most):
        counted(shelf, counters(shelf), recipient())
    assert judged(counters(shelf, daily, now=NOW + age + 0.9), recipient()) == status
    one_more = Cap("own", most + 1, DAY, "DAILY_CAP")
    assert judged(counters(shelf, one_more, now=NOW + age), recipient()) == "CLAIMED"


@pytest.mark.parametrize(("kind", "kept"), [(CAMPAIGN, DAY), (JOURNEY, 30 * DAY)])
def test_a_mark_is_kept_as_long_as_the_longest_cap_asks_for_it(shelf, kind, kept):
    assert KEPT_SECONDS[kind] == kept
    counted(shelf, counters(shelf, kind=kind), recipient())
    for age, number in ((kept - 1, 2), (kept, 2)):  # at `kept` the first is gone, and the one of `kept - 1` is there
        later = NOW + age
        counted(shelf, counters(shelf, kind=kind, now=later), recipient(at=later * 1000))
        assert len(held(shelf)["marks"].split()) == number, age
    assert held(shelf)["total"] == 3


def test_of_each_kind_a_hundred_marks_are_kept_the_latest_ones(shelf):
    assert MARKS == 100
    newest_first = [NOW - age for age in range(120)]
    for kind in (JOURNEY, CAMPAIGN):
        for at in newest_first:
            counted(shelf, counters(shelf, kind=kind), recipient(at=at * 1000))
    latest = sorted(newest_first)[-100:]
    assert held(shelf)["marks"].split() == [f"{kind}{at:x}" for kind in (CAMPAIGN, JOURNEY) for at in latest]
    assert held(shelf)["total"] == 240


def test_the_latest_marks_are_so_by_their_time_not_by_their_text(shelf):
    counted(shelf, counters(shelf, now=0x1000), recipient(at=0x1000 * 1000))
    counted(shelf, counters(shelf, now=0x1000), recipient(at=0xFFF * 1000))
    assert held(shelf)["marks"] == "cfff c1000"


def test_what_is_taken_back_is_that_message_and_no_other(shelf):
    made = counters(shelf)
    counted(shelf, made, recipient(at=(NOW - 60) * 1000))
    counted(shelf, made, recipient(at=NOW * 1000 + 5))
    assert shelf.do(made.take_back("A", (NOW - 60) * 1000 + 999, made.read(["a"])))
    assert held(shelf) == {"version": 3, "total": 1, "marks": f"c{NOW:x}", "expires": NOW + FORGOTTEN_SECONDS}


def test_what_left_no_mark_is_taken_back_from_the_total_which_is_never_below_nothing(shelf):
    made = counters(shelf)
    counted(shelf, made, recipient())
    for total in (0, 0):
        assert shelf.do(made.take_back("a", 5000, made.read(["a"])))
        assert (held(shelf)["total"], held(shelf)["marks"]) == (total, f"c{NOW:x}")


def test_nothing_is_taken_back_from_a_counter_that_is_gone(shelf):
    made = counters(shelf, owners=("own", "app"))
    counted(shelf, counters(shelf), recipient())
    (action,) = made.take_back("a", NOW * 1000, made.read(["a"]))
    assert action["key"] == counter_key("own", "a")


@pytest.mark.parametrize(
    ("kind", "status", "again", "back"),
    [
        (CAMPAIGN, "SUCCESS", False, False),
        (CAMPAIGN, "FAILURE_PERMANENT", False, False),
        (CAMPAIGN, "THROTTLED", True, True),
        (JOURNEY, "SUCCESS", False, False),
        (JOURNEY, "FAILURE_PERMANENT", False, True),
        (JOURNEY, "THROTTLED", True, True),
    ],
)
def test_what_does_not_count_after_all_is_told_by_the_time_it_was_counted(shelf, kind, status, again, back):
    one = recipient(status=status, again=again)
    assert counters(shelf, kind=kind).taken_back(one) == (NOW * 1000 if back else 0)


@pytest.mark.parametrize(
    ("age", "lives_on"), [(0, False), (FORGOTTEN_SECONDS // 2, False), (FORGOTTEN_SECONDS // 2 + 1, True)]
)
def test_a_counter_that_keeps_somebody_from_messages_lives_on_once_half_its_time_is_over(shelf, age, lives_on):
    counted(shelf, counters(shelf), recipient())
    later = NOW + age
    assert judged(counters(shelf, EVER, now=later), recipient()) == "CAMPAIGN_CAP"
    assert held(shelf)["expires"] == (later if lives_on else NOW) + FORGOTTEN_SECONDS


def test_a_counter_that_was_changed_meanwhile_lives_on_by_that_change(shelf):
    counted(shelf, counters(shelf), recipient())
    late = NOW + FORGOTTEN_SECONDS - 1
    made = counters(shelf, EVER, now=late)
    shelf.batch_get = lambda keys: {key: {**shelf.items[key], "version": 7} for key in keys}
    assert judged(made, recipient()) == "CAMPAIGN_CAP"
    assert held(shelf)["expires"] == NOW + FORGOTTEN_SECONDS


def test_the_first_cap_that_is_reached_names_the_status(shelf):
    caps = [Cap("own", 2, None, "FIRST"), Cap("own", 1, DAY, "SECOND"), Cap("own", 1, None, "THIRD")]
    counted(shelf, counters(shelf), recipient())
    assert judged(counters(shelf, *caps), recipient()) == "SECOND"
    assert judged(counters(shelf, *caps), recipient("b")) == "CLAIMED"


@pytest.mark.parametrize(("kinds", "status"), [(CAMPAIGN, "CLAIMED"), (JOURNEY, "CAP"), (CAMPAIGN + JOURNEY, "CAP")])
def test_a_cap_counts_the_kinds_that_it_says(shelf, kinds, status):
    counted(shelf, counters(shelf, kind=JOURNEY), recipient())
    assert judged(counters(shelf, Cap("own", 1, DAY, "CAP", kinds)), recipient()) == status
