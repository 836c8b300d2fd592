"""The reason of a step that failed for good, as Step Functions hands it over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LONGEST_REASON = 300


def reason(failure: Mapping[str, Any]) -> str:
    """One line from `{"Error", "Cause"}`: the error's name and the function's own message, where there is one."""
    error = str(failure.get("Error", "unknown error"))
    cause = failure.get("Cause")
    try:
        message = json.loads(cause)["errorMessage"] if cause else ""
    except (ValueError, KeyError, TypeError):
        message = cause if isinstance(cause, str) else ""
    return f"{error}: {message}"[:LONGEST_REASON] if message else error
