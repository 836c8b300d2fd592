"""Batches of queue messages whose work overlaps: all are read first, then handled together, then told apart.

`handlers.shared.queues` handles one message after the other; here a batch is one piece of work. A message that can
never succeed goes to the dead-letter queue with the reason; one that may succeed later stays in its queue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of
from handlers.shared.batching import batched
from handlers.shared.clients import aws_client
from handlers.shared.json_objects import NotAnObjectError, json_object
from handlers.shared.logging import logger

ENTRIES = 10
"""Messages of one SendMessageBatch call."""
_BATCH_BYTES = 256 * 1024
_LONGEST_REASON = 1000


@dataclass
class Letters:
    """What became of a batch: `rejected` by position with the reason, `failed` positions to be tried again."""

    records: Sequence[Mapping[str, Any]]
    dead_letter_queue_url: str
    rejected: dict[int, str] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    def finish(self) -> dict[str, Any]:
        """Dead-letters what was rejected and returns SQS's partial batch response for what failed.

        A rejected message that the dead-letter queue does not take counts as failed.
        """
        entries = [
            {
                "Id": str(position),
                "MessageBody": self.records[position]["body"],
                "MessageAttributes": {"reason": {"DataType": "String", "StringValue": reason[:_LONGEST_REASON]}},
            }
            for position, reason in sorted(self.rejected.items())
        ]
        for position, reason in self.rejected.items():
            logger.error("message rejected", extra={"message_id": self._id(position), "reason": reason})
        for entry_id, reason in send(self.dead_letter_queue_url, entries).items():
            self.failed[int(entry_id)] = f"not dead-lettered: {reason}"
        for position, reason in self.failed.items():
            logger.warning("message failed", extra={"message_id": self._id(position), "reason": reason})
        return {"batchItemFailures": [{"itemIdentifier": self._id(position)} for position in sorted(self.failed)]}

    def _id(self, position: int) -> str:
        return self.records[position]["messageId"]


def send(queue_url: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Sends messages, ten a call and 256 KB at most. Returns reasons by entry id of those that the queue did not take."""
    refused: dict[str, str] = {}
    for batch in batched(entries, _bytes, _BATCH_BYTES, ENTRIES):
        try:
            answer = aws_client("sqs").send_message_batch(QueueUrl=queue_url, Entries=list(batch))
        except ClientError as error:
            refused |= {entry["Id"]: code_of(error) for entry in batch}
            continue
        refused |= {failure["Id"]: failure.get("Code", "unknown") for failure in answer.get("Failed", [])}
    return refused


def unwrapped(body: str) -> str:
    """The text that was published to a topic: from SNS's envelope, or as it is with raw delivery.

    Envelope: Amazon SNS Developer Guide, "Parsing message formats".
    """
    try:
        document = json_object(body)
    except NotAnObjectError:
        return body
    message = document.get("Message")
    if document.get("Type") == "Notification" and isinstance(message, str):
        return message
    return body


def _bytes(entry: Mapping[str, Any]) -> int:
    return len(json.dumps(entry).encode())
