"""One reply by SES v2 SendEmail, whose outcome is known: sent, not sent, or nobody knows.

Calls are not repeated by botocore, for a call without an answer may have sent the message; only what SES answered with
throttling or a fault of its own is tried again here. A gateway's 502 or 504 is no answer of SES.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
)

from handlers.ses_auto_reply.reply import Reply, UnanswerableError
from handlers.shared.aws_errors import cause_of, code_of, is_refusal, may_have_happened
from handlers.shared.backoff import backoff
from handlers.shared.clients import sending_client

ATTEMPTS = 6
_NOTHING_WENT_OUT = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, CredentialRetrievalError)


class NotSentError(Exception):
    """SES did not take the message; trying again later may help."""


class RefusedError(UnanswerableError):
    """SES refused the message for good. code: SES's error code."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class NoAnswerError(Exception):
    """SES did not answer the call, or what is before it broke off: the message may have been sent."""


def send(reply: Reply, configuration_set: str) -> str:
    """Sends the reply; returns SES's message id. Raises NotSentError, RefusedError, NoAnswerError."""
    request = _request(reply, configuration_set)
    cause: Exception | None = None
    for attempt in range(ATTEMPTS):
        _pause(attempt)
        try:
            return sending_client("sesv2").send_email(**request)["MessageId"]
        except ClientError as error:
            if final := _final(error):
                raise final from error
            cause = error
        except _NOTHING_WENT_OUT as error:
            cause = error
        except ParamValidationError as error:
            raise RefusedError("the request for SES is malformed", "ParamValidation") from error
        except BotoCoreError as error:
            raise NoAnswerError(type(error).__name__) from error
    name = code_of(cause) if isinstance(cause, ClientError) else type(cause).__name__
    raise NotSentError(f"{name} in all {ATTEMPTS} attempts") from cause


def _final(error: ClientError) -> RefusedError | NoAnswerError | None:
    """What an error means after which the call is not made again; None: the message certainly was not sent, and may be."""
    if may_have_happened(error):
        return NoAnswerError(code_of(error))
    return RefusedError(cause_of(error), code_of(error)) if is_refusal(error) else None


def _request(reply: Reply, configuration_set: str) -> dict[str, Any]:
    parts = {"Html": reply.html, "Text": reply.text}
    request: dict[str, Any] = {
        "FromEmailAddress": reply.sender,
        "Destination": {"ToAddresses": [reply.to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": reply.subject, "Charset": "UTF-8"},
                "Body": {name: {"Data": data, "Charset": "UTF-8"} for name, data in parts.items() if data},
                "Headers": [{"Name": name, "Value": value} for name, value in reply.headers.items()],
            }
        },
    }
    return {**request, "ConfigurationSetName": configuration_set} if configuration_set else request


def _pause(attempt: int) -> None:
    if attempt:
        backoff(attempt, first=0.1, longest=4.0)
