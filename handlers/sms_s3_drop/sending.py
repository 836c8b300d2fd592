"""One text through SendMessages, and what its answer means for the row.

The client must not retry by itself: a call without an answer may have sent the text. What certainly was not sent
(throttled, refused with 500 or 503, never connected) may be tried again; what may have been sent is never.
"""

from __future__ import annotations

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


def send(client: Any, application_id: str, text: Text) -> Answer:
    """Sends one text. Never raises for what concerns this text alone."""
    try:
        response = client.send_messages(ApplicationId=application_id, MessageRequest=_request(text))
    except ClientError as error:
        return _refused(error)
    except (EndpointConnectionError, ConnectTimeoutError) as error:
        return Answer(FAILED, f"the service could not be reached: {type(error).__name__}", again=True)
    except BotoCoreError as error:
        return Answer(UNKNOWN, f"no answer ({type(error).__name__}): whether it went out is not known")
    return _answer(response["MessageResponse"].get("Result", {}).get(text.number), text)


def _request(text: Text) -> dict[str, Any]:
    message = {"Body": text.message, "MessageType": text.message_type}
    is_number = text.origination.startswith("+") or text.origination.isdigit()
    message["OriginationNumber" if is_number else "SenderId"] = text.origination
    return {
        "Addresses": {text.number: {"ChannelType": "SMS"}},
        "MessageConfiguration": {"SMSMessage": message},
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


def _refused(error: ClientError) -> Answer:
    reason = f"{code_of(error)}: {error.response.get('Error', {}).get('Message', '')}"
    if may_have_happened(error):
        return Answer(UNKNOWN, f"{reason}; whether it went out is not known")
    return Answer(FAILED, reason, again=status_of(error) not in _REFUSED_FOR_GOOD or is_transient(error))
