"""Working off SQS batches: one function per message; only what failed comes back, only what is hopeless is set aside.

A message that raises RejectedMessageError can never succeed: it goes to the dead-letter queue at once, with the reason
in the message attribute `reason`. Any other error leaves the message in its queue, to be retried and, after the queue's
last attempt, dead-lettered by SQS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_LONGEST_REASON = 1000


class RejectedMessageError(ValueError):
    """The message can never be handled. The text says why, without personal data."""


def work_off(
    event: Mapping[str, Any],
    context: LambdaContext,
    handle: Callable[[str], None],
    dead_letter_queue_url: str,
) -> dict[str, Any]:
    """Calls `handle` with each message's body; returns SQS's partial batch response.

    Raises nothing by itself, not even where every message failed: each is reported by its id.
    """

    def handle_record(record: SQSRecord) -> None:
        try:
            handle(record.body)
        except RejectedMessageError as error:
            _dead_letter(record, str(error), dead_letter_queue_url)
        except Exception as error:
            logger.warning("message failed", extra={"message_id": record.message_id, "error": type(error).__name__})
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    response = process_partial_response(event, handle_record, processor, context)  # pyright: ignore[reportArgumentType] a mapping is what it reads
    return dict(response)


def _dead_letter(record: SQSRecord, reason: str, queue_url: str) -> None:
    logger.error("message rejected", extra={"message_id": record.message_id, "reason": reason})
    aws_client("sqs").send_message(
        QueueUrl=queue_url,
        MessageBody=record.body,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": reason[:_LONGEST_REASON]}},
    )
