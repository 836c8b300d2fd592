"""Groups: who stands together, how they are written and read, and how many steps a transaction takes."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.engagement.campaigns.ledger import BATCH
from handlers.engagement.journeys import states
from handlers.engagement.journeys.engine import Position
from handlers.engagement.journeys.groups import (
    COUNTERS,
    PEOPLE,
    Group,
    Move,
    due_of,
    group_item,
    grouped,
    packed,
    read_group,
)
from handlers.engagement.journeys.messages import Messenger
from handlers.engagement.journeys.participants import Due, Entrant, Participants
from handlers.engagement.store.shards import shard_of
from handlers.shared.attribute_values import to_wire
from handlers.shared.tables import TRANSACTION_SIZE
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages

ONE = Position("ada", "run", 1, "wait", 5, 9, waiting=True)


def people(count, **standing):
    """So many of ONE's shard."""
    ids = (name for name in (f"{number:036d}" for number in itertools.count()) if shard_of(name) == shard_of(ONE.id))
    return [replace(ONE, id=next(ids), entry=number + 1, **standing) for number in range(count)]


def group(positions, key="000000000000009#x"):
    return Group(key, tuple(positions))


def leaving(count, run="run", counts=1):
    """A group of so many who all leave, and count so many metrics."""
    metrics = Counter({(f"activity-{number}", "PASSED"): 1 for number in range(counts)})
    return Move(group(people(count, run=run)), [None] * count, metrics)


@pytest.mark.parametrize(
    "other", [{"run": "other"}, {"activity": "other"}, {"arrived": 6}, {"due": 10}, {"waiting": False}], ids=str
)
def test_who_stands_elsewhere_or_at_another_time_is_in_another_group(other):
    bo, cy = people(2)
    assert grouped([ONE, bo, replace(cy, **other)]) == [[ONE, bo], [replace(cy, **other)]]


def test_who_is_of_another_shard_is_in_another_group():
    of_another = next(name for name in ("a", "b", "c", "d", "e") if shard_of(name) != shard_of(ONE.id))
    assert grouped([ONE, replace(ONE, id=of_another)]) == [[ONE], [replace(ONE, id=of_another)]]
    assert group([ONE]).shard == shard_of(ONE.id)


def test_a_group_has_at_most_so_many_people_as_fit_five_kilobytes():
    together = people(2 * PEOPLE + 1)
    assert list(map(len, grouped(together))) == [PEOPLE, PEOPLE, 1]
    item = {
        "pk": f"JD#{'j' * 32}#00",
        **group_item([replace(one, run="r" * 32, activity="a" * 36) for one in people(PEOPLE)]),
    }
    assert sum(len(name) + len(str(value)) for name, value in to_wire(item).items()) < 5 * 1024


def test_a_group_is_read_as_it_was_written():
    together = [ONE, replace(ONE, id='Bo "ß"', entry=3)]
    item = group_item(together)
    assert due_of(item) == 9
    assert read_group(item) == group(together, item["sk"])
    assert group_item(together)["sk"] != item["sk"]


def test_a_participant_of_a_former_release_is_a_group_of_its_own():
    item = {"sk": "000000000000009#ada", "id": "Ada", "run": "run", "entry": 2, "activity": "wait", "arrived": 5}
    assert read_group({**item, "waiting": True}) == group([replace(ONE, id="Ada", entry=2)], "000000000000009#ada")


def test_steps_of_many_groups_are_one_transaction():
    moves = [Move(group(people(PEOPLE)), people(PEOPLE, activity="next"), Counter()) for _ in range(49)]
    assert list(map(len, packed(moves))) == [49]  # two actions each, and two counters
    assert list(map(len, packed(moves * 2))) == [49, 49]


def test_a_transaction_has_at_most_a_hundred_actions():
    assert list(map(len, packed([leaving(40), leaving(40), leaving(14), leaving(1)]))) == [3, 1]
    assert list(map(len, packed([leaving(40), leaving(40), leaving(15)]))) == [3]  # 41 + 41 + 16, and two counters
    assert list(map(len, packed([leaving(40), leaving(40), leaving(15, run="other")]))) == [2, 1]
    each_elsewhere = [replace(one, due=number) for number, one in enumerate(people(40))]
    apart = Move(group(people(40)), each_elsewhere, Counter())
    assert list(map(len, packed([apart, apart, apart]))) == [2, 1]


def test_whatever_becomes_of_a_group_fits_a_transaction():
    whole = group(people(PEOPLE))
    elsewhere = [replace(one, due=number) for number, one in enumerate(whole.positions)]
    for stand in ([None] * PEOPLE, elsewhere, [None, *elsewhere[1:]]):
        assert Move(whole, stand, Counter()).actions + 2 <= TRANSACTION_SIZE


def test_a_transaction_counts_at_most_so_many_metrics_as_an_expression_takes():
    assert list(map(len, packed([leaving(1, counts=COUNTERS), leaving(1, counts=COUNTERS)]))) == [2]
    assert list(map(len, packed([leaving(1, counts=COUNTERS), leaving(1, counts=COUNTERS + 1)]))) == [1, 1]
    assert list(packed([])) == []


