"""Answers by text message, from the number that was written to. They are transactional: being opted out stops none."""

from __future__ import annotations

from functools import cache

from handlers.self_managed_opt_outs.inbound import Inbound
from handlers.self_managed_opt_outs.numbers import pause
from handlers.shared.logging import logger
from handlers.shared.messages.result import (
    OPT_OUT,
    SUCCESSFUL,
    TEMPORARY_FAILURE,
    THROTTLED,
    UNKNOWN_FAILURE,
    DeliveryResult,
)
from handlers.shared.messages.sms import SmsSender

ATTEMPTS = 5


class NotNowError(Exception):
    """The answer was not sent; trying again may help."""


class RefusedAnswerError(Exception):
    """The answer is never sent. The text says why, without personal data."""


def answer(message: Inbound, text: str) -> None:
    """Sends the answer. One that may have been sent counts as sent. Raises NotNowError, RefusedAnswerError."""
    result = _send(message, text)
    for attempt in range(ATTEMPTS - 1):
        if result.status not in (THROTTLED, TEMPORARY_FAILURE):
            break
        pause(attempt)
        result = _send(message, text)
    if result.status in (THROTTLED, TEMPORARY_FAILURE):
        raise NotNowError(f"answer not sent: {result.status}")
    if result.status == OPT_OUT:
        logger.warning("answer blocked by the number's opt-out list", extra={"inbound_message_id": message.message_id})
    elif result.status == UNKNOWN_FAILURE:
        logger.warning("answer may not have been sent", extra={"inbound_message_id": message.message_id})
    elif result.status != SUCCESSFUL:
        raise RefusedAnswerError(f"answer refused: {result.status_message.partition(':')[0][:200]}")


def _send(message: Inbound, text: str) -> DeliveryResult:
    return _sender().send(message.number, text, origination=message.destination, message_type="TRANSACTIONAL")


@cache
def _sender() -> SmsSender:
    return SmsSender()
