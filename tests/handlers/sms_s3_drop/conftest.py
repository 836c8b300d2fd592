"""A drop in process: file in, state machine and queue worked off, reports out."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from handlers.shared import tables
from handlers.shared.origination_rates import Rates
from handlers.shared.pace import Pace
from handlers.shared.tables import Table
from handlers.sms_s3_drop import function, reading, sender, undelivered
from tests.handlers.shared.dynamodb import DynamoDb
from tests.handlers.shared.fakes import Context
from tests.handlers.sms_s3_drop.world import Bucket, Clock, Killed, Numbers, Phones, Queue

TYPES = {"LONG_CODE": 1, "TOLL_FREE": 3, "TEN_DLC": 10, "SHORT_CODE": 100, "SENDER_ID": 10}
ROUNDS = 5000


class Drop:
    """Everything that a drop touches."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.milliseconds = 900_000
        self.bucket = Bucket()
        self.queue = Queue()
        self.dynamodb = DynamoDb()
        self.phones = Phones(self.clock)
        self.numbers = Numbers({"+12065550101": "LONG_CODE", "+18005550102": "TOLL_FREE", "+12065550103": "TEN_DLC"})

    def client(self, service: str, **_: Any) -> Any:
        return {
            "s3": self.bucket,
            "sqs": self.queue,
            "dynamodb": self.dynamodb,
            "pinpoint-sms-voice-v2": self.numbers,
        }[service]

    def drop(self, content: bytes | str, key: str = "texts/a.csv") -> dict[str, Any]:
        """Puts a file and starts its run; returns the first outcome."""
        self.bucket.put_object(Key=key, Body=content.encode() if isinstance(content, str) else content)
        return self.start(key)

    def start(self, key: str = "texts/a.csv") -> dict[str, Any]:
        return function.handler({"operation": "start", "Input": {"S3URL": f"s3://files/{key}"}}, Context())

    def poll(self, outcome: dict[str, Any]) -> dict[str, Any]:
        run = json.loads(json.dumps(outcome))
        return function.handler({"operation": "poll", "Run": run}, Context(self.milliseconds))

    def send(self, seconds: float = 10_000) -> bool:
        """Hands one batch to a sender that dies after so many seconds; returns whether there was one."""
        began = self.clock()

        def left() -> float:
            return began + seconds - self.clock()

        def sleep(pause: float) -> None:
            self.clock.sleep(min(pause, max(left(), 0)))
            if left() <= 0:
                raise Killed

        def work(event: dict[str, Any]) -> dict[str, Any]:
            table = Table("ledger", self.dynamodb)
            pace = Pace(table, self.clock, sleep)
            return sender.Batch(event["Records"], table, pace, left).work()

        calls, paused = self.phones.calls, len(self.queue.pauses)
        handed_out = self.queue.hand_out(work)
        if self.phones.calls == calls:
            self.clock.sleep(max(self.queue.pauses[paused:], default=0))
        return handed_out

    def bury(self) -> None:
        """Hands what is dead to its function."""
        records = [{"messageId": str(at), "body": body} for at, body in enumerate(self.queue.dead)]
        assert undelivered.handler({"Records": records}, Context()) == {"batchItemFailures": []}
        self.queue.dead = []

    def finish(self, outcome: dict[str, Any]) -> dict[str, Any]:
        """Works all off; returns the last outcome."""
        for _ in range(ROUNDS):
            if outcome["Status"] != "RUNNING":
                return outcome
            outcome = self.poll(outcome)
            while self.send():
                pass
        raise AssertionError(f"not done after {ROUNDS} rounds: {outcome}")

    def run(self, content: bytes | str, key: str = "texts/a.csv") -> dict[str, Any]:
        return self.finish(self.drop(content, key))

    def results(self, name: str = "a.csv") -> list[dict[str, str]]:
        return self._rows(f"results/{name}")

    def errors(self, name: str = "a.csv") -> list[dict[str, str]]:
        return self._rows(f"errors/{name}")

    def _rows(self, key: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.bucket.objects[key].decode(), newline="")))


@pytest.fixture
def drop(monkeypatch):
    yield installed(monkeypatch)
    forget()


def forget():
    for module in (function, sender, undelivered):
        module._environment.cache_clear()


def installed(monkeypatch: pytest.MonkeyPatch) -> Drop:
    """Everything that a drop touches, in the place of AWS."""
    made = Drop()
    variables = {
        "APPLICATION_ID": "app",
        "QUEUE_URL": "https://texts.fifo",
        "LEDGER_TABLE": "ledger",
        "PREFIX": "texts/",
        "ORIGINATION_NUMBER": "",
        "MESSAGE_TYPE": "",
        "DEADLINE_HOURS": "96",
        "REMEMBERED_DAYS": "90",
        "POLL_SECONDS": "5",
        "RATES": json.dumps({"types": TYPES, "numbers": {}}),
        "MAX_RECEIVES": "200",
        "SEND_DUPLICATES": "false",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget()
    for module in (function, sender, tables):
        monkeypatch.setattr(module, "aws_client", made.client)
    monkeypatch.setattr(sender, "engagement_client", lambda **_: made.phones)
    monkeypatch.setattr(sender, "_rates", lambda: Rates(variables["RATES"], made.numbers))
    monkeypatch.setattr(reading, "ROWS_PER_LOOK", 1000)
    monkeypatch.setattr("handlers.shared.backoff.time.sleep", lambda _: None)
    return made