def entered(runner, names):
    """Participants of a journey of whom these are inside, with their shard."""
    participants = Participants(runner.tables.sends, two_messages(runner))
    shard = shard_of(names[0])
    entrants = [Entrant(Position(name, "run", 1, "split", 5, 5), None) for name in names]
    assert participants.enter("run", shard, entrants, Counter(), [])
    return participants, shard


def of_one_shard(count):
    names = (f"e{number}" for number in range(10_000))
    shard = shard_of("e0")
    return [name for name in names if shard_of(name) == shard][:count]


def test_a_group_that_goes_two_ways_is_two_groups_and_who_has_left_is_inside_no_more(runner):
    names = of_one_shard(5)
    participants, shard = entered(runner, names)
    found = participants.due(shard, 5)
    [together] = found.groups
    assert not found.more and found.people == 5
    assert participants.due(shard, 4) == Due([], False)
    first, second, *rest = together.positions
    stands = [None, replace(second, activity="no", due=7), *(replace(one, activity="yes", due=6) for one in rest)]
    assert participants.move([Move(together, stands, Counter({("split", "Branch_yes"): 3}))]) == [together]
    apart = participants.due(shard, 7)
    assert [[at.id for at in one.positions] for one in apart.groups] == [[at.id for at in rest], [second.id]]
    known = participants.known(names)
    assert "run" not in known[first.id] and known[second.id]["run"] == "run"
    counts = participants.counts()
    assert counts["split", "Branch_yes"] == 3 and counts["", "ENDPOINT_LEFT"] == 1


def test_groups_whose_steps_another_worker_made_are_left_out_and_the_others_make_theirs(runner):
    names = of_one_shard(PEOPLE + 1)
    participants, shard = entered(runner, names)
    one, other = participants.due(shard, 5).groups

    def onward(together, activity):
        stands = [replace(at, activity=activity) for at in together.positions]
        return Move(together, stands, Counter({("split", f"Branch_{activity}"): len(stands)}))

    assert participants.move([onward(one, "yes")]) == [one]
    assert participants.move([onward(one, "no"), onward(other, "no")]) == [other]
    counts = participants.counts()
    assert counts["split", "Branch_yes"] == len(one.positions)
    assert counts["split", "Branch_no"] == len(other.positions)
    standing = {at.id: at.activity for each in participants.due(shard, 5).groups for at in each.positions}
    assert len(standing) == len(names)
    assert {standing[at.id] for at in one.positions} == {"yes"}


def test_participants_of_a_former_release_walk_on(runner):
    """Items of one participant each, as they stood when the new release was deployed."""
    runner.endpoints("a", "b")
    journey = two_messages(runner)
    runner.work()
    table = runner.tables.sends
    for shard in {shard_of("a"), shard_of("b")}:
        pk = f"JD#{journey}#{shard:02d}"
        for item in list(table.all(pk)):
            table.delete(pk, item["sk"])
            for at in read_group(item).positions:
                shared = {name: item[name] for name in ("run", "activity", "arrived", "waiting")}
                table.put({"pk": pk, "sk": f"{at.due:015d}#{at.id}", "id": at.id, "entry": at.entry, **shared})
    runner.clock.turn(74 * HOUR)
    assert runner.work()["Overdue"] == 2
    assert [body for _, body in runner.sent()].count("two") == 2
    assert runner.state(journey) == "COMPLETED"


def test_a_wait_begins_when_the_message_before_it_was_sent_however_long_those_of_others_took(runner, monkeypatch):
    names = of_one_shard(BATCH + 2)
    runner.endpoints(*names)
    journey = two_messages(runner)
    send = Messenger.send

    def slowly(messenger, *arguments, **options):
        outcomes = send(messenger, *arguments, **options)
        runner.clock.turn(60)
        return outcomes

    monkeypatch.setattr(Messenger, "send", slowly)
    runner.work()
    found = Participants(runner.tables.sends, journey).due(shard_of(names[0]), 10**15)
    arrived = Counter(at.arrived for group in found.groups for at in group.positions)
    assert sorted(arrived.values()) == [2, BATCH]
    assert max(arrived) - min(arrived) >= 60_000


def test_a_journey_that_is_paused_while_a_batch_is_sent_to_keeps_the_others_before_their_message(runner, monkeypatch):
    names = of_one_shard(BATCH + 2)
    runner.endpoints(*names)
    journey = two_messages(runner, RefreshFrequency="P30D")
    send = Messenger.send

    def paused_behind(messenger, *arguments, **options):
        outcomes = send(messenger, *arguments, **options)
        runner.set_state(journey, "PAUSED")
        return outcomes

    monkeypatch.setattr(Messenger, "send", paused_behind)
    runner.work()
    assert len(runner.sent()) == BATCH
    monkeypatch.setattr(Messenger, "send", send)
    monkeypatch.setattr(states, "RESUMED_AFTER", timedelta())
    runner.set_state(journey, "ACTIVE")
    runner.work()
    assert len(runner.sent()) == len(set(runner.sent())) == len(names)
