"""Texts through SendMessages, and what its answer means for their rows.

The client must not retry by itself: a call without an answer may have sent the text. What certainly was not sent
(throttled, never connected, one text refused with 500 or 503) may be tried again; what may have been sent is never.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

from handlers.shared.aws_errors import code_of, is_transient, may_have_happened, status_of
from handlers.sms_s3_drop.columns import Text
from handlers.sms_s3_drop.ledger import FAILED, OPTED_OUT, SENT, UNKNOWN

NOT_SENT = ("THROTTLED", "TEMPORARY_FAILURE")
_REFUSED_FOR_GOOD = (400, 413)


@dataclass(frozen=True)
class Answer:
    """status: as results have it. again: it was certainly not sent, and may be later."""

    status: str
    reason: str = ""
    message_id: str = ""
    again: bool = False


def send(client: Any, application_id: str, texts: Sequence[Text]) -> list[Answer]:
    """Sends texts of one origination identity and message type to different numbers. Never raises for what concerns them alone."""
    try:
        response = client.send_messages(ApplicationId=application_id, MessageRequest=_request(texts))
    except ClientError as error:
        if len(texts) > 1 and status_of(error) in _REFUSED_FOR_GOOD:
            # One of them may be what is refused; none of them was sent.
            return [answer for text in texts for answer in send(client, application_id, [text])]
        return [_refused(error, several=len(texts) > 1)] * len(texts)
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        reason = f"the service could not be reached: {type(error).__name__}"
        return [Answer(FAILED, reason, again=True)] * len(texts)
    except BotoCoreError as error:
        reason = f"no answer ({type(error).__name__}): whether it went out is not known"
        return [Answer(UNKNOWN, reason)] * len(texts)
    results = response["MessageResponse"].get("Result", {})
    return [_answer(results.get(text.number), text) for text in texts]


def _request(texts: Sequence[Text]) -> dict[str, Any]:
    first = texts[0]
    message = {"Body": first.message, "MessageType": first.message_type}
    is_number = first.origination.startswith("+") or first.origination.isdigit()
    message["OriginationNumber" if is_number else "SenderId"] = first.origination
    return {
        "Addresses": {text.number: _address(text, first) for text in texts},
        "MessageConfiguration": {"SMSMessage": message},
    }


def _address(text: Text, first: Text) -> dict[str, Any]:
    """A text's number, with what it has of its own."""
    return {
        "ChannelType": "SMS",
        **({"BodyOverride": text.message} if text.message != first.message else {}),
        **({"Context": text.context} if text.context else {}),
    }


def _answer(result: dict[str, Any] | None, text: Text) -> Answer:
    if result is None:
        return Answer(UNKNOWN, "the answer does not name the number")
    status = result.get("DeliveryStatus", "")
    reason = f"{status}: {result.get('StatusMessage', '')}".replace(text.number, "the number")
    if status == "SUCCESSFUL":
        return Answer(SENT, message_id=result.get("MessageId", ""))
    if status in NOT_SENT:
        return Answer(FAILED, reason, again=True)
    if status == "OPT_OUT":
        return Answer(OPTED_OUT, reason)
    return Answer(UNKNOWN if status == "UNKNOWN_FAILURE" else FAILED, reason)


def _refused(error: ClientError, *, several: bool) -> Answer:
    reason = f"{code_of(error)}: {error.response.get('Error', {}).get('Message', '')}"
    if may_have_happened(error, several=several):
        return Answer(UNKNOWN, f"{reason}; whether it went out is not known")
    return Answer(FAILED, reason, again=status_of(error) not in _REFUSED_FOR_GOOD or is_transient(error))
