"""What SES's receipt rule calls for each mail, without waiting for it.

A mail that cannot be answered goes to the queue of unanswered mail with the reason, as the record that SES gave. What
may succeed later raises: Lambda calls again twice, then the event goes to the failure destination. Doing a record again
sends no second reply.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from handlers.ses_auto_reply.environment import ReplyEnvironment
from handlers.ses_auto_reply.ledger import UNKNOWN
from handlers.ses_auto_reply.responder import REPLIED, UNANSWERED, Outcome, Responder
from handlers.shared.clients import aws_client
from handlers.shared.logging import logger

_LONGEST_REASON = 1000
_SLACK_SECONDS = 5
_environment = cache(ReplyEnvironment.read)


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """SES event -> `{"Outcomes": [{"MessageId", "Status", "Detail"}]}`; Status REPLIED, NO_REPLY or UNANSWERED."""
    records = event.get("Records")
    if not isinstance(records, list) or not records:
        _report(event, Outcome(UNANSWERED, "Records is missing or empty"))
        return {"Outcomes": []}
    return {"Outcomes": [_answer(record, context) for record in records]}


def _answer(record: Any, context: Any) -> dict[str, str]:
    seconds = context.get_remaining_time_in_millis() / 1000 + _SLACK_SECONDS
    outcome = _responder().answer(record, seconds)
    if outcome.status == UNANSWERED:
        _report(record, outcome)
        if outcome.unknown:
            _responder().ledger.close(outcome.unknown, UNKNOWN)
    else:
        kind = "reply_id" if outcome.status == REPLIED else "reason"
        text = "replied" if outcome.status == REPLIED else "no reply"
        logger.info(text, extra={"message_id": outcome.message_id, kind: outcome.detail})
    return {"MessageId": outcome.message_id, "Status": outcome.status, "Detail": outcome.detail}


def _report(record: Any, outcome: Outcome) -> None:
    """The reason may hold SES's words, and these addresses: it goes to the encrypted queue, not to the log."""
    sent = aws_client("sqs").send_message(
        QueueUrl=_environment().unanswered_queue_url,
        MessageBody=json.dumps(record, ensure_ascii=True, default=str),
        MessageAttributes={"reason": {"DataType": "String", "StringValue": outcome.detail[:_LONGEST_REASON]}},
    )
    logger.error(
        "mail cannot be answered", extra={"message_id": outcome.message_id, "unanswered_id": sent["MessageId"]}
    )


@cache
def _responder() -> Responder:
    return Responder(_environment())
