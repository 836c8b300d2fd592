"""AWS as a channel sees it, in memory: queues, a table, a service that reaches people, and a clock of its own."""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from handlers.connect_channel.channel import ConnectChannel
from handlers.connect_channel.environment import ConnectEnvironment
from handlers.custom_channel import function, sender
from handlers.custom_channel.channel import Channel
from handlers.shared.pace import Pace
from handlers.shared.tables import Table
from handlers.whatsapp_channel.channel import WhatsAppChannel
from handlers.whatsapp_channel.environment import WhatsAppEnvironment
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.sms_s3_drop.world import Clock, Killed

CALLS, DEAD, REFUSED = "https://calls", "https://dead", "https://refused"
ROUNDS = 3000


class Service:
    """The client of every channel: whom the world has at the moment."""

    world: World

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.world.people, operation)


SERVICE = Service()
CONNECT = ConnectChannel(ConnectEnvironment(instance_id="instance", contact_flow_id="flow", queue_id="queue"), SERVICE)


def whatsapp(template: str = "", *parameters: str) -> WhatsAppChannel:
    return WhatsAppChannel(
        WhatsAppEnvironment(
            phone_number_id="phone-number-id-1",
            api_version="v20.0",
            template=template,
            language="de",
            parameters=parameters,
        ),
        SERVICE,
    )


def event(count: int, *, activity: str = "activity", message: str = "Hello", **more: Any) -> dict[str, Any]:
    """A DELIVERY event about so many SMS endpoints."""
    endpoints = {f"e{n}": {"ChannelType": "SMS", "Address": address(n), "Attributes": {}} for n in range(count)}
    return {
        "Message": {"smsmessage": {"body": message}},
        "ApplicationId": "app",
        "CampaignId": "campaign",
        "TreatmentId": "0",
        "ActivityId": activity,
        "Endpoints": endpoints,
        **more,
    }


def address(number: int) -> str:
    return f"+1206555{number:04}"


class Queues:
    """Standard queues without time: what is handed out again comes again at once. refusing: URLs that take nothing."""

    def __init__(self) -> None:
        self.messages: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.refusing: set[str] = set()
        self.pauses: list[int] = []
        self.calls = 0

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        self.calls += 1
        if QueueUrl in self.refusing:
            return {"Failed": [{"Id": entry["Id"], "Code": "InternalError"} for entry in Entries]}
        self.messages[QueueUrl] += Entries
        return {}

    def change_message_visibility_batch(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        assert 1 <= len(Entries) <= 10
        self.pauses += [entry["VisibilityTimeout"] for entry in Entries]
        return {}

    def bodies(self, url: str) -> list[dict[str, Any]]:
        return [json.loads(message["MessageBody"]) for message in self.messages[url]]


@dataclass
class People:
    """Connect and WhatsApp, and who was reached. faults: what a call answers in turn, None for success."""

    clock: Clock
    faults: Iterable[Any] = field(default_factory=lambda: itertools.repeat(None))
    requests: list[dict[str, Any]] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    refusal: Any = None
    after: Any = None
    """Raised once the next call was carried out."""

    def __post_init__(self) -> None:
        self._faults = iter(self.faults)
        self._tokens: set[str] = set()
        self._lock = threading.Lock()

    def start_outbound_voice_contact(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self._reach(request, request["DestinationPhoneNumber"], request["ClientToken"])
            return {"ContactId": f"c{len(self.requests)}"}

    def send_whatsapp_message(self, **request: Any) -> dict[str, Any]:
        with self._lock:
            self._reach(request, json.loads(request["message"])["to"], "")
            return {"messageId": f"m{len(self.requests)}"}

    def _reach(self, request: dict[str, Any], to: str, token: str) -> None:
        self.times.append(self.clock())
        if fault := next(self._faults):
            raise fault
        if to in self.refused:
            raise self.refusal(to) if callable(self.refusal) else self.refusal
        self.requests.append(request)
        if not token or token not in self._tokens:
            self.reached[to] += 1
        self._tokens.add(token)
        if error := self.after:
            self.after = None
            raise error


class Project:
    """The engagement project's endpoints, as the events tell them: some are otherwise by now. faults: one error a read."""

    def __init__(self) -> None:
        self.now: dict[str, dict[str, Any]] = {}
        self.gone: set[str] = set()
        self.faults: list[Exception] = []
        self.reads = 0

    def by_id(self, ids: Collection[str]) -> dict[str, Any]:
        assert len(set(ids)) == len(list(ids)) <= 100
        self.reads += 1
        if self.faults:
            raise self.faults.pop()
        return {
            id_: {"Id": id_, "ChannelType": "SMS", "Address": address(int(id_[1:])), "OptOut": "NONE"}
            | self.now.get(id_, {})
            for id_ in ids
            if id_ not in self.gone
        }


class World:
    """Everything that a channel touches."""

    def __init__(self, monkeypatch: Any) -> None:
        self.clock = Clock()
        self.queues = Queues()
        self.dynamodb = DynamoDb()
        self.oversleep: list[float] = []
        """Seconds by which the next sleeps are too long."""
        self.people = People(self.clock)
        self.project = Project()
        self.channel: Channel = CONNECT
        self.batch = 50
        """What the queue hands out at a time."""
        SERVICE.world = self
        self._monkeypatch = monkeypatch

    def client(self, service: str, **_: Any) -> Any:
        return {"sqs": self.queues, "dynamodb": self.dynamodb}[service]

    def hook(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the campaign is answered."""
        self._monkeypatch.setattr(function, "_channel", lambda: self.channel)
        return function.handler(given, None)

    def send(self, seconds: float = 120) -> bool:
        """Hands one batch to a sender that dies after so many seconds; returns whether there was one."""
        waiting = self.queues.messages[CALLS]
        batch = waiting[: self.batch]
        began = self.clock()

        def left() -> float:
            return began + seconds - self.clock()

        records = [
            {"messageId": str(at), "receiptHandle": "r", "body": message["MessageBody"]}
            for at, message in enumerate(batch)
        ]
        if not batch:
            return False
        pace = Pace(Table("calls", self.dynamodb), self.clock, self._sleep)
        try:
            endpoints: Any = self.project
            answer = sender.Batch(
                records, self.channel, endpoints, Table("calls", self.dynamodb), pace, left=left
            ).work()
        except Killed:
            return True
        failed = {int(found["itemIdentifier"]) for found in answer["batchItemFailures"]}
        self.queues.messages[CALLS] = waiting[self.batch :] + [batch[at] for at in sorted(failed)]
        return True

    def _sleep(self, seconds: float) -> None:
        self.clock.sleep(seconds + (self.oversleep.pop() if self.oversleep else 0))

    def finish(self) -> None:
        """Works the queue off."""
        for _ in range(ROUNDS):
            if not self.send():
                return
            self.clock.sleep(max(self.queues.pauses, default=0))
            self.queues.pauses.clear()
        raise AssertionError(f"not done after {ROUNDS} rounds")

    def run(self, given: dict[str, Any]) -> None:
        """Hands an event to the hook, 50 endpoints at a time, and works all off."""
        endpoints = list(given["Endpoints"].items())
        for start in range(0, len(endpoints), 50):
            self.hook({**given, "Endpoints": dict(endpoints[start : start + 50])})
        self.finish()

    def rate(self, calls_per_second: float) -> None:
        """As the component does: a slow channel's queue hands out less at a time."""
        self.batch = max(10, min(50, int(calls_per_second * 5)))
        self._monkeypatch.setenv("CALLS_PER_SECOND", str(calls_per_second))
        sender._environment.cache_clear()
