"""Mails and texts that say STOP are answered while functions die, every third call fails, and each comes twice."""

from __future__ import annotations

import json
import random

from tests.chaos.campaigns import TEXT, Context, Crowd, in_turn
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.races import NUMBER, OptOuts
from tests.chaos.simulation import Killed
from tests.handlers.self_managed_opt_outs.world import envelope, event
from tests.handlers.ses_auto_reply.conftest import TABLE, TEMPLATE, record
from tests.handlers.shared.fakes import FakeClient

MAILS = 30
PEOPLE = 24
UNANSWERED = "https://unanswered"
ATTEMPTS = 3
"""Lambda's own, of a call that SES makes."""
RECEIVES = 5
"""How often the queue of inbound texts hands one out."""


def mails_that_are_answered(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    answer_mails(stage, chance, MAILS, PEOPLE, kills=chance.choice((0, 3, 8)), fail_every=chance.choice((0, 3)))


def answer_mails(
    stage: Stage, chance: random.Random, mails: int, people: int, *, kills: int, fail_every: int, lanes: int = MAILS
) -> None:
    """So many mails come from so many people, some handed over twice, and so many at a time."""
    from handlers.ses_auto_reply import function, template

    aws = stage.account(
        kills=kills,
        kill_share=0.05,
        fail_every=fail_every,
        silent_share=0.02,
        busy_share=0.02,
        TEMPLATE_NAME="auto-reply",
        TEMPLATE_SOURCE="project",
        SENDER="",
        RECIPIENTS="[]",
        CONFIGURATION_SET="",
        QUIET_HOURS="24",
        REPLY_WHEN_HEADERS_TRUNCATED="true",
        LEDGER_TABLE=TABLE,
        UNANSWERED_QUEUE_URL=UNANSWERED,
    )
    project = FakeClient({"get_email_template": {"EmailTemplateResponse": TEMPLATE}})
    stage.patch.setattr(template, "engagement_client", lambda: project)
    function._environment.cache_clear()
    function._responder.cache_clear()
    outcomes: dict[str, set[str]] = {}
    given_up: set[str] = set()

    def mail(number: int):
        name, person = f"mail{number}", f"p{number % people}@example.org"

        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, 20))
            receipt = {"Records": [record({"From": person}, message_id=name, source=person)]}
            for attempt in range(ATTEMPTS):
                try:
                    answer = aws.simulation.call(lambda: function.handler(receipt, Context(aws, 60)))
                except (Killed, Exception):  # noqa: BLE001  Lambda calls again, whatever a function died of
                    aws.simulation.sleep(70 * (attempt + 1))
                    continue
                outcomes.setdefault(name, set()).update(outcome["Status"] for outcome in answer["Outcomes"])
                return
            given_up.add(name)

        return run

    works = [mail(number) for number in range(mails) for _ in range(chance.choice((1, 1, 2)))]
    aws.simulation.run(*(in_turn(*works[lane::lanes]) for lane in range(min(lanes, len(works)))))
    replies = aws.texted()
    assert max(replies.values(), default=0) <= 1, "somebody has two replies"
    lost = {f"mail{number}" for number in range(mails)} - outcomes.keys() - given_up
    assert not lost, f"nothing is known of {lost}"
    reported = len(aws.queues[UNANSWERED])
    # Who has no reply is told, in the queue or by Lambda's own.
    silent = people - len(replies)
    assert silent <= reported + len(given_up), (silent, reported, given_up)
    stage.counts.update(
        {"mails": mails, "messages": len(aws.sent), "unanswered": reported, "dead letters": len(given_up)}
    )


def texts_that_say_stop_and_are_answered(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    answer_stops(stage, chance, PEOPLE, kills=chance.choice((0, 3, 8)), fail_every=chance.choice((0, 3)))


def answer_stops(
    stage: Stage, chance: random.Random, people: int, *, kills: int, fail_every: int, lanes: int = PEOPLE
) -> None:
    """So many people text STOP; each text may be handed over twice, and comes again while it is not done."""
    from handlers.self_managed_opt_outs import function

    aws = stage.account(
        kills=kills,
        kill_share=0.02,
        fail_every=fail_every,
        silent_share=0.02,
        busy_share=0.02,
        **OptOuts.VARIABLES,
    )
    crowd = Crowd(aws, people, TEXT)
    OptOuts(aws, crowd, chance)
    given_up: set[str] = set()

    def text(name: str, address: str):
        inbound = {"originationNumber": address, "destinationNumber": NUMBER, "messageBody": "STOP"}
        given = event(envelope(json.dumps({**inbound, "inboundMessageId": name, "messageKeyword": "K"})))

        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, 5))
            for _ in range(RECEIVES):
                if aws.redeliver(lambda: function.handler(given, None)):
                    return
                aws.simulation.sleep(130)
            given_up.add(address)

        return run

    works = [text(*person) for person in crowd.people.items() for _ in range(chance.choice((1, 1, 2)))]
    aws.simulation.run(*(in_turn(*works[lane::lanes]) for lane in range(min(lanes, len(works)))))
    answers = aws.texted()
    assert max(answers.values(), default=0) <= 1, "somebody has two answers"
    dead = len(aws.queues[OptOuts.VARIABLES["DEAD_LETTER_QUEUE_URL"]]) + len(given_up)
    out = {name for name in crowd.people if aws.endpoint(name)["OptOut"] == "ALL"}
    assert len(crowd.people.keys() - out) <= len(given_up), "somebody said STOP, is not out, and nobody knows"
    # Who is out and has no answer is a dead letter, or one whose answer's call died or went unanswered.
    unanswered = people - len(answers)
    assert unanswered <= dead + aws.faults.killed + aws.faults.unanswered, (unanswered, dead)
    stage.counts.update({"texts": people, "answers": len(answers), "dead letters": dead, "killed": aws.faults.killed})


SCENARIOS = (
    Scenario(mails_that_are_answered, 10, 100),
    Scenario(texts_that_say_stop_and_are_answered, 5, 60),
)
