"""The sizes and bounds that docs/promises.md tells, each once.

What 5000 take longer than seconds is played with fewer, unless CHAOS_PEOPLE says otherwise.
"""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from tests.chaos.campaigns import MAIL, TEXT, Crowd
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.campaigns import faulty, rates
from tests.chaos.scenarios.channels import call_people
from tests.chaos.scenarios.drops import text_rows
from tests.chaos.scenarios.replies import answer_mails, answer_stops

PEOPLE = int(os.environ.get("CHAOS_PEOPLE", "600"))


def test_of_5000_texts_with_kills_and_every_third_call_failing_none_is_unstated_and_resume_sends_the_rest():
    def play(stage: Stage) -> None:
        faulty(stage, 5000, TEXT, 40)

    counts = Scenario(play, 1, 1).run(1)
    assert counts["people"] == 5000 and counts["killed"] == 40
    assert counts["messages"] + counts["not known"] >= 5000


def test_of_5000_mails_with_kills_and_every_third_call_failing_none_is_unstated_and_resume_sends_the_rest():
    def play(stage: Stage) -> None:
        faulty(stage, 5000, MAIL, 40)

    counts = Scenario(play, 1, 1).run(2)
    assert counts["people"] == 5000 and counts["killed"] == 40
    assert counts["messages"] + counts["not known"] >= 5000


def test_of_5000_rows_with_kills_and_every_third_call_failing_each_has_one_result_and_none_is_texted_twice():
    def play(stage: Stage) -> None:
        text_rows(stage, random.Random(4), PEOPLE, kills=0.004, silent=0.005)

    counts = Scenario(play, 1, 1).run(4)
    assert counts["rows"] == PEOPLE and counts["killed"] >= PEOPLE // 250
    assert counts["messages"] >= PEOPLE * 0.85


def test_of_5000_calls_with_kills_and_every_third_call_failing_each_is_made_once_or_told():
    def play(stage: Stage) -> None:
        call_people(stage, random.Random(5), PEOPLE, PEOPLE // 20, per_second=50, kills=40, fail_every=3)

    counts = Scenario(play, 1, 1).run(5)
    assert counts["people"] == PEOPLE
    assert counts["messages"] >= PEOPLE * 0.9


def test_of_5000_mails_that_are_answered_each_has_one_reply_or_is_told_with_kills_and_every_third_call_failing():
    def play(stage: Stage) -> None:
        answer_mails(stage, random.Random(6), PEOPLE, PEOPLE, kills=40, fail_every=3)

    counts = Scenario(play, 1, 1).run(6)
    assert counts["mails"] == PEOPLE
    assert counts["messages"] >= PEOPLE * 0.9


def test_of_5000_texts_that_say_stop_everybody_is_out_and_answered_once_with_kills_and_every_third_call_failing():
    def play(stage: Stage) -> None:
        answer_stops(stage, random.Random(7), PEOPLE, kills=40, fail_every=3)

    counts = Scenario(play, 1, 1).run(7)
    assert counts["texts"] == PEOPLE and counts["killed"] == 40
    assert counts["answers"] >= PEOPLE * 0.9


@pytest.mark.parametrize("limit", [None, 3], ids=["by the number's own rate", "by the campaign's MessagesPerSecond"])
def test_a_campaign_of_600_at_3_a_second_ends_with_600_sent_in_200_to_240_seconds_and_never_faster(limit):
    seconds, times = [], []

    def play(stage: Stage) -> None:
        aws = stage.account(SMS_RATES=rates(3 if limit is None else 1000))
        limits: Any = {"Limits": {"MessagesPerSecond": limit}} if limit else {}
        crowd = Crowd(aws, 600, TEXT, **limits)
        began = aws.simulation.now
        aws.simulation.run(crowd.run)
        seconds.append(aws.simulation.now - began)
        times.extend(sorted(sent.at for sent in aws.sent))
        assert crowd.metrics() == {"SUCCESS": 600}
        assert max(aws.texted().values()) == 1

    Scenario(play, 1, 1).run(3)
    assert len(times) == 600
    assert 199 <= seconds[0] <= 240
    for window in (1, 2, 5, 10, 30, 60):
        most = max(sum(start <= at < start + window for at in times) for start in times[::7])
        assert most <= 3 * window + 2, f"{most} texts began within {window} s"
