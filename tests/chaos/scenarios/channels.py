"""A custom channel's queue: people opt out or move while their calls wait, functions die, and every third call fails."""

from __future__ import annotations

import random
from collections import Counter
from types import SimpleNamespace
from typing import Any

from bench.hosted_service import APPLICATION, phone_number
from tests.chaos.aws import SLOW, Aws, Client, Sent
from tests.chaos.campaigns import TEXT, Context, Crowd
from tests.chaos.queues import StandardQueue
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.scenarios.races import BOUND_SECONDS, OptOuts
from tests.chaos.simulation import Killed, Lock

CALLS, DEAD, REFUSED = "https://calls", "https://dead", "https://refused"
PEOPLE = 40
HOOK = 50
"""Endpoints that a campaign hands to its hook at a time."""


class Channel:
    """Amazon Connect behind the channel's two functions."""

    def __init__(self, stage: Stage, aws: Aws, per_second: int) -> None:
        from handlers.connect_channel.channel import ConnectChannel
        from handlers.connect_channel.environment import ConnectEnvironment
        from handlers.custom_channel import function, recipient, sender, turns

        self.aws = aws
        for module in (recipient, turns):
            locks = SimpleNamespace(Lock=lambda: Lock(aws.simulation))
            stage.patch.setattr(module, "threading", locks)
        self.tokens: Counter[str] = Counter()
        for name, value in {
            "CHANNEL": "connect_channel",
            "CHANNEL_TYPES": "SMS",
            "QUEUE_URL": CALLS,
            "DEAD_LETTER_QUEUE_URL": DEAD,
            "REFUSED_QUEUE_URL": REFUSED,
            "CALLS_TABLE": "calls",
            "CALLS_PER_SECOND": str(per_second),
            "DEADLINE_HOURS": "72",
            "REMEMBERED_DAYS": "30",
        }.items():
            stage.patch.setenv(name, value)
        client = Client(start_outbound_voice_contact=self._call)
        channel = ConnectChannel(
            ConnectEnvironment(instance_id="instance", contact_flow_id="flow", queue_id="queue"), client
        )
        for module in (function, sender):
            module._environment.cache_clear()
            stage.patch.setattr(module, "_channel", lambda: channel)
        self.queue = StandardQueue(aws, CALLS, seconds=720, batch=max(10, min(50, 5 * per_second)))

    def take(self, crowd: Crowd) -> None:
        """The campaign hands its people over, as often as it takes."""
        from handlers.custom_channel import function

        endpoints = [(name, {"ChannelType": "SMS", "Address": to}) for name, to in crowd.people.items()]
        run = {"ApplicationId": APPLICATION, "CampaignId": "c", "ActivityId": "a", "TreatmentId": "0"}
        for start in range(0, len(endpoints), HOOK):
            given = dict(endpoints[start : start + HOOK])
            event = {"Message": {"smsmessage": {"body": "Hello"}}, **run, "Endpoints": given}
            while True:
                try:
                    self.aws.simulation.call(lambda event=event: function.handler(event, None))
                except (Killed, Exception):  # noqa: BLE001  as a campaign, which calls its hook again
                    continue
                break

    def work(self) -> None:
        """One process after the other behind the queue, until it is empty."""
        from handlers.custom_channel import sender

        self.queue.work_off(lambda event: sender.handler(event, Context(self.aws, 120)))

    def token(self, endpoint: str) -> str:
        """By which Connect knows an endpoint's call."""
        from handlers.custom_channel.channel import Call

        return Call(APPLICATION, "c", "a", "0", endpoint, "SMS", "", 0).token

    def _call(self, *, DestinationPhoneNumber: str, ClientToken: str, **_: Any) -> dict[str, Any]:
        began = self.aws.simulation.now

        def work() -> dict[str, Any]:
            error, carried_out = self.aws.faults.of_sending()
            if carried_out:
                self.tokens[ClientToken] += 1
                if self.tokens[ClientToken] == 1:
                    self.aws.sent.append(Sent(began, "VOICE", DestinationPhoneNumber, "Hello"))
            if error is not None:
                raise error
            return {"ContactId": ClientToken[:8]}

        return self.aws.call("StartOutboundVoiceContact", work, SLOW)


def calls_that_wait_while_people_opt_out_or_move(stage: Stage) -> None:
    chance = random.Random(stage.seed)
    per_second, kills, fail_every = chance.choice((1, 2, 5, 50)), chance.choice((0, 2)), chance.choice((0, 3))
    call_people(stage, chance, PEOPLE, 24, per_second=per_second, kills=kills, fail_every=fail_every)


def call_people(
    stage: Stage,
    chance: random.Random,
    people: int,
    leaving: int,
    *,
    per_second: int,
    kills: int,
    fail_every: int,
) -> None:
    """A campaign hands so many people to the channel, of whom some opt out or move while their calls wait."""
    aws = stage.account(kills=kills, kill_share=0.01, fail_every=fail_every, silent_share=0.02, **OptOuts.VARIABLES)
    crowd = Crowd(aws, people, TEXT)
    channel = Channel(stage, aws, per_second)
    opt_outs = OptOuts(aws, crowd, chance)
    left: dict[str, float] = {}
    changing = chance.sample(sorted(crowd.people), leaving)

    def change(at: int, identifier: str):
        def run() -> None:
            aws.simulation.sleep(chance.uniform(0, people / per_second))
            if at % 2:
                opt_outs.one(identifier)
            else:
                crowd.update(identifier, Address=phone_number(20_000 + at))
                left[crowd.people[identifier]] = aws.simulation.now

        return run

    def campaign() -> None:
        channel.take(crowd)
        aws.simulation.join([aws.simulation.spawn(channel.work) for _ in range(2)])

    aws.simulation.run(campaign, *(change(at, identifier) for at, identifier in enumerate(changing)))
    opt_outs.check("VOICE")
    called = [sent for sent in aws.sent if sent.channel == "VOICE"]
    wrong = {sent.to for sent in called if sent.at > left.get(sent.to, sent.at) + BOUND_SECONDS}
    assert not wrong, "a number that somebody left was called"
    told = {message["EndpointId"]: message["Status"] for message in channel.queue.bodies(REFUSED)}
    reached = {token for token, times in channel.tokens.items() if times}
    refused = {name for name in told if channel.token(name) not in reached}
    wrong = {name for name, status in told.items() if status != "UNKNOWN" and name not in refused}
    assert not wrong, f"{wrong} were called, and are told as refused"
    dead = len(aws.queues[DEAD])
    assert len(called) == len({sent.to for sent in called}), "somebody was called twice"
    assert len(called) + len(refused) + dead == people, (len(called), len(refused), dead)
    stage.counts.update({"people": people, "messages": len(called), "refused": len(refused), "dead letters": dead})


SCENARIOS = (
    Scenario(calls_that_wait_while_people_opt_out_or_move, 15, 100, "the queue never looked at opt-outs again"),
)
