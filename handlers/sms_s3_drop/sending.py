"""Texts through SendMessages, one or several a call, and what the answer means for each row.

The client must not retry by itself: a call without an answer may have sent the texts. What certainly was not sent
(throttled, refused with 500 or 503 by itself, never connected) may be tried again; what may have been sent is never. After a
5xx of a call for several, nobody knows which of them went out: all are in doubt, unless it was throttled.
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


class RefusedTogetherError(Exception):
    """A call for several texts was refused for good: none was sent, and one of them may be why."""


@dataclass(frozen=True)
class Answer:
    """status: as results have it. again: it was certainly not sent, and may be later."""

    status: str
    reason: str = ""
    message_id: str = ""
    again: bool = False


def send(client: Any, application_id: str, texts: Sequence[Text]) -> dict[Text, Answer]:
    """Sends texts of one identity and one message type to different numbers by one call. What concerns a text is its answer.

    Raises RefusedTogetherError.
    """
    several = len(texts) > 1
    try:
        response = client.send_messages(ApplicationId=application_id, MessageRequest=_request(texts))
    except ClientError as error:
        if several and _is_for_good(error):
            raise RefusedTogetherError(code_of(error)) from error
        return dict.fromkeys(texts, _refused(error, several=several))
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        answer = Answer(FAILED, f"the service could not be reached: {type(error).__name__}", again=True)
        return dict.fromkeys(texts, answer)
    except BotoCoreError as error:
        answer = Answer(UNKNOWN, f"no answer ({type(error).__name__}): whether it went out is not known")
        return dict.fromkeys(texts, answer)
    results = response["MessageResponse"].get("Result", {})
    return {text: _answer(results.get(text.number), text) for text in texts}


def _request(texts: Sequence[Text]) -> dict[str, Any]:
    text, *others = texts
    is_number = text.origination.startswith("+") or text.origination.isdigit()
    shared = {
        "MessageType": text.message_type,
        "OriginationNumber" if is_number else "SenderId": text.origination,
    }
    if not others:
        return {
            "Addresses": {text.number: {"ChannelType": "SMS"}},
            "MessageConfiguration": {"SMSMessage": {"Body": text.message, **shared}},
            **_context(text),
        }
    return {
        "Addresses": {
            text.number: {"ChannelType": "SMS", "BodyOverride": text.message, **_context(text)} for text in texts
        },
        "MessageConfiguration": {"SMSMessage": shared},
    }


def _context(text: Text) -> dict[str, dict[str, str]]:
    return {"Context": text.context} if text.context else {}


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


def _refused(error: ClientError, *, several: bool = False) -> Answer:
    reason = f"{code_of(error)}: {error.response.get('Error', {}).get('Message', '')}"
    if may_have_happened(error, several=several):
        return Answer(UNKNOWN, f"{reason}; whether it went out is not known")
    return Answer(FAILED, reason, again=not _is_for_good(error))


def _is_for_good(error: ClientError) -> bool:
    return status_of(error) in _REFUSED_FOR_GOOD and not is_transient(error)
