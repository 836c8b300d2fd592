"""How a worker goes through a journey's shards: which it takes together, who walks together, and whom a failure keeps."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.engagement.journeys import shift, states, walking
from handlers.engagement.journeys.engine import Engine, Position
from handlers.engagement.journeys.groups import Group, Move
from handlers.engagement.journeys.messages import Messenger
from handlers.engagement.journeys.participants import Due, Participants
from handlers.engagement.journeys.walking import Walking
from handlers.engagement.store.shards import shard_of
from tests.handlers.engagement.conftest import APPLICATION
from tests.handlers.engagement.journeys.conftest import HOUR, two_messages

PAUSES = {
    "first": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}, "NextActivity": "second"}},
    "second": {"Wait": {"WaitTime": {"WaitFor": "P30D"}}},
}
ANYBODY = Position("e0", "run", 1, "first", 5, 9, waiting=True)


def one_of_each_shard():
    """Names of sixteen people, by shard."""
    names = {}
    for number in range(1000):
        names.setdefault(shard_of(f"e{number}"), f"e{number}")
    return [names[shard] for shard in range(16)]


def standing(*counts):
    """Groups of one shard with so many people each."""
    return [Group(f"{at}", (ANYBODY,) * count) for at, count in enumerate(counts)]


def taken(due, entering=(), alone=()):
    return [sorted(shards) for shards in shift._taken_together(due, set(entering), set(alone))]


def test_shards_are_taken_together_up_to_so_many_people(monkeypatch):
    monkeypatch.setattr(shift, "PEOPLE_AT_A_TIME", 10)
    monkeypatch.setattr(shift.random, "sample", lambda shards, count: shards)
    few = {shard: Due(standing(2, 1), more=False) for shard in range(5)}
    assert taken(few) == [[0, 1, 2], [3, 4]]
    assert taken({**few, 1: Due(standing(30), more=True)}) == [[0], [1], [2, 3, 4]]
    assert taken({}) == []


def test_shards_that_a_worker_is_at_for_long_are_taken_one_by_one_and_those_of_an_inbox_together(monkeypatch):
    monkeypatch.setattr(shift.random, "sample", lambda shards, count: shards)
    due = {3: Due(standing(1), more=False)}
    assert taken(due, entering=[1, 2], alone=[1, 2]) == [[1], [2], [3]]
    assert taken(due, entering=[1, 2]) == [[1, 2, 3]]


@pytest.fixture
def calls(runner):
    """How often the sends table is asked for what."""
    counted = Counter()
    events = runner.tables.sends.client.meta.events

    def count(params, model, **_):
        if runner.tables.sends.name in str(params["body"]):
            counted[model.name] += 1

    events.register("before-call.dynamodb", count)
    yield counted
    events.unregister("before-call.dynamodb", count)


def test_people_who_are_due_in_all_shards_cost_one_lease_and_one_transaction(runner, calls):
    runner.endpoints(*one_of_each_shard())
    journey = runner.create(PAUSES)
    runner.work()
    runner.clock.turn(HOUR + 1)
    calls.clear()
    assert runner.work()["Steps"] == 16
    assert calls == {"Query": 16, "UpdateItem": 2, "TransactWriteItems": 1}
    assert runner.metrics(journey, "second")["WAIT_STARTED"] == 16


def test_one_whose_step_fails_keeps_only_those_of_their_shard(runner, monkeypatch):
    names = one_of_each_shard()
    poison, *others = names
    peer = next(name for name in (f"x{number}" for number in range(1000)) if shard_of(name) == shard_of(poison))
    runner.endpoints(*names, peer)
    journey = two_messages(runner)
    runner.work()
    runner.clock.turn(73 * HOUR)
    step = Engine.step

    def broken(engine, position, *arguments):
        if position.id == poison:
            raise RuntimeError("broken")
        return step(engine, position, *arguments)

    monkeypatch.setattr(Engine, "step", broken)
    done = runner.work()
    assert done["Failed"] == 1
    assert [body for _, body in runner.sent()].count("two") == len(others)
    monkeypatch.undo()
    assert runner.work()["Failed"] == 0
    assert Counter(body for _, body in runner.sent()) == {"one": 17, "two": 17}
    assert runner.state(journey) == "COMPLETED"


def test_who_walks_again_after_a_failure_behind_their_message_gets_it_once(runner, monkeypatch):
    runner.endpoints(*one_of_each_shard())
    two_messages(runner)
    runner.work()
    runner.clock.turn(73 * HOUR)
    move = Participants.move
    failures = iter([RuntimeError("broken")])

    def fails_once(participants, moves, *arguments):
        for error in failures:
            raise error
        return move(participants, moves, *arguments)

    monkeypatch.setattr(Participants, "move", fails_once)
    assert runner.work()["Failed"] == 0
    assert Counter(body for _, body in runner.sent()) == {"one": 16, "two": 16}
    told = [event["attributes"]["journey_send_status"] for event in runner.journey_events()]
    assert set(told) == {"SUCCESS"}


def test_who_is_inside_walks_on_where_entering_fails(runner, monkeypatch):
    runner.endpoints("a")
    journey = runner.create(PAUSES, RefreshFrequency="PT1H")
    runner.work()
    runner.clock.turn(HOUR + 1)

    def broken(*_arguments):
        raise RuntimeError("broken")

    monkeypatch.setattr(Participants, "cursor", broken)
    assert runner.work()["Failed"] == 1
    assert runner.metrics(journey, "second")["WAIT_STARTED"] == 1


def test_what_was_read_in_the_middle_of_another_worker_s_step_is_read_again(runner, monkeypatch):
    """Both the group that the step took away and the one that it wrote: whoever stands in both takes the step of the new one alone."""
    runner.endpoints("a")
    split = {"ConditionalSplit": {"Condition": {"Conditions": []}, "TrueActivity": "yes", "FalseActivity": "no"}}
    journey = runner.create({
        "first": {"Wait": {"WaitTime": {"WaitFor": "PT1H"}, "NextActivity": "split"}},
        "split": split,
        "yes": {"Wait": {"WaitTime": {"WaitFor": "P30D"}}},
        "no": {"Wait": {"WaitTime": {"WaitFor": "P30D"}}},
    })  # fmt: skip
    runner.work()
    runner.clock.turn(HOUR + 1)
    participants = Participants(runner.tables.sends, journey)
    shard, now = shard_of("a"), int(runner.clock() * 1000)
    [former] = participants.due(shard, now).groups
    [at] = former.positions
    other = replace(at, activity="no", arrived=now, due=now, waiting=False)
    participants.move([Move(former, [other], Counter())])
    due = Participants.due

    def torn(mine, asked, now, *, consistent=True):
        found = due(mine, asked, now, consistent=consistent)
        return found if consistent or asked != shard else Due([*found.groups, former], more=False)

    monkeypatch.setattr(Participants, "due", torn)
    assert runner.work()["Failed"] == 0
    [walked] = due(participants, shard, 10**15).groups
    assert walked.positions[0].activity == "no"
    assert "Branch_TRUE" not in runner.metrics(journey, "split")


def test_a_shard_whose_entry_fails_keeps_no_other_from_entering(runner, monkeypatch):
    names = one_of_each_shard()
    runner.endpoints(*names)
    journey = runner.create(PAUSES)
    enter = Participants.enter

    def broken(participants, run, shard, *arguments):
        if shard == 3:
            raise RuntimeError("broken")
        return enter(participants, run, shard, *arguments)

    monkeypatch.setattr(Participants, "enter", broken)
    assert runner.work()["Failed"] == 1
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 15
    monkeypatch.undo()
    assert runner.work()["Failed"] == 0
    assert runner.metrics(journey)["ENDPOINT_ENTERED"] == 16


@pytest.mark.parametrize("at_a_time", [1, 3, 7, 40])
def test_endpoints_are_held_of_few_at_a_time_however_groups_lie(runner, monkeypatch, at_a_time):
    names = [f"e{number}" for number in range(40)]
    runner.endpoints(*names)
    journey = two_messages(runner)
    monkeypatch.setattr(walking, "ENDPOINTS_AT_A_TIME", at_a_time)
    read = []
    step = Walking._step

    def noted(walks, positions, *arguments):
        read.append(len(positions))
        return step(walks, positions, *arguments)

    monkeypatch.setattr(Walking, "_step", noted)
    runner.work()
    read.clear()
    runner.clock.turn(73 * HOUR)
    runner.work()
    assert max(read) == at_a_time
    assert Counter(body for _, body in runner.sent()) == {"one": 40, "two": 40}
    assert runner.state(journey) == "COMPLETED"
    assert runner.metrics(journey)["ENDPOINT_LEFT"] == 40


def test_who_was_sent_to_before_a_pause_has_made_their_step_and_the_others_have_not(runner, monkeypatch):
    runner.endpoints(*(f"e{number}" for number in range(40)))
    journey = two_messages(runner, RefreshFrequency="P30D")
    runner.work()
    runner.clock.turn(73 * HOUR)
    monkeypatch.setattr(walking, "ENDPOINTS_AT_A_TIME", 10)
    send = Messenger.send

    def paused_behind(messenger, *arguments, **options):
        outcomes = send(messenger, *arguments, **options)
        if runner.state(journey) == "ACTIVE":
            runner.set_state(journey, "PAUSED")
        return outcomes

    monkeypatch.setattr(Messenger, "send", paused_behind)
    runner.work()
    sent = [body for _, body in runner.sent()].count("two")
    assert 0 < sent < 40
    assert runner.metrics(journey)["ENDPOINT_LEFT"] == sent
    monkeypatch.setattr(Messenger, "send", send)
    monkeypatch.setattr(states, "RESUMED_AFTER", timedelta())
    runner.set_state(journey, "ACTIVE")
    runner.work()
    assert Counter(body for _, body in runner.sent()) == {"one": 40, "two": 40}
    assert len(set(runner.sent())) == 80


def test_who_is_not_reached_in_time_makes_their_step_in_the_next_call(runner, monkeypatch):
    runner.endpoints(*(f"e{number}" for number in range(40)))
    journey = runner.create(PAUSES)
    runner.work()
    runner.clock.turn(HOUR + 1)
    monkeypatch.setattr(walking, "ENDPOINTS_AT_A_TIME", 10)
    left = [100.0]
    step = Walking._step

    def slowly(walks, *arguments):
        left[0] -= 50
        return step(walks, *arguments)

    monkeypatch.setattr(Walking, "_step", slowly)
    made = runner.work(left=lambda: left[0])["Steps"]
    assert made == 20
    begun = runner.metrics(journey, "second")["WAIT_STARTED"]
    assert 10 < begun <= 20  # a group of whom not all were reached waits for the others
    left[0] = 1000.0
    runner.work(left=lambda: left[0])
    assert runner.metrics(journey, "second")["WAIT_STARTED"] == 40


def test_more_due_than_are_read_at_a_time_are_worked_off_in_one_call(runner, monkeypatch):
    monkeypatch.setattr("handlers.engagement.journeys.participants.GROUPS_AT_A_TIME", 2)
    runner.endpoints(*(f"e{number}" for number in range(60)))
    journey = two_messages(runner)
    runner.work()
    table = runner.tables.sends
    for shard in range(16):  # as if each had come by itself
        pk = f"JD#{journey}#{shard:02d}"
        participants = Participants(table, journey)
        groups = participants.due(shard, 10**15).groups
        apart = [replace(at, due=at.due + number) for group in groups for number, at in enumerate(group.positions)]
        table.batch_write(deletes=[(pk, group.key) for group in groups])
        for action in participants._put_actions(apart):
            table.transact([action])
    runner.clock.turn(75 * HOUR)
    assert runner.work()["Overdue"] == 60
    assert Counter(body for _, body in runner.sent()) == {"one": 60, "two": 60}
    assert runner.state(journey) == "COMPLETED"


def test_a_journey_that_was_deleted_since_it_was_looked_into_sends_nothing(runner, monkeypatch):
    runner.endpoints("a", "b")
    journey = two_messages(runner)
    runner.work()
    runner.clock.turn(73 * HOUR)
    lease = Participants.lease

    def deleted_before(participants, shards):
        runner.pinpoint.delete_journey(ApplicationId=APPLICATION, JourneyId=journey)
        return lease(participants, shards)

    monkeypatch.setattr(Participants, "lease", deleted_before)
    runner.work()
    assert len(runner.sent()) == 2
