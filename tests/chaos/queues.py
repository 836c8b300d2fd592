"""SQS queues in a simulation: what a function does not finish comes again, at the latest when its visibility timeout is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.chaos.aws import Aws
from tests.chaos.simulation import Killed

ENTRIES = 10
"""Of one call to a queue."""


class StandardQueue:
    """One queue of the account, and its event source mapping. seconds: its visibility timeout; batch: messages that it hands out at a time."""

    def __init__(self, aws: Aws, url: str, seconds: float, batch: int = ENTRIES) -> None:
        self.aws, self.url, self.seconds, self.batch = aws, url, seconds, batch
        self._at_work = 0
        self._pauses: dict[str, int] = {}
        aws.clients["sqs"].change_message_visibility_batch = self._change

    def work_off(self, handler: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Hands batches to processes of a function until nothing is left, in nobody's hands either."""
        while self.aws.queues[self.url] or self._at_work:
            batch = self.aws.queues[self.url][: self.batch]
            if not batch:
                self.aws.simulation.sleep(1)
                continue
            del self.aws.queues[self.url][: len(batch)]
            self._at_work += 1
            records = [
                {"messageId": str(at), "receiptHandle": f"{id(entry)}", "body": entry["MessageBody"]}
                for at, entry in enumerate(batch)
            ]
            event = {"Records": records}
            try:
                answer = self.aws.simulation.call(lambda event=event: handler(event))
                failed = {int(found["itemIdentifier"]) for found in answer["batchItemFailures"]}
            except (Killed, Exception):  # noqa: BLE001  a queue hands out again whatever a function died of
                failed = set(range(len(batch)))
            back = [(self._pauses.pop(str(id(batch[at])), self.seconds), batch[at]) for at in sorted(failed)]
            self._at_work -= 1
            for pause, entry in back:
                self.aws.simulation.spawn(lambda pause=pause, entry=entry: self._return(pause, entry))
                self._at_work += 1

    def bodies(self, url: str) -> list[dict[str, Any]]:
        """The messages of a queue of the account."""
        return [json.loads(entry["MessageBody"]) for entry in self.aws.queues[url]]

    def _return(self, pause: float, entry: dict[str, Any]) -> None:
        self.aws.simulation.sleep(pause)
        self.aws.queues[self.url].append(entry)
        self._at_work -= 1

    def _change(self, *, Entries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        assert 1 <= len(Entries) <= ENTRIES
        for entry in Entries:
            self._pauses[entry["ReceiptHandle"]] = entry["VisibilityTimeout"]
        return {}
