"""A campaign in a simulation: its state machine, with each step a process of its own, people, and what became of them."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.hosted_service import APPLICATION, CAMPAIGN, phone_number
from handlers.engagement.store.shards import SHARDS, shard_of
from tests.chaos.aws import Aws
from tests.chaos.simulation import Killed

ATTEMPTS = 4
TEXT = {"SMSMessage": {"Body": "Hello", "MessageType": "PROMOTIONAL"}}
MAIL = {"EmailMessage": {"Title": "Hello", "Body": "Hello"}}
RUN = {"ApplicationId": APPLICATION, "CampaignId": CAMPAIGN, "Version": 1, "Run": 0}
EXECUTION = {**RUN, "StartTime": "now"}


class Context:
    """A Lambda context of so many seconds from now."""

    aws_request_id = function_name = invoked_function_arn = "chaos"
    memory_limit_in_mb = 256

    def __init__(self, aws: Aws, seconds: float = 600) -> None:
        self._clock = aws.simulation
        self._end = aws.simulation.now + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self._end - self._clock.now))


class Crowd:
    """People with one endpoint each, and a campaign to them all. shards: over so many of the store's they are spread; those
    of one are read by one page, so that the last of them wait the longest."""

    def __init__(
        self, aws: Aws, people: int, message: dict[str, Any], *, shards: int = SHARDS, **campaign: Any
    ) -> None:
        self.aws = aws
        self.channel = "EMAIL" if "EmailMessage" in message else "SMS"
        within = (f"e{at}" for at in itertools.count() if shard_of(f"e{at}") < shards)
        self.people = {name: self.address(int(name[1:])) for name in itertools.islice(within, people)}
        aws.seed.segment("DIMENSIONAL", SegmentGroups={"Include": "ALL", "Groups": []})
        aws.seed.campaign(message)
        if campaign:
            self._change(campaign)
        self._store()

    def address(self, number: int) -> str:
        return phone_number(number) if self.channel == "SMS" else f"p{number}@example.com"

    def run(self, execution: dict[str, Any] = EXECUTION) -> dict[str, Any]:
        """The run's state machine, from beginning to end; part of a simulation. Returns what its last step did."""
        try:
            return self._run(execution)
        except (Killed, Exception) as error:  # noqa: BLE001  as the state machine's Catch
            with contextlib.suppress(Killed, Exception):  # the step that records it may die as often as the others
                self._step("fail", Failure={"Error": type(error).__name__, "Cause": "{}"})
            return {"Action": "FAILED", "Missing": len(self.people)}

    def _run(self, execution: dict[str, Any]) -> dict[str, Any]:
        simulation = self.aws.simulation
        plan = self._step("plan", Execution=execution)
        if plan["Action"] != "RUN":
            return plan
        simulation.join([simulation.spawn(lambda chunk=chunk: self._chunk(chunk)) for chunk in plan["Chunks"]])
        cursor = None
        while True:
            answer = self._step("complete", Execution=execution, Cursor=cursor)
            if answer["Action"] != "AGAIN":
                return answer
            cursor = answer["Cursor"]

    def resume(self) -> dict[str, Any]:
        """Takes the run up again, by the service's own operation."""
        before = len(self.aws.started)
        status, answer = self.aws.api("POST", f"campaigns/{CAMPAIGN}/resume")
        assert status == 202, answer
        [started] = self.aws.started[before:]
        return self.run(json.loads(started["input"]))

    def metrics(self) -> Counter[str]:
        """Status -> how many, as the API tells."""
        _, answer = self.aws.api("GET", f"campaigns/{CAMPAIGN}/activities")
        found: Counter[str] = Counter()
        for activity in answer["Item"]:
            found.update({status: int(count) for status, count in activity["ExecutionMetrics"].items()})
        return found

    def told(self) -> dict[str, set[str]]:
        """Endpoint id -> statuses that the event stream told of it."""
        found: dict[str, set[str]] = {}
        for event in self.aws.events:
            if event["event_type"] == "_campaign.send":
                found.setdefault(event["client"]["client_id"], set()).add(event["attributes"]["campaign_send_status"])
        return found

    def update(self, identifier: str, **members: Any) -> None:
        """UpdateEndpoint, until it is acknowledged."""
        for _ in range(20):
            status, answer = self.aws.api("PUT", f"endpoints/{identifier}", members)
            if status < 300:
                return
            assert status in (409, 429, 500, 503), (status, answer)
        raise AssertionError(f"{identifier} was not updated")

    def _chunk(self, chunk: int) -> None:
        cursor = None
        while True:
            try:
                step = self._step("process", Chunk=chunk, Cursor=cursor)
            except (Killed, Exception) as error:  # noqa: BLE001  as the state machine's Catch
                reason = {"Error": type(error).__name__, "Cause": "{}"}
                self._step("lose", Chunk=chunk, Failure=reason)
                return
            if step["Done"]:
                return
            cursor = step["Cursor"]
            self.aws.simulation.sleep(step["Wait"])

    def _step(self, operation: str, **given: Any) -> dict[str, Any]:
        """One task of the state machine, with its four attempts."""
        from handlers.engagement.campaigns import function

        event = json.loads(json.dumps({"operation": operation, **RUN, **given}))
        event["Run"] = (given.get("Execution") or RUN)["Run"]

        def work() -> Any:
            function._surroundings.cache_clear()
            return function.handler(event, Context(self.aws))

        for attempt in range(ATTEMPTS):
            try:
                return self.aws.simulation.call(work)
            except (Killed, Exception):
                if attempt == ATTEMPTS - 1:
                    raise
                self.aws.simulation.sleep(2.0 * 2**attempt)
        raise AssertionError("not reached")

    def _change(self, members: dict[str, Any]) -> None:
        tables = self.aws.dynamodb.tables
        for pk, sk in ((f"CAMPAIGNS#{APPLICATION}", CAMPAIGN), (f"CAMPAIGN#{APPLICATION}#{CAMPAIGN}", f"{1:010d}")):
            item = tables._find("registry", {"pk": {"S": pk}, "sk": {"S": sk}})
            assert item is not None
            self.aws.seed.document(pk, sk, {**json.loads(item["doc"]["S"]), **members})

    def _store(self) -> None:
        from handlers.engagement.service import service

        items = [{"Id": name, "ChannelType": self.channel, "Address": to} for name, to in self.people.items()]
        results = service().endpoints(APPLICATION).upsert(items)
        assert not [result for result in results if result.error]


def in_turn(*works: Callable[[], Any]) -> Callable[[], None]:
    """Works one after the other."""

    def run() -> None:
        for work in works:
            work()

    return run
