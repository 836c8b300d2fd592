"""People change their mind or their number while a campaign runs."""

from __future__ import annotations

import json
import random

from bench.hosted_service import phone_number
from components.building_blocks.opt_out_keywords import DEFAULT_LANGUAGES, keywords_json
from tests.chaos.aws import Aws
from tests.chaos.campaigns import TEXT, Crowd
from tests.chaos.scenario import Scenario, Stage
from tests.handlers.self_managed_opt_outs.world import envelope, event

BOUND_SECONDS = 2.0
"""After an acknowledgement, no message starts later."""
NUMBER = "+18005550100"


def rates(per_second: int) -> str:
    types = {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 10, "SHORT_CODE": 100, "SENDER_ID": 10}
    return json.dumps({"types": types, "numbers": {NUMBER: per_second}})


class OptOuts:
    """People who opt out, each in one of the ways that there are. acknowledged: address -> when it was told so."""

    VARIABLES = {
        "NUMBERS_TABLE": "numbers",
        "MEMORY_TABLE": "memory",
        "MEMORY_DAYS": "14",
        "OPT_OUT_TOPIC_ARN": "topic",
        "OPT_OUT_LIST": "out",
        "KEYWORDS": keywords_json(DEFAULT_LANGUAGES),
        "DEAD_LETTER_QUEUE_URL": "https://dead",
    }

    def __init__(self, aws: Aws, crowd: Crowd, chance: random.Random) -> None:
        from handlers.self_managed_opt_outs import answers, function

        function.forget()
        answers._sender.cache_clear()
        self.aws, self.crowd, self.chance = aws, crowd, chance
        self.acknowledged: dict[str, float] = {}

    def one(self, identifier: str) -> None:
        """One person opts out."""
        address = self.crowd.people[identifier]
        way = self.chance.choice((self._by_endpoint, self._by_address, self._by_stop))
        way(identifier, address)

    def _by_endpoint(self, identifier: str, address: str) -> None:
        self.crowd.update(identifier, OptOut="ALL")
        self.acknowledged[address] = self.aws.simulation.now

    def _by_address(self, _: str, address: str) -> None:
        body = {"ChannelType": "SMS", "Item": [{"Address": address, "OptOut": "ALL"}]}
        status, answer = self.aws.api("POST", "address-opt-outs", body)
        assert status == 200, answer
        self.acknowledged[address] = self.aws.simulation.now

    def _by_stop(self, identifier: str, address: str) -> None:
        """A text STOP, in the hands of functions that may die; acknowledged by the answer."""
        from handlers.self_managed_opt_outs import function

        inbound = {"originationNumber": address, "destinationNumber": NUMBER, "messageBody": "STOP"}
        given = event(envelope(json.dumps({**inbound, "inboundMessageId": identifier, "messageKeyword": "K"})))
        while not self.aws.redeliver(lambda: function.handler(given, None)):
            self.aws.simulation.sleep(130)
        answers = [sent.at for sent in self.aws.sent if sent.to == address and "removed" in sent.body]
        if answers:
            self.acknowledged[address] = answers[0]

    def check(self, sent_by: str = "SMS") -> int:
        """Nobody was sent to later than the bound after the acknowledgement. Returns how many opted out."""
        late = {
            sent.to: sent.at - self.acknowledged[sent.to]
            for sent in self.aws.sent
            if sent.channel == sent_by
            and "removed" not in sent.body
            and sent.at > self.acknowledged.get(sent.to, sent.at) + BOUND_SECONDS
        }
        assert not late, f"sent to after the opt-out, by seconds: {late}"
        return len(self.acknowledged)


def opt_outs_while_a_campaign_runs(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    per_second = chance.choice((2, 3, 5, 10, 100))
    kills = chance.choice((0, 0, 3))
    aws = stage.account(SMS_RATES=rates(per_second), kills=kills, kill_share=0.01, busy_share=0.02, **OptOuts.VARIABLES)
    crowd = Crowd(aws, 40, TEXT, shards=chance.choice((1, 1, 2, 16)))
    opt_outs = OptOuts(aws, crowd, chance)
    leaving = chance.sample(sorted(crowd.people), 20)
    longest = 40 / per_second

    def leave(identifier: str):
        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, longest))
            opt_outs.one(identifier)

        return run

    aws.simulation.run(crowd.run, *map(leave, leaving))
    stage.counts["opted out"] += opt_outs.check()
    campaign = [sent.to for sent in aws.sent if sent.body == "Hello"]
    assert len(campaign) == len(set(campaign)), "somebody was texted twice"
    metrics = crowd.metrics()
    stated = sum(metrics.values())
    assert metrics["SUCCESS"] + metrics["UNKNOWN"] + metrics["OPT_OUT"] == stated, metrics
    stayed = {to for identifier, to in crowd.people.items() if identifier not in leaving}
    assert len(stayed - set(campaign)) <= metrics["UNKNOWN"], "somebody who stayed was not texted"
    stage.counts.update({"people": 40, "texts": len(campaign), "not known": metrics["UNKNOWN"]})


def new_numbers_while_a_campaign_runs(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    per_second = chance.choice((2, 3, 5, 10, 100))
    aws = stage.account(SMS_RATES=rates(per_second), kills=chance.choice((0, 0, 3)), kill_share=0.01, busy_share=0.02)
    crowd = Crowd(aws, 40, TEXT, shards=chance.choice((1, 1, 2, 16)))
    left: dict[str, float] = {}

    def move(identifier: str):
        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, 40 / per_second))
            crowd.update(identifier, Address=phone_number(10_000 + int(identifier[1:])))
            left[crowd.people[identifier]] = aws.simulation.now

        return run

    moving = chance.sample(sorted(crowd.people), 20)
    aws.simulation.run(crowd.run, *map(move, moving))
    late = {
        sent.to: sent.at - left[sent.to] for sent in aws.sent if sent.at > left.get(sent.to, sent.at) + BOUND_SECONDS
    }
    assert not late, f"a number that somebody left was texted, by seconds: {late}"
    metrics = crowd.metrics()
    assert set(metrics) <= {"SUCCESS", "UNKNOWN"} and sum(metrics.values()) == 40, metrics
    assert max(aws.texted().values(), default=0) <= 1
    assert metrics["SUCCESS"] <= len(aws.sent) <= 40
    stage.counts.update({"people": 40, "texts": len(aws.sent), "moved": len(moving), "not known": metrics["UNKNOWN"]})


SCENARIOS = (
    Scenario(opt_outs_while_a_campaign_runs, 40, 100, "32 of 150 people were texted up to 40 s after their opt-out"),
    Scenario(
        new_numbers_while_a_campaign_runs, 20, 100, "numbers were read with the page, long before they were texted"
    ),
)
