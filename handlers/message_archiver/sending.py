"""Many messages into one queue: ten a call, and a call repeated for the messages alone that it did not take."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

from handlers.shared.aws_errors import code_of, is_refusal
from handlers.shared.backoff import backoff
from handlers.shared.batching import batched

MESSAGES = 10
BATCH_BYTES = 1_048_576
"""SQS SendMessageBatch: at most ten messages and 1 MiB, together and each (Amazon SQS Developer Guide, "Quotas")."""
ATTEMPTS = 6
AT_ONCE = 8


class QueueSender:
    """Sends texts to a queue. sqs: a boto3 client; its own retries come before the ones here."""

    def __init__(self, sqs: Any, queue_url: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._pause = pause

    def send(self, bodies: Sequence[str]) -> dict[int, str]:
        """Sends all of them, several calls at a time. Returns why not, for each position that the queue did not take."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            failures: dict[int, str] = {}
            for failed in pool.map(lambda batch: self._send_batch(bodies, batch), batches(bodies)):
                failures.update(failed)
        return failures

    def _send_batch(self, bodies: Sequence[str], batch: list[int]) -> dict[int, str]:
        pending, reasons = batch, dict[int, str]()
        refused: dict[int, str] = {}
        for attempt in range(ATTEMPTS):
            if attempt:
                backoff(attempt, first=0.1, longest=2.0, least=0.5, sleep=self._pause)
            try:
                answer = self._sqs.send_message_batch(
                    QueueUrl=self._queue_url,
                    Entries=[{"Id": str(position), "MessageBody": bodies[position]} for position in pending],
                )
            except ClientError as error:
                reasons = {position: f"queue: {code_of(error)}" for position in pending}
                if is_refusal(error):
                    return refused | reasons
                continue
            reasons = {}
            for failed in answer.get("Failed", []):
                kind = refused if failed.get("SenderFault") else reasons
                kind[int(failed["Id"])] = f"queue: {failed.get('Code', 'no reason given')}"
            pending = sorted(reasons)
            if not pending:
                return refused
        return refused | reasons


def batches(bodies: Sequence[str]) -> Iterator[list[int]]:
    """Positions of the texts, at most ten and 1 MiB together. A text above 1 MiB is alone, for the queue to refuse."""
    return batched(range(len(bodies)), lambda position: len(bodies[position].encode()), BATCH_BYTES, MESSAGES)
