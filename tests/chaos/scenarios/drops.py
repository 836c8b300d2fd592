"""A dropped file's texts go out while senders die, every third call fails, and answers get lost."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import Any

from botocore.exceptions import ReadTimeoutError

from handlers.sms_s3_drop import fast_group, sender
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.simulation import Pool, Simulation
from tests.handlers.shared.fakes import client_error
from tests.handlers.sms_s3_drop.conftest import installed
from tests.handlers.sms_s3_drop.test_resuming import content
from tests.handlers.sms_s3_drop.world import Killed

ROWS = 600
STATUSES = {"SENT", "INVALID", "UNKNOWN", "FAILED", "DUPLICATE", "OPTED_OUT"}


def rows_of_a_file_while_senders_die(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    text_rows(stage, chance, ROWS, kills=chance.choice((0, 0.003, 0.01)), silent=chance.choice((0, 0.01)))


def text_rows(stage: Stage, chance: random.Random, rows: int, *, kills: float, silent: float) -> None:
    """A file of so many rows. kills: the share of calls at which a sender dies, before it and after it; silent: those without
    an answer. Every third call fails besides."""
    simulation = Simulation(stage.seed)
    for module in (fast_group, sender):
        stage.patch.setattr(module, "ThreadPoolExecutor", lambda workers=None, **_: Pool(simulation, workers))
    drop = installed(stage.patch)
    faults = (
        "THROTTLED",
        client_error("InternalServerErrorException", 500),
        client_error("TooManyRequestsException", 429),
    )
    calls = itertools.count(1)
    send = drop.phones.send_messages
    died = Counter[str]()

    def strike(**request: Any) -> Any:
        if chance.random() < kills:
            died["before"] += 1
            raise Killed
        answer = send(**request)
        if chance.random() < kills:
            died["after"] += 1
            raise Killed
        if chance.random() < silent:
            raise ReadTimeoutError(endpoint_url="https://project")
        return answer

    drop.phones.send_messages = strike
    drop.phones._faults = iter(None if n % 3 else chance.choice(faults) for n in calls)
    outcome = drop.run(content(rows, bad_every=11))
    results = drop.results()
    statuses = Counter(line["status"] for line in results)
    assert len(results) == len({line["line"] for line in results}) == rows, "not every row has one result"
    assert statuses == outcome["Result"]["Statuses"] and set(statuses) <= STATUSES
    errors = drop.errors() if "errors/a.csv" in drop.bucket.objects else []
    assert statuses["SENT"] + len(errors) == rows, "sent and errors are not all rows"
    sent = Counter((text.number, text.message, text.origination) for text in drop.phones.sent)
    assert max(sent.values()) == 1, "somebody has a text twice"
    assert statuses["SENT"] <= sum(sent.values()) <= statuses["SENT"] + statuses["UNKNOWN"]
    stage.counts.update(
        {"rows": rows, "killed": sum(died.values()), "messages": sum(sent.values()), "errors": len(errors)}
    )


SCENARIOS = (Scenario(rows_of_a_file_while_senders_die, 5, 60),)
