"""Participants walk the journeys of examples.py, step by step on a clock that the test turns."""

from __future__ import annotations

from collections import Counter
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.engagement.journeys.conditions import Facts
from handlers.engagement.journeys.engine import Engine, Position
from tests.handlers.engagement.journeys import examples

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NOW = 1_800_000_000_000


def walk(journey, facts=lambda moment: Facts(), *, person="e1", entry=1, until=100 * DAY):
    """[(milliseconds since entry, message activity)] of one participant, and everything that was counted."""
    engine = Engine({"Id": "j1", **journey})
    at: Position | None = engine.enter(person, "r1", entry, NOW)
    messages, counts = [], Counter()
    while at is not None and at.due - NOW <= until:
        now = at.due
        step = engine.step(at, now, facts(now - NOW))
        counts.update(step.counts)
        if step.sends:
            messages.append((now - NOW, step.position.activity))
            step = engine.sent(step.position, "SUCCESS", now)
            counts.update(step.counts)
        at = step.position
    return messages, {key: value for key, value in counts.items() if value}


def opened(activity, after, *names):
    return lambda moment: Facts(events={activity: names} if moment >= after else {})


def test_who_opens_within_the_wait_gets_the_tips_when_the_evaluation_is_over():
    messages, counts = walk(examples.WELCOME, opened("hello", DAY, "email.open"))
    assert messages == [(0, "hello"), (3 * DAY + HOUR, "tips")]
    assert counts == {
        ("hello", "SUCCESS"): 1,
        ("pause", "WAIT_FINISHED"): 1,
        ("opened", "Branch_TRUE"): 1,
        ("tips", "SUCCESS"): 1,
    }


def test_a_click_after_the_evaluation_changes_nothing():
    messages, counts = walk(examples.WELCOME, opened("hello", 4 * DAY, "email.click"))
    assert messages == [(0, "hello"), (3 * DAY + HOUR, "again")]
    assert counts["opened", "Branch_FALSE"] == 1


def test_an_event_of_another_message_is_not_the_one_asked_for():
    assert walk(examples.WELCOME, opened("tips", 0, "email.open"))[0][-1] == (3 * DAY + HOUR, "again")


def test_who_waits_is_counted_as_waiting():
    messages, counts = walk(examples.WELCOME, until=DAY)
    assert messages == [(0, "hello")]
    assert counts == {("hello", "SUCCESS"): 1, ("pause", "WAIT_STARTED"): 1}


@pytest.mark.parametrize(("cart", "messages"), [("true", [(HOUR, "remind")]), ("false", [])])
def test_a_split_sees_the_endpoint_as_it_is_at_that_moment(cart, messages):
    def facts(moment):
        return Facts(endpoint={"Attributes": {"HasShoppingCart": ["true" if moment < 20 * MINUTE else cart]}})

    assert walk(examples.CART, facts)[0] == messages


def not_held_out(journey, entry=1):
    """Somebody whom the holdout lets pass."""
    return next(
        f"e{n}" for n in range(1000) if walk(journey, person=f"e{n}", entry=entry)[1].get(("control", "PASSED"))
    )


def test_the_first_branch_that_holds_is_taken_and_one_without_an_activity_ends_the_walk():
    person = not_held_out(examples.WINBACK)
    bounced = walk(examples.WINBACK, opened("mail", 0, "email.hardbounce", "email.open"), person=person)
    assert bounced[0] == [(0, "mail"), (7 * DAY, "note")] and bounced[1]["look", "Branch_1"] == 1
    read = walk(examples.WINBACK, opened("mail", 2 * DAY, "email.open"), person=person)
    assert read[0] == [(0, "mail")] and read[1]["look", "Branch_2"] == 1


def test_nothing_that_happened_is_the_default_branch_and_chance_is_the_same_every_time():
    person = not_held_out(examples.WINBACK)
    first, counts = walk(examples.WINBACK, person=person)
    assert counts["look", "Branch_Else"] == 1
    assert [activity for _, activity in first] in (["mail", "ten"], ["mail", "twenty"])
    assert all(walk(examples.WINBACK, person=person.upper())[0] == first for _ in range(5))


def test_holdout_and_random_branches_come_near_their_percentages():
    total = Counter()
    for number in range(2000):
        total.update(walk(examples.WINBACK, person=f"p{number}")[1])
    assert abs(total["control", "HOLDOUT"] - 200) < 3 * sqrt(2000 * 0.1 * 0.9)
    passed = total["control", "PASSED"]
    assert total["variant", "Branch_1"] + total["variant", "Branch_2"] == passed
    assert abs(total["variant", "Branch_1"] - passed / 2) < 3 * sqrt(passed * 0.25)


