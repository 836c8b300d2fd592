"""Steps of a campaign die, its channel refuses every third call, answers get lost, and a number is slow."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.chaos.aws import Aws
from tests.chaos.campaigns import MAIL, TEXT, Crowd
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.races import rates
from tests.chaos.simulation import Killed

FAST = rates(1000)
RESUMES = 10
FINAL = {"SUCCESS", "UNKNOWN"}


def check_account(crowd: Crowd, aws: Aws) -> Counter[str]:
    """Everybody is stated once, and nobody has two messages. Returns the statuses."""
    metrics = crowd.metrics()
    got = aws.texted()
    assert sum(metrics.values()) == len(crowd.people), f"{sum(metrics.values())} of {len(crowd.people)} are stated"
    assert max(got.values(), default=0) <= 1, "somebody has two messages"
    assert metrics["SUCCESS"] <= len(got) <= metrics["SUCCESS"] + metrics["UNKNOWN"], (metrics, len(got))
    return metrics


def check_events(crowd: Crowd, metrics: Counter[str]) -> None:
    """The stream tells each person's last status; who was not reached has none yet."""
    told = crowd.told()
    assert len(told) >= len(crowd.people) - metrics["NOT_REACHED"]
    wrong = {name: statuses for name, statuses in told.items() if len(statuses & FINAL) > 1}
    assert not wrong, f"events contradict each other: {wrong}"


def run_and_resume(stage: Stage, aws: Aws, crowd: Crowd) -> None:
    """Runs a campaign while things go wrong, then resumes it while nothing does, until nobody is missing."""
    ended: dict[str, Any] = {}
    aws.simulation.run(lambda: ended.update(crowd.run()))
    missing = ended["Missing"]
    if ended["Action"] != "FAILED":  # a run whose plan or end died four times says so, and counts nobody
        metrics = check_account(crowd, aws)
        assert missing == sum(count for status, count in metrics.items() if status not in FINAL), (ended, metrics)
        check_events(crowd, metrics)
    stage.counts["failed"] += ended["Action"] == "FAILED"
    stage.counts.update({"people": len(crowd.people), "killed": aws.faults.killed, "missing at first": missing})
    aws.faults.end()
    for _ in range(RESUMES):
        if not missing:
            break
        aws.simulation.run(lambda: ended.update(crowd.resume()))
        missing = ended["Missing"]
    metrics = check_account(crowd, aws)
    assert not missing, metrics
    assert set(metrics) <= FINAL, metrics
    check_events(crowd, metrics)
    stage.counts.update({"messages": len(aws.sent), "not known": metrics["UNKNOWN"]})


def faulty(stage: Stage, people: int, message: dict[str, Any], kills: int) -> None:
    aws = stage.account(
        SMS_RATES=FAST,
        EMAIL_FROM_ADDRESS="shop@example.org",
        kills=kills,
        kill_share=min(0.1, 3 * kills / people),
        fail_every=3,
        silent_share=0.005,
        busy_share=0.03,
    )
    run_and_resume(stage, aws, Crowd(aws, people, message))


def texts_while_steps_die_and_every_third_call_fails(stage: Stage) -> None:
    faulty(stage, 240, TEXT, random.Random(stage.seed).choice((2, 6, 30)))


def mails_while_steps_die_and_every_third_call_fails(stage: Stage) -> None:
    faulty(stage, 240, MAIL, random.Random(stage.seed).choice((2, 6, 30)))


def a_chunk_whose_step_dies_four_times(stage: Stage) -> None:
    """One chunk's step dies at every call that changes something, and is given up; the others go on."""
    from handlers.engagement.campaigns import function

    aws = stage.account(SMS_RATES=FAST)
    crowd = Crowd(aws, 600, TEXT)
    chance = random.Random(stage.seed)
    doomed, after = chance.randrange(4), chance.randrange(100)
    process = function.process
    calls = 0

    def die(run: Any, chunk: int, *given: Any) -> Any:
        nonlocal calls
        if chunk != doomed or "Resumed" in (run.ledger.plan() or {}):
            return process(run, chunk, *given)
        transact = run.ledger.table.transact

        def strike(actions: Any) -> None:
            nonlocal calls
            calls += 1
            if calls > after // 25:
                raise Killed
            transact(actions)

        run.ledger.table.transact = strike
        return process(run, chunk, *given)

    stage.patch.setattr(function, "process", die)
    run_and_resume(stage, aws, crowd)
    assert stage.counts["missing at first"] >= 50


def a_run_whose_end_nobody_could_record(stage: Stage) -> None:
    """The step that ends the run dies four times, and so does the one that records that: `resume` takes the run up."""
    from handlers.engagement.campaigns import function

    chance = random.Random(stage.seed)
    aws = stage.account(SMS_RATES=FAST, kills=chance.choice((0, 4)), kill_share=0.02, fail_every=chance.choice((0, 3)))
    crowd = Crowd(aws, 120, TEXT)
    fatal = {"complete", "fail"} if chance.random() < 0.7 else {"plan", "fail"}
    handler, deadly = function.handler, [True]

    def die(event: dict[str, Any], context: Any) -> Any:
        if deadly[0] and event["operation"] in fatal:
            raise Killed
        return handler(event, context)

    stage.patch.setattr(function, "handler", die)
    ended: dict[str, Any] = {}
    aws.simulation.run(lambda: ended.update(crowd.run()))
    assert ended["Action"] == "FAILED"
    deadly[0] = False
    aws.faults.end()
    for _ in range(RESUMES):
        aws.simulation.run(lambda: ended.update(crowd.resume()))
        if not ended["Missing"]:
            break
    metrics = check_account(crowd, aws)
    assert set(metrics) <= FINAL and not ended["Missing"], metrics
    check_events(crowd, metrics)
    stage.counts.update({"people": 120, "messages": len(aws.sent), "killed": aws.faults.killed + 8})


def a_campaign_from_a_slow_number(stage: Stage, people: int = 120) -> None:
    """It takes as long as its number needs, loses nobody, and keeps to the rate in every second."""
    aws = stage.account(SMS_RATES=rates(3), kills=random.Random(stage.seed).choice((0, 2)), kill_share=0.002)
    crowd = Crowd(aws, people, TEXT)
    began = aws.simulation.now
    aws.simulation.run(crowd.run)
    seconds = aws.simulation.now - began
    metrics = check_account(crowd, aws)
    assert set(metrics) <= FINAL and metrics["UNKNOWN"] <= 48 * aws.faults.killed, metrics
    times = sorted(sent.at for sent in aws.sent)
    fastest = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert fastest <= 4, f"{fastest} texts began within one second"
    assert people / 3 - 1 <= seconds <= people / 3 * 1.2 + 60 * aws.faults.killed, seconds
    stage.counts.update({"people": people, "messages": len(aws.sent), "seconds": round(seconds)})


SCENARIOS = (
    Scenario(texts_while_steps_die_and_every_third_call_fails, 5, 60, "990 of 5,000 were final after one answer 500"),
    Scenario(mails_while_steps_die_and_every_third_call_fails, 5, 60),
    Scenario(a_chunk_whose_step_dies_four_times, 3, 20, "4,280 of 5,000 people had no status, and the run was SUCCESS"),
    Scenario(
        a_run_whose_end_nobody_could_record, 3, 20, "a run whose last steps died stayed RUNNING, and was never resumed"
    ),
    Scenario(a_campaign_from_a_slow_number, 3, 20, "of 600 people at 3 a second, 436 were THROTTLED for good"),
)
