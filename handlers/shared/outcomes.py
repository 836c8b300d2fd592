"""What the tasks of the notifying state machines return, so that expected trouble is a value and not a thrown error.

A task returns `{"Status": RUNNING|SUCCEEDED|FAILED, "Polls": n, "Result": {...}}`; the state machine decides by Status
and puts Result into its notification. What a task throws, the state machine retries.
"""

from __future__ import annotations

from typing import Any

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"

_LONGEST_TEXT = 500


def outcome(status: str, result: dict[str, Any], *, polls: int = 0, **more: object) -> dict[str, Any]:
    """What a task returns. `more` is what the next task of the run needs."""
    return {"Status": status, "Polls": polls, "Result": result, **more}


def failed(error: str, cause: str, **result: object) -> dict[str, Any]:
    """The outcome of a run that ends here: `error` is a short code, `cause` a sentence for a person."""
    return outcome(FAILED, {**result, "Error": error, "Cause": cause})


def brief(texts: list[str] | None, limit: int = 100) -> list[str]:
    """The first `limit` texts, each cut at 500 characters: a state machine carries 256 KB at the most."""
    return [text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}..." for text in (texts or [])[:limit]]
