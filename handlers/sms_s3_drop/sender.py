"""The function behind the queue of texts: a batch holds texts of one origination identity or of several, each in order.

Groups overlap; within a group, nothing overtakes a text that must come again. What must come again is handed out anew
after a pause: one that grows with the number of tries, or a second where this function had no time for it.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from handlers.shared.claims import ContendedError
from handlers.shared.clients import aws_client, engagement_client
from handlers.shared.logging import logger
from handlers.shared.origination_rates import Rates
from handlers.shared.pace import Pace
from handlers.shared.tables import Table, table_client
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.desk import CALL_SECONDS, TROUBLE_SECONDS, Desk
from handlers.sms_s3_drop.environment import SenderEnvironment
from handlers.sms_s3_drop.group import GroupSender
from handlers.sms_s3_drop.ledger import Ledger
from handlers.sms_s3_drop.runs import Runs
from handlers.sms_s3_drop.sending import send

_environment = cache(SenderEnvironment.read)


@cache
def _rates() -> Rates:
    return Rates(_environment().rates, aws_client("pinpoint-sms-voice-v2"))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """SQS batch of texts -> partial batch response."""
    table = Table(_environment().ledger_table, table_client(max_attempts=10))
    return Batch(event["Records"], table, Pace(table), lambda: context.get_remaining_time_in_millis() / 1000).work()


class Batch:
    """One batch of the queue's messages.

    Args:
        left: Seconds that the function has left.
    """

    def __init__(self, records: list[dict[str, Any]], table: Table, pace: Pace, left: Any) -> None:
        environment = _environment()
        self._environment = environment
        self._records = records
        self._table = table
        self._ledger = cache(
            lambda run: Ledger(table, run, environment.remembered_days, unique=not environment.send_duplicates)
        )
        # A call that is tried again by itself could send a text twice.
        client = engagement_client(max_attempts=1, read_timeout=CALL_SECONDS)
        self._desk = Desk(
            ledger_of=self._ledger,
            pace=pace,
            send=lambda texts: send(client, environment.application_id, texts),
            left=left,
        )

    def work(self) -> dict[str, Any]:
        """Sends the batch. Returns which messages must come again."""
        groups: dict[str, list[int]] = {}
        texts: dict[int, Text] = {}
        pauses: dict[int, int] = {}
        for at, record in enumerate(self._records):
            try:
                texts[at] = Text.from_json(record["body"])
            except (ValueError, KeyError, TypeError) as error:
                # After its last time the dead-letter queue has it, whose alarm says so.
                logger.error("not a text", extra={"message_id": record["messageId"], "error": type(error).__name__})
                pauses[at] = 1
                continue
            groups.setdefault(texts[at].origination, []).append(at)
        if groups:
            with ThreadPoolExecutor(len(groups), thread_name_prefix="groups") as pool:
                for again in pool.map(lambda identity: self._group(identity, groups[identity], texts), groups):
                    pauses |= again
        self._count([text for at, text in texts.items() if at not in pauses])
        self._pause(pauses)
        return {"batchItemFailures": [{"itemIdentifier": self._records[at]["messageId"]} for at in sorted(pauses)]}

    def _group(self, identity: str, places: list[int], texts: dict[int, Text]) -> dict[int, int]:
        """Sends a group; returns the places of what must come again, and in how many seconds each."""
        try:
            sender = GroupSender(self._desk, identity, _rates().of(identity))
            pauses = sender.run([texts[at] for at in places])
        except (ClientError, BotoCoreError, ContendedError, TimeoutError) as error:
            # One group's trouble must not keep the others' results from being told.
            logger.error("group failed", extra={"error": type(error).__name__, "texts": len(places)})
            return dict.fromkeys(places, TROUBLE_SECONDS)
        return {at: pause for at, pause in zip(places, pauses, strict=True) if pause}

    def _count(self, texts: list[Text]) -> None:
        for run, rows in Counter(text.run for text in texts).items():
            Runs(self._table).count_settled(run, rows)

    def _pause(self, pauses: dict[int, int]) -> None:
        """Hands messages out again after a pause instead of the queue's whole visibility timeout."""
        if not pauses:
            return
        entries = [
            {"Id": str(at), "ReceiptHandle": self._records[at]["receiptHandle"], "VisibilityTimeout": pause}
            for at, pause in pauses.items()
        ]
        answer = aws_client("sqs").change_message_visibility_batch(
            QueueUrl=self._environment.queue_url, Entries=entries
        )
        if answer.get("Failed"):
            logger.warning("messages stay hidden for the whole timeout", extra={"count": len(answer["Failed"])})
