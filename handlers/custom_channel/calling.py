"""One call, and what its answer means.

A call without an answer may have reached the endpoint. Where the service takes a token, it is made again; elsewhere it
never is, and is reported. What was certainly not carried out (throttled, refused with 500 or 503, never connected) is
made again in either case; so is what the service refuses for a reason that is not the endpoint's, such as a right that
is missing.
"""

from __future__ import annotations

import re
import traceback
from dataclasses import dataclass

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from handlers.custom_channel.channel import Call, Channel, RefusedError
from handlers.custom_channel.claims import CALLED, REFUSED, UNKNOWN
from handlers.shared.aws_errors import cause_of, code_of, is_refusal, may_have_happened
from handlers.shared.logging import logger

NOT_CALLED = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError)
_OF_THE_ACCOUNT = (
    "AccessDenied",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignature",
    "MissingAuthenticationToken",
    "ResourceNotFound",
    "UnrecognizedClient",
)
"""How codes begin that say something of the set-up, which somebody can mend."""
_LONGEST_REASON = 500
_NUMBER = re.compile(r"\+?[0-9]{7,}")


@dataclass(frozen=True)
class Answer:
    """outcome: CALLED, REFUSED, UNKNOWN or EXPIRED; empty where the call may be made again. identifier: the service's.

    doubted: whether a call that may be made again may have been carried out.
    """

    outcome: str
    reason: str = ""
    identifier: str = ""
    doubted: bool = False


def answer_of(channel: Channel, call: Call) -> Answer:
    """Makes the call. Never raises for what concerns this call alone."""
    try:
        return Answer(CALLED, identifier=channel.call(call))
    except RefusedError as error:
        return Answer(REFUSED, _plain(str(error), call))
    except ClientError as error:
        return _told(channel, call, error)
    except Exception as error:  # noqa: BLE001  a channel's own fault must not hold up the calls beside it; it is logged
        return _unanswered(channel, error)


def _unanswered(channel: Channel, error: Exception) -> Answer:
    name = type(error).__name__
    if not isinstance(error, (BotoCoreError, OSError)):
        trace = traceback.format_tb(error.__traceback__)
        logger.error("the channel raised what is no answer", extra={"error": name, "trace": trace})
    if isinstance(error, ParamValidationError):
        return Answer(REFUSED, "the service takes no such request")
    if isinstance(error, NOT_CALLED):
        return Answer("", f"the service could not be reached: {name}")
    if channel.repeatable:
        return Answer("", f"no answer: {name}", doubted=True)
    return Answer(UNKNOWN, f"no answer ({name}): whether it was carried out is not known")


def _told(channel: Channel, call: Call, error: ClientError) -> Answer:
    reason = _plain(f"{code_of(error)}: {cause_of(error)}", call)
    if may_have_happened(error) and not channel.repeatable:
        return Answer(UNKNOWN, f"{reason}; whether it was carried out is not known")
    if is_refusal(error) and not code_of(error).startswith(_OF_THE_ACCOUNT):
        return Answer(REFUSED, reason)
    return Answer("", reason, doubted=may_have_happened(error))


def _plain(reason: str, call: Call) -> str:
    """The reason without what it may tell of a person."""
    for personal in (call.address, call.message, *call.texts):
        if len(personal) > 3:
            reason = reason.replace(personal, "...")
    return _NUMBER.sub("...", reason)[:_LONGEST_REASON]
