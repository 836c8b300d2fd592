"""What an error of AWS means for whoever called: come later, or never.

The codes are botocore's own lists of what it tries again (botocore.retries.standard), copied, since they are no public
name there; a test compares them with the locked botocore's.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
TRANSIENT_CODES = frozenset({"PriorRequestNotComplete", "RequestTimeout", "RequestTimeoutException"})
_TOO_MANY_REQUESTS = 429
_BROKEN_OFF = frozenset({502, 504})


def code_of(error: ClientError) -> str:
    """The service's error code, for example `NotFoundException`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def cause_of(error: ClientError) -> str:
    """The service's own words, with the operation that it refused."""
    message = error.response.get("Error", {}).get("Message") or error.response.get("Message") or "no reason given"
    return f"{error.operation_name}: {message}"


def status_of(error: ClientError) -> int:
    """The HTTP status; 0 where the answer tells none."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_throttled(error: ClientError) -> bool:
    """Whether the call came too early or too often, and was not carried out."""
    code = code_of(error)
    return code in THROTTLING_CODES or "Throttl" in code or status_of(error) == _TOO_MANY_REQUESTS


def is_transient(error: ClientError) -> bool:
    """Whether the same call may succeed later: throttled, broken off, or the service's own trouble."""
    return is_throttled(error) or code_of(error) in TRANSIENT_CODES or status_of(error) >= 500


def may_have_happened(error: ClientError, *, several: bool = False) -> bool:
    """Whether the call may have been carried out all the same: a gateway answers 502 or 504 when what is behind it broke off.

    several: it is a call for several things. Some of them may be done when the service's own trouble ends it, and nobody tells which.
    """
    return status_of(error) in _BROKEN_OFF or (several and status_of(error) >= 500 and not is_throttled(error))


def is_refusal(error: ClientError) -> bool:
    """Whether the service refused the call for good (a 4xx that is not transient): trying again changes nothing."""
    return 400 <= status_of(error) < 500 and not is_transient(error)
