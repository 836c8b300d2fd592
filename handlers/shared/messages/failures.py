"""What an error of a call that sends means for its messages, whatever the channel."""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
)

from handlers.shared.aws_errors import is_throttled, is_transient, may_have_happened
from handlers.shared.messages.result import (
    OPT_OUT,
    PERMANENT_FAILURE,
    TEMPORARY_FAILURE,
    THROTTLED,
    UNKNOWN_FAILURE,
    DeliveryResult,
    refused,
)

OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"


def failure(error: ClientError, *, several: bool = False) -> DeliveryResult:
    """A service's error as the delivery result of a message. several: its operation sends several by one call.

    An error of the service's own, 500 or 503, says of a call for one message that it was not sent ("Amazon SES returns an error message
    to your application and does not send the email", SES Developer Guide, "Amazon SES email sending errors"). Of several it says nothing,
    and the guide expects duplicates where a call is made again after a 5xx ("API error codes returned by Amazon SES").
    """
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    text = error.response["Error"].get("Message", "")
    reason = str(error.response.get("Reason", ""))
    message = f"{code}: {reason or text}" if reason and reason not in text else f"{code}: {text}"
    if OPTED_OUT in (reason, text) or OPTED_OUT in text:
        return DeliveryResult(OPT_OUT, 400, message)
    if is_throttled(error):
        return DeliveryResult(THROTTLED, 429, message)
    if may_have_happened(error, several=several):
        return DeliveryResult(UNKNOWN_FAILURE, status, f"{message}; whether it went out is not known")
    if is_transient(error):
        return DeliveryResult(TEMPORARY_FAILURE, 500, message)
    return DeliveryResult(PERMANENT_FAILURE, status or 400, message)


def no_answer(error: BotoCoreError) -> DeliveryResult:
    """A call that brought no answer, as the delivery result of one message: sent or not may be unknown."""
    if isinstance(error, ParamValidationError):
        return refused(str(error))
    if isinstance(error, EndpointConnectionError | ConnectTimeoutError):
        return DeliveryResult(TEMPORARY_FAILURE, 500, f"The service could not be reached: {error}")
    return DeliveryResult(UNKNOWN_FAILURE, 500, f"The service did not answer, the message may have been sent: {error}")
