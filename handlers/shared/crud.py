"""What functions have in common that the deployment calls when a thing is created, changed or deleted.

Such a function is called right after the policies of its role are written. IAM takes effect a little later: seconds as a
rule, a minute at times (IAM User Guide, "Changes that I make are not always immediately visible").
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from handlers.shared.backoff import doubled
from handlers.shared.logging import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

PATIENCE_SECONDS = 75.0
"""For how long a refused call is tried again; the function's timeout is above it."""
RESERVE_SECONDS = 15.0
"""What is left of the function's time for the last attempt."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 8.0
SETTLING = ("create", "update")
"""A deletion is called by rights that were there before."""
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "ForbiddenException",
    "NotAuthorized",
    "UnauthorizedOperation",
}

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def crud_handler(handler: Handler) -> Handler:
    """Makes a handler of CRUD invocations wait for rights: what is denied on create and update is tried again.

    So is what a service fails at (5xx): the project's own API does, while its rights are new. The handler runs anew from
    its beginning, so doing it twice must change nothing. What is denied still after `PATIENCE_SECONDS`, or when the
    function's time runs out, is raised as it came.
    """

    @functools.wraps(handler)
    def patient(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        if (event.get("tf") or {}).get("action") not in SETTLING:
            return handler(event, context)
        deadline = time.monotonic() + _patience(context)
        for pause in _pauses():
            try:
                return handler(event, context)
            except Exception as error:
                code = denial(error)
                if not code or time.monotonic() + pause > deadline:
                    raise
                logger.warning("denied, as rights that are new may be for a while", extra={"code": code})
            time.sleep(pause)
        raise AssertionError("the pauses never end")

    patient.waits_for_its_rights = True  # type: ignore[attr-defined] what the tests over all functions look for
    return patient


def denial(error: BaseException | None) -> str:
    """The code of AWS's "access denied" or fault that an error is, or comes from; empty for other errors."""
    while error is not None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if code in DENIED or status == 403 or status >= 500:
                return code or str(status)
        error = error.__cause__ or error.__context__
    return ""


def _patience(context: object) -> float:
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return min(PATIENCE_SECONDS, remaining() / 1000 - RESERVE_SECONDS) if remaining else PATIENCE_SECONDS


def _pauses() -> Iterator[float]:
    return (doubled(attempt, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) for attempt in itertools.count())