def test_the_next_entry_of_a_participant_throws_its_dice_anew():
    held = [n for n in range(300) if walk(examples.WINBACK, person=f"p{n}", entry=1)[1].get(("control", "HOLDOUT"))]
    again = [n for n in held if walk(examples.WINBACK, person=f"p{n}", entry=2)[1].get(("control", "HOLDOUT"))]
    assert len(again) < len(held)


def test_answers_of_a_function_decide_and_a_text_that_fails_is_followed_by_a_call():
    def facts(slot, failed=False):
        return lambda moment: Facts(
            answers={"ask": {"slot": slot}} if slot else {},
            events={"text": ["sms.failure"]} if failed and moment > 20 * MINUTE else {},
        )

    quarter = 15 * MINUTE
    assert walk(examples.APPOINTMENT, facts("open"))[0] == [(0, "ask"), (quarter, "text")]
    assert walk(examples.APPOINTMENT, facts("cancelled"))[0] == [(0, "ask")]
    assert walk(examples.APPOINTMENT, facts(None))[0] == [(0, "ask")]
    called = walk(examples.APPOINTMENT, facts("open", failed=True))
    assert called[0] == [(0, "ask"), (quarter, "text"), (quarter + HOUR, "call")]


def test_a_condition_on_an_answer_without_a_wait_is_asked_after_fifteen_minutes():
    state = dict(examples.APPOINTMENT["Activities"]["state"]["ConditionalSplit"].items())
    del state["EvaluationWaitTime"]
    journey = {
        **examples.APPOINTMENT,
        "Activities": {**examples.APPOINTMENT["Activities"], "state": {"ConditionalSplit": state}},
    }
    assert walk(journey, lambda _: Facts(answers={"ask": {"slot": "open"}}))[0][1] == (15 * MINUTE, "text")


def test_a_wait_until_a_moment_that_is_past_is_skipped():
    journey = {
        "StartActivity": "w",
        "Activities": {
            "w": {"Wait": {"WaitTime": {"WaitUntil": "2020-01-01T00:00:00Z"}, "NextActivity": "m"}},
            "m": {"SMS": {"TemplateName": "t"}},
        },
    }
    assert walk(journey) == ([(0, "m")], {("w", "WAIT_SKIPPED"): 1, ("m", "SUCCESS"): 1})


def test_a_membership_is_asked_for_at_the_moment_of_the_split():
    journey = {
        "StartActivity": "s",
        "Activities": {
            "s": {
                "ConditionalSplit": {
                    "Condition": {"Conditions": [{"SegmentCondition": {"SegmentId": "vip"}}]},
                    "EvaluationWaitTime": {"WaitFor": "PT1H"},
                    "TrueActivity": "m",
                }
            },
            "m": {"SMS": {"TemplateName": "t"}},
        },
    }
    assert walk(journey, lambda moment: Facts(member=lambda name: name == "vip" and moment >= HOUR))[0] == [(HOUR, "m")]
    assert walk(journey)[0] == []


def line(kinds):
    """A journey of these activities, each leading to the next."""
    bodies = {
        "Wait": {"WaitTime": {"WaitFor": "PT1H"}},
        "Holdout": {"Percentage": 30},
        "SMS": {"TemplateName": "t"},
        "RandomSplit": None,
        "ConditionalSplit": None,
    }
    activities = {}
    for at, kind in enumerate(kinds):
        follows = f"a{at + 1}" if at + 1 < len(kinds) else None
        body = dict(bodies[kind] or {})
        if kind == "RandomSplit":
            body["Branches"] = [
                {"Percentage": 40, **({"NextActivity": follows} if follows else {})},
                {"Percentage": 60},
            ]
        elif kind == "ConditionalSplit":
            body["Condition"] = {"Conditions": [{"SegmentCondition": {"SegmentId": "s"}}]}
            body |= {"TrueActivity": follows} if follows else {}
        elif follows:
            body["NextActivity"] = follows
        activities[f"a{at}"] = {kind: body}
    return {"StartActivity": "a0", "Activities": activities}


@given(
    st.lists(st.sampled_from(["Wait", "Holdout", "SMS", "RandomSplit", "ConditionalSplit"]), min_size=1, max_size=12),
    st.booleans(),
    st.integers(0, 50),
)
def test_everybody_ends_passes_each_activity_once_and_nobody_stays_counted_as_waiting(kinds, member, number):
    messages, counts = walk(line(kinds), lambda _: Facts(member=lambda _segment: member), person=f"e{number}")
    names = [activity for _, activity in messages]
    assert len(names) == len(set(names))
    assert all(value == 1 for value in counts.values())
    assert not any(metric == "WAIT_STARTED" for _, metric in counts)
