"""What the tasks of the notifying state machines return, so that expected trouble is a value and not a thrown error.

A task returns `{"Status": RUNNING|SUCCEEDED|FAILED, "Polls": n, "Result": {...}}`; the state machine decides by Status
and puts Result into its notification. What a task throws, the state machine retries.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"

_THROTTLED = 429
_LONGEST_TEXT = 500


def outcome(status: str, result: dict[str, Any], *, polls: int = 0, **more: Any) -> dict[str, Any]:
    """What a task returns. `more` is what the next task of the run needs."""
    return {"Status": status, "Polls": polls, "Result": result, **more}


def failed(error: str, cause: str, **result: Any) -> dict[str, Any]:
    """The outcome of a run that ends here: `error` is a short code, `cause` a sentence for a person."""
    return outcome(FAILED, {**result, "Error": error, "Cause": cause})


def is_refusal(error: ClientError) -> bool:
    """Whether the service refused the call for good (a 4xx that is no throttling): trying again changes nothing."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return 400 <= status < 500 and status != _THROTTLED and "Throttl" not in code_of(error)


def code_of(error: ClientError) -> str:
    """The service's error code, for example `NotFoundException`."""
    return error.response.get("Error", {}).get("Code", "Unknown")


def cause_of(error: ClientError) -> str:
    """The service's own words, with the operation that it refused."""
    message = error.response.get("Error", {}).get("Message") or error.response.get("Message") or "no reason given"
    return f"{error.operation_name}: {message}"


def brief(texts: list[str] | None, limit: int = 100) -> list[str]:
    """The first `limit` texts, each cut at 500 characters: a state machine carries 256 KB at the most."""
    return [text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..." for text in (texts or [])[:limit]]
