"""The function behind the dead-letter queue of the texts: what the queue gave up is reported as a result of its row.

A message ends there when the sender died with it time and again. Its row is claimed first, so that redriving the queue
sends nothing twice. What is no text stays in the queue, whose alarm says so.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from handlers.shared.claims import Standing
from handlers.shared.logging import logger
from handlers.shared.tables import Table, table_client
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.environment import UndeliveredEnvironment
from handlers.sms_s3_drop.ledger import FAILED, LOST, UNKNOWN, Ledger, Result
from handlers.sms_s3_drop.runs import Runs

_environment = cache(UndeliveredEnvironment.read)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """SQS batch of given up texts -> partial batch response."""
    failed = []
    for record in event["Records"]:
        try:
            text = Text.from_json(record["body"])
        except (ValueError, KeyError, TypeError) as error:
            logger.error("not a text", extra={"message_id": record["messageId"], "error": type(error).__name__})
            failed.append({"itemIdentifier": record["messageId"]})
            continue
        report(text)
    return {"batchItemFailures": failed}


def report(text: Text) -> None:
    """Settles a text that the queue gave up. Raises what DynamoDB answers."""
    environment = _environment()
    table = Table(environment.ledger_table, table_client(max_attempts=10))
    ledger = Ledger(table, text.run, environment.remembered_days)
    standing = ledger.claim_row(text.row)
    if standing is Standing.CLAIMED:
        ledger.settle(Result.of(text, FAILED, f"was handed out {environment.max_receives} times and not sent"))
    elif standing is Standing.LOST:
        ledger.settle(Result.of(text, UNKNOWN, LOST))
    Runs(table).count_settled(text.run, 1)
    logger.error("text given up", extra={"run": text.run, "row": text.row, "standing": standing.name})
