"""What the function of a CUSTOM activity answers: attributes by endpoint, which splits can ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handlers.shared.logging import logger

ATTRIBUTES = 5
CHARACTERS = 128


def event_attributes(answer: Any) -> dict[str, dict[str, str]]:
    """Endpoint id -> its EventAttributes, at most five of 128 characters each for name and value. Any other answer is none.

    What is more or longer is left out and logged.
    """
    if not isinstance(answer, Mapping):
        return {}
    found: dict[str, dict[str, str]] = {}
    left_out = 0
    for identifier, entry in answer.items():
        given = entry.get("EventAttributes") if isinstance(entry, Mapping) else None
        if not isinstance(given, Mapping):
            continue
        texts = {str(name): str(value) for name, value in given.items() if isinstance(value, str | int | float)}
        fitting = {name: value for name, value in texts.items() if max(len(name), len(value)) <= CHARACTERS}
        kept = dict(list(fitting.items())[:ATTRIBUTES])
        left_out += len(given) - len(kept)
        if kept:
            found[str(identifier)] = kept
    if left_out:
        logger.warning("attributes of a function's answer are left out", extra={"attributes": left_out})
    return found
