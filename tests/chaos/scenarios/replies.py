"""Mails are answered while functions die, SES fails every third call, and each mail may be handed over twice."""

from __future__ import annotations

import random

from tests.chaos.campaigns import Context
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.simulation import Killed
from tests.handlers.ses_auto_reply.conftest import TABLE, TEMPLATE, record
from tests.handlers.shared.fakes import FakeClient

MAILS = 30
PEOPLE = 24
UNANSWERED = "https://unanswered"
ATTEMPTS = 3
"""Lambda's own, of a call that SES makes."""


def mails_that_are_answered(stage: Stage) -> None:
    from handlers.ses_auto_reply import function, template

    chance = random.Random(stage.seed)
    aws = stage.account(
        kills=chance.choice((0, 3, 8)),
        kill_share=0.05,
        fail_every=chance.choice((0, 3)),
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
        name, person = f"mail{number}", f"p{number % PEOPLE}@example.org"

        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, 20))
            event = {"Records": [record({"From": person}, message_id=name, source=person)]}
            for attempt in range(ATTEMPTS):
                try:
                    answer = aws.simulation.call(lambda: function.handler(event, Context(aws, 60)))
                except (Killed, Exception):  # noqa: BLE001  Lambda calls again, whatever a function died of
                    aws.simulation.sleep(70 * (attempt + 1))
                    continue
                outcomes.setdefault(name, set()).update(outcome["Status"] for outcome in answer["Outcomes"])
                return
            given_up.add(name)

        return run

    aws.simulation.run(*(mail(number) for number in range(MAILS) for _ in range(chance.choice((1, 1, 2)))))
    replies = aws.texted()
    assert max(replies.values(), default=0) <= 1, "somebody has two replies"
    lost = {f"mail{number}" for number in range(MAILS)} - outcomes.keys() - given_up
    assert not lost, f"nothing is known of {lost}"
    reported = len(aws.queues[UNANSWERED])
    # Who has no reply is told, in the queue or by Lambda's own.
    silent = PEOPLE - len(replies)
    assert silent <= reported + len(given_up), (silent, reported, given_up)
    stage.counts.update(
        {"mails": MAILS, "messages": len(aws.sent), "unanswered": reported, "dead letters": len(given_up)}
    )


SCENARIOS = (Scenario(mails_that_are_answered, 10, 100),)
