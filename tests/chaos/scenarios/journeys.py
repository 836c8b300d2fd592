"""Journeys of every form, while two workers die, the channel refuses every third call, and people change on their way."""

from __future__ import annotations

import random

from tests.chaos.journey_plans import draw
from tests.chaos.journeys import Walk, names
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.races import rates

PEOPLE = 8


def journeys_while_workers_die_and_people_change(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    plan = draw(chance, names(PEOPLE))
    kills = chance.choice((0, 2, 6))
    kill_at, kill_share = chance.choice((("", 0.01), ("SendTextMessage", 0.3), ("PutRecords", 0.5)))
    aws = stage.account(
        SMS_RATES=rates(1000),
        JOURNEY_START_DELAY_SECONDS="0",
        kills=kills,
        kill_share=kill_share,
        kill_at=kill_at,
        fail_every=chance.choice((0, 3)),
        silent_share=0.02,
        busy_share=0.03,
    )
    walk = Walk(aws, plan, stage.patch)
    walk.run(lambda: chance.uniform(20, 240))
    stage.counts.update(walk.check())


SCENARIOS = (
    Scenario(
        journeys_while_workers_die_and_people_change, 8, 300, "whom an event let enter again was sent nothing any more"
    ),
)
