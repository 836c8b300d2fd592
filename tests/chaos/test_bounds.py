"""The sizes and bounds that docs/promises.md tells, each once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.chaos.campaigns import MAIL, TEXT, Crowd
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.campaigns import faulty, rates


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
